#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/time.h"
#include "html/lang.h"
#include "ical/instances.h"
#include "ical/rule.h"
#include "tests/check.h"

#define DAY ICAL_DAY

/* All of a year's instances, "20260320T193000Z/0 ..." with the number of their component; or why
 * not. */
static const char *
year(struct arena *arena, int which, const char *body)
{
    const char *text = arena_printf(arena, "BEGIN:VCALENDAR\n%sEND:VCALENDAR\n", body);
    const struct ical_component *list[16];
    struct ical_component *calendar;
    struct ical_instances all;
    struct ical_set *set;
    struct buf b = buf_new(arena, MB(1));
    int n = 0;
    struct error *e = ical_read(
        arena, lang_find("en"), &ical_calendar, &ical_limits, text, strlen(text), &calendar);

    if (e != NULL)
        return e->detail;
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") != 0)
            list[n++] = c;
    const char *why = ical_set_read(arena, calendar, list, n, &set);
    if (why == NULL)
        why = ical_set_instances(
            set, ical_days(which, 1, 1) * DAY, ical_days(which + 1, 1, 1) * DAY, 1000, &all);
    if (why != NULL)
        return why;
    for (int i = 0; i < all.n; i++) {
        char start[ICAL_TIME_ROOM], end[ICAL_TIME_ROOM];
        int number = 0;
        ical_write_time((struct ical_time){ all.p[i].start, .utc = true }, start);
        ical_write_time((struct ical_time){ all.p[i].end, .utc = true }, end);
        while (list[number] != all.p[i].component)
            number++;
        buf_printf(&b, "%s%s-%s/%d", i == 0 ? "" : " ", start, end + 9, number);
    }
    return buf_string(&b);
}

#define EVENT(lines) "BEGIN:VEVENT\nUID:1\n" lines "END:VEVENT\n"
#define BERLIN       ";TZID=Europe/Berlin:"

/* RFC 5545, 3.3.5: the hour that is not there, and the one that is there twice */
TEST(times_where_clocks_change)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(
        year(arena, 2026, EVENT("DTSTART" BERLIN "20260328T023000\nRRULE:FREQ=DAILY;COUNT=3\n")),
        "20260328T013000Z-013000Z/0 20260329T013000Z-013000Z/0 20260330T003000Z-003000Z/0");
    CHECK_TEXT(
        year(arena, 2026, EVENT("DTSTART" BERLIN "20261024T023000\nRRULE:FREQ=DAILY;COUNT=3\n")),
        "20261024T003000Z-003000Z/0 20261025T003000Z-003000Z/0 20261026T013000Z-013000Z/0");
    arena_free(arena);
}

/* RFC 5545, 3.8.5.3 and 3.3.6: with DTEND as many seconds pass, with DURATION a day is a day */
TEST(lengths_where_clocks_change)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(year(arena, 2026,
                   EVENT("DTSTART" BERLIN "20260327T200000\nDTEND" BERLIN "20260328T200000\n"
                         "RRULE:FREQ=DAILY;COUNT=2\n")),
        "20260327T190000Z-190000Z/0 20260328T190000Z-190000Z/0");
    CHECK_TEXT(
        year(arena, 2026,
            EVENT("DTSTART" BERLIN "20260327T200000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2\n")),
        "20260327T190000Z-190000Z/0 20260328T190000Z-180000Z/0");
    arena_free(arena);
}

TEST(instances_that_were_changed)
{
    struct arena *arena = arena_new();
    const char *text = EVENT("DTSTART:20260105T180000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4\n"
                             "EXDATE:20260126T180000Z\n")
        EVENT("RECURRENCE-ID:20260112T180000Z\nDTSTART:20260113T190000Z\nDURATION:PT2H\n");

    CHECK_TEXT(year(arena, 2026, text),
        "20260105T180000Z-190000Z/0 20260113T190000Z-210000Z/1 20260119T180000Z-190000Z/0");
    /* moved out of the year, and alone, as who was invited to one evening has it */
    CHECK_TEXT(year(arena, 2025, text), "");
    CHECK_TEXT(
        year(arena, 2026, EVENT("RECURRENCE-ID:20260112T180000Z\nDTSTART:20260113T190000Z\n")),
        "20260113T190000Z-190000Z/0");
    CHECK_TEXT(year(arena, 2026, EVENT("DTSTART:20260101\n") EVENT("DTSTART:20260102\n")),
        "Two components with the same UID are no instances of a recurrence.");
    arena_free(arena);
}

/* RFC 5545, 3.2.13 */
TEST(instances_from_one_on)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(
        year(arena, 2026,
            EVENT("DTSTART" BERLIN "20260316T180000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4\n")
                EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260323T180000\n"
                      "DTSTART" BERLIN "20260324T190000\nDURATION:PT2H\n")),
        "20260316T170000Z-180000Z/0 20260324T180000Z-200000Z/1 20260331T170000Z-190000Z/1 "
        "20260407T170000Z-190000Z/1");
    arena_free(arena);
}

TEST(dates_beside_rules)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(
        year(arena, 2026,
            EVENT("DTSTART:20260105T180000Z\nRDATE;VALUE=PERIOD:20260110T080000Z/PT3H,"
                  "20260111T080000Z/20260111T090000Z\nRDATE;TZID=Europe/Berlin:20260112T190000\n")),
        "20260105T180000Z-180000Z/0 20260110T080000Z-110000Z/0 20260111T080000Z-090000Z/0 "
        "20260112T180000Z-180000Z/0");
    CHECK_TEXT(
        year(arena, 2026, EVENT("DTSTART;VALUE=DATE:20261230\nRRULE:FREQ=DAILY;UNTIL=20261231\n")),
        "20261230T000000Z-000000Z/0 20261231T000000Z-000000Z/0");
    CHECK_TEXT(year(arena, 2026,
                   EVENT("DTSTART:20260105T180000Z\nRRULE:FREQ=DAILY;COUNT=4\nEXRULE:FREQ=DAILY;"
                         "INTERVAL=2\n")),
        "20260106T180000Z-180000Z/0 20260108T180000Z-180000Z/0");
    arena_free(arena);
}

#define ODD_ZONE                                                                                   \
    "BEGIN:VTIMEZONE\nTZID:%s\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0500\n"      \
    "TZOFFSETTO:+0400\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nBEGIN:DAYLIGHT\n"    \
    "DTSTART:19700329T020000\nTZOFFSETFROM:+0400\nTZOFFSETTO:+0500\n"                              \
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nEND:VTIMEZONE\n"

/* D08 to D10: what a name means is the system's to say; only of one it does not know the object's
 */
TEST(zones_of_objects)
{
    static const struct {
        const char *tzid, *winter, *summer;
    } cases[] = {
        { "Haus", "20260115T080000Z", "20260715T070000Z" },
        { "../../x", "20260115T080000Z", "20260715T070000Z" },
        { "Europe/Berlin", "20260115T110000Z", "20260715T100000Z" },
        { "/freeassociation.sourceforge.net/Europe/Berlin", "20260115T110000Z",
            "20260715T100000Z" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = arena_printf(arena,
            ODD_ZONE
            "BEGIN:VEVENT\nDTSTART;TZID=%s:20260115T120000\nRRULE:FREQ=MONTHLY;INTERVAL=6\n"
            "DURATION:PT0S\nEND:VEVENT\n",
            cases[i].tzid, cases[i].tzid);
        CHECK_TEXT(year(arena, 2026, text),
            arena_printf(arena, "%s-%s/0 %s-%s/0", cases[i].winter, cases[i].winter + 9,
                cases[i].summer, cases[i].summer + 9));
    }
    CHECK_TEXT(year(arena, 2026, EVENT("DTSTART;TZID=Nirgends:20260115T120000\n")),
        "A time is in a time zone that is unknown.");
    arena_free(arena);
}

/* RFC 5545, 3.3.10: what python3-dateutil, which the random rules are compared with, takes
 * otherwise */
TEST(rules_that_others_read_otherwise)
{
    struct arena *arena = arena_new();

    /* weeks alone: the day of the week of the start */
    CHECK_TEXT(
        year(arena, 2026, EVENT("DTSTART:20260105T180000Z\nRRULE:FREQ=YEARLY;BYWEEKNO=3,20\n")),
        "20260105T180000Z-180000Z/0 20260112T180000Z-180000Z/0 20260511T180000Z-180000Z/0");
    /* the first week of a year with 53, counted from its end, begins in the year before */
    CHECK_TEXT(year(arena, 2025,
                   EVENT("DTSTART:20251222T180000Z\nRRULE:FREQ=YEARLY;BYWEEKNO=-53;BYDAY=MO\n")),
        "20251222T180000Z-180000Z/0 20251229T180000Z-180000Z/0");
    /* days with and without a number beside each other: all of them */
    CHECK_TEXT(year(arena, 2026,
                   EVENT("DTSTART:20260105T180000Z\nRRULE:FREQ=MONTHLY;BYDAY=MO,1TU;COUNT=4\n")),
        "20260105T180000Z-180000Z/0 20260106T180000Z-180000Z/0 20260112T180000Z-180000Z/0 "
        "20260119T180000Z-180000Z/0");
    /* a position in a week that has begun before the start counts from the beginning of the week */
    CHECK_TEXT(
        year(arena, 2026,
            EVENT(
                "DTSTART:20260107T180000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2;COUNT=2\n")),
        "20260107T180000Z-180000Z/0 20260114T180000Z-180000Z/0");
    arena_free(arena);
}

TEST(rules_that_are_not_taken)
{
    static const char *const wrong[] = { "", "FREQ", "FREQ=", "FREQ=FORTNIGHTLY", "INTERVAL=1",
        "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=99999999999999", "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYMONTH=0", "FREQ=DAILY;BYMONTH=-1",
        "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;BYDAY=1MO", "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=YEARLY;BYDAY=0MO", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYYEARDAY=1",
        "FREQ=MONTHLY;BYWEEKNO=1", "FREQ=DAILY;BYSETPOS=1", "FREQ=YEARLY;BYYEARDAY=367",
        "FREQ=SECONDLY", "FREQ=DAILY;X=1", "RSCALE=CHINESE;FREQ=YEARLY",
        "FREQ=DAILY;WKST=", "FREQ=DAILY;BYMONTH=1,,;;;BYMONTH=2" };
    struct arena *arena = arena_new();
    struct buf list = buf_new(arena, KB(1));
    struct ical_rule rule;

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (!CHECK(ical_rule_read(arena, wrong[i], &rule) != NULL))
            fprintf(stderr, "  %s\n", wrong[i]);
    buf_text(&list, "FREQ=DAILY;BYHOUR=1");
    for (int i = 1; i < ICAL_RULE_VALUES; i++)
        buf_text(&list, ",1");
    CHECK(ical_rule_read(arena, buf_string(&list), &rule) == NULL);
    buf_text(&list, ",1");
    CHECK(ical_rule_read(arena, buf_string(&list), &rule) != NULL);
    arena_free(arena);
}

/* D02 to D07, D20: none of them takes long, whatever it gives */
TEST(rules_that_never_come)
{
    static const char *const lines[] = {
        "DTSTART:20260101T000000Z\nRRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=3\n",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=HOURLY;BYMONTHDAY=31;BYMONTH=6\n",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\n",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11\n",
        "DTSTART:00010101T000000Z\nRRULE:FREQ=DAILY\n",
        "DTSTART:00010101T000000Z\nRRULE:FREQ=MINUTELY;BYMINUTE=7;COUNT=1000000\n",
        "DTSTART:00010101T000000Z\nRRULE:FREQ=MINUTELY;BYSETPOS=3;BYMINUTE=7;COUNT=1000000\n",
        "DTSTART:00010101T000000Z\nRRULE:FREQ=DAILY;COUNT=1000000\n",
        "DTSTART:99991231T235959Z\nRRULE:FREQ=YEARLY;INTERVAL=100000\nDURATION:P999999999D\n",
        "DTSTART:20260101T000000Z\nRRULE:FREQ=YEARLY;BYHOUR=1,2,3,4,5,6,7,8,9,10,11,12;BYMINUTE=1,"
        "2,3,4,5,6,"
        "7,8,9,10,11,12,13,14,15,16;BYSECOND=1,2,3,4,5,6,7,8,9,10,11;BYDAY=MO,TU,WE,TH,FR,SA,SU\n",
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        int64_t began = time_monotonic();
        year(arena, 2026, arena_printf(arena, "BEGIN:VEVENT\n%sEND:VEVENT\n", lines[i]));
        if (!CHECK(time_monotonic() - began < 20 * INT64_C(1000000))) /* a guard: it takes 0.2 s */
            fprintf(stderr, "  %s", lines[i]);
    }
    CHECK_TEXT(year(arena, 2026,
                   EVENT("DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\n"
                         "EXDATE:20260101T000000Z\n")),
        "");
    arena_free(arena);
}

/* RFC 4791, 9.9 */
TEST(ranges_of_time)
{
    static const struct {
        enum ical_shape shape;
        int start, end, from, to;
        bool overlaps;
    } cases[] = {
        { SHAPE_SPAN, 10, 20, 0, 10, false },
        { SHAPE_SPAN, 10, 20, 0, 11, true },
        { SHAPE_SPAN, 10, 20, 19, 30, true },
        { SHAPE_SPAN, 10, 20, 20, 30, false },
        { SHAPE_POINT, 10, 10, 10, 11, true },
        { SHAPE_POINT, 10, 10, 0, 10, false },
        { SHAPE_TASK, 10, 20, 0, 10, false },
        { SHAPE_TASK, 10, 10, 5, 10, true },
        { SHAPE_TASK, 10, 10, 10, 20, true },
        { SHAPE_TASK_LONG, 10, 20, 20, 30, true },
        { SHAPE_DUE, 20, 20, 0, 20, true },
        { SHAPE_DUE, 20, 20, 20, 30, false },
        { SHAPE_DONE, 10, 20, 20, 30, true },
        { SHAPE_DONE, 10, 20, 21, 30, false },
        { SHAPE_MADE, 10, 10, 30, 40, true },
        { SHAPE_MADE, 10, 10, 0, 10, false },
        { SHAPE_ALWAYS, 0, 0, 90, 91, true },
        { SHAPE_NEVER, 0, 100, 0, 100, false },
        { SHAPE_OFFER, 10, 20, 20, 30, true },
        { SHAPE_OFFER, 10, 20, 0, 10, false },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_INT(
            ical_overlaps(cases[i].shape, cases[i].start, cases[i].end, cases[i].from, cases[i].to),
            cases[i].overlaps);
}
