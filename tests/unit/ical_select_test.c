#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "ical/busy.h"
#include "ical/select.h"
#include "tests/check.h"

static int64_t
at(const char *time)
{
    struct ical_time t = { 0 };

    CHECK(ical_read_time(time, (int)strlen(time), &t));
    return t.wall;
}

/* What is answered, with "|" for CRLF; "too much" when there is more than that. */
static const char *
answer(struct arena *arena, const struct ical_select *select, const char *text, int instances,
    const char *zone)
{
    struct ical_component *object;
    struct buf to = buf_new(arena, KB(8)), shown = buf_new(arena, KB(8));
    struct error *e = ical_read(
        arena, lang_find("en"), &ical_calendar, &ical_limits, text, strlen(text), &object);

    if (e != NULL)
        return e->detail;
    const struct ical_zone *here = zone == NULL ? NULL : ical_zone_find(arena, object, zone);
    if (!ical_select_write(arena, select, object, text, here, &instances, &to))
        return "too much";
    for (const char *p = buf_string(&to); *p != '\0'; p++)
        if (*p != '\r')
            buf_char(&shown, *p == '\n' ? '|' : *p);
    return buf_string(&shown);
}

#define ZONE                                                                                       \
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"       \
    "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
#define CALENDAR(body) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"

static const char folded[] = CALENDAR(
    "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261121T180000Z\r\nSUMMARY;LANGUAGE=de:A \r\n long one\r\n"
    "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n");

/* RFC 4791, 9.6.1 to 9.6.4; folds stay where they are */
TEST(parts_of_an_object)
{
    struct arena *arena = arena_new();
    struct ical_wanted props[] = { { "UID", false }, { "SUMMARY", false } };
    struct ical_part event = { .name = "VEVENT", .prop = props, .n_props = 2 }, outer = {
        .name = "VCALENDAR", .all_props = true, .part = &event, .n_parts = 1
    };
    struct ical_select s = { .part = &outer };

    CHECK_TEXT(answer(arena, &s, folded, 0, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|UID:1|SUMMARY;LANGUAGE=de:A | long one|"
        "END:VEVENT|END:VCALENDAR|");
    props[1].no_value = true;
    event.all_parts = true;
    CHECK_TEXT(answer(arena, &s, folded, 0, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|UID:1|SUMMARY;LANGUAGE=de:|"
        "BEGIN:VALARM|TRIGGER:-PT5M|END:VALARM|END:VEVENT|END:VCALENDAR|");
    outer.n_parts = 0;
    CHECK_TEXT(answer(arena, &s, folded, 0, NULL), "BEGIN:VCALENDAR|VERSION:2.0|END:VCALENDAR|");
    s.part = NULL;
    CHECK(ical_select_is_all(&s));
    CHECK_INT((int)strlen(answer(arena, &s, folded, 0, NULL)),
        (int)strlen("BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|UID:1|DTSTART:20261121T180000Z|"
                    "SUMMARY;LANGUAGE=de:A | long one|BEGIN:VALARM|TRIGGER:-PT5M|END:VALARM|"
                    "END:VEVENT|END:VCALENDAR|"));
    arena_free(arena);
}

/* RFC 7809, 3.1.2: a zone that everybody knows is left out, another is not */
TEST(zones_that_everybody_knows)
{
    struct arena *arena = arena_new();
    struct ical_select s = { .no_zones = true };
    const char *event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261121T180000Z\r\nEND:VEVENT\r\n";

    CHECK_TEXT(answer(arena, &s, arena_printf(arena, CALENDAR(ZONE "%s"), event), 0, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|UID:1|DTSTART:20261121T180000Z|END:VEVENT|"
        "END:VCALENDAR|");
    CHECK(strstr(answer(arena, &s,
                     CALENDAR("BEGIN:VTIMEZONE\r\nTZID:Of our own\r\nBEGIN:STANDARD\r\n"
                              "DTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
                              "TZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"),
                     0, NULL),
              "TZID:Of our own") != NULL);
    arena_free(arena);
}

/* ---------------------------------------------------------------- recurrences */

static const char weekly[] =
    CALENDAR(ZONE "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Berlin:20261020T180000\r\n"
                  "DTEND;TZID=Europe/Berlin:20261020T190000\r\nRRULE:FREQ=WEEKLY\r\n"
                  "EXDATE;TZID=Europe/Berlin:20261103T180000\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\n"
                  "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261110T180000\r\n"
                  "DTSTART;TZID=Europe/Berlin:20261111T170000\r\nDURATION:PT2H\r\nSUMMARY:Moved\r\n"
                  "END:VEVENT\r\n");

static struct ical_select
between(int how, const char *from, const char *to)
{
    return (struct ical_select){ .recurrence = how, .range = { at(from), at(to) } };
}

/* RFC 4791, 9.6.5: in UTC on both sides of a change of the clocks, each with its RECURRENCE-ID */
TEST(expanded)
{
    struct arena *arena = arena_new();
    struct ical_select s = between(SELECT_EXPANDED, "20261020T000000Z", "20261113T000000Z");

    CHECK_TEXT(answer(arena, &s, weekly, 10, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|"
        "BEGIN:VEVENT|RECURRENCE-ID:20261020T160000Z|UID:1|DTSTART:20261020T160000Z|"
        "DTEND:20261020T170000Z|SUMMARY:Meeting|END:VEVENT|"
        "BEGIN:VEVENT|RECURRENCE-ID:20261027T170000Z|UID:1|DTSTART:20261027T170000Z|"
        "DTEND:20261027T180000Z|SUMMARY:Meeting|END:VEVENT|"
        "BEGIN:VEVENT|RECURRENCE-ID:20261110T170000Z|UID:1|DTSTART:20261111T160000Z|"
        "DURATION:PT2H|SUMMARY:Moved|END:VEVENT|END:VCALENDAR|");
    CHECK_TEXT(answer(arena, &s, weekly, 2, NULL), "too much");
    s = between(SELECT_EXPANDED, "20261020T000000Z", "99991231T000000Z");
    CHECK_TEXT(answer(arena, &s, weekly, 1000, NULL), "too much");
    s = between(SELECT_EXPANDED, "20200101T000000Z", "20200201T000000Z");
    CHECK_TEXT(answer(arena, &s, weekly, 10, NULL), "BEGIN:VCALENDAR|VERSION:2.0|END:VCALENDAR|");
    arena_free(arena);
}

/* A whole day stays one, and goes by the zone of the calendar; what does not recur has no
 * RECURRENCE-ID; days of a duration are not hours. */
TEST(expanded_days_and_durations)
{
    struct arena *arena = arena_new();
    struct ical_select s = between(SELECT_EXPANDED, "20261121T230000Z", "20261122T230000Z");

    CHECK_TEXT(answer(arena, &s,
                   CALENDAR("BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261121\r\n"
                            "RRULE:FREQ=DAILY;COUNT=5\r\nEND:VEVENT\r\n"),
                   9, "Europe/Berlin"),
        "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|RECURRENCE-ID;VALUE=DATE:20261122|UID:1|"
        "DTSTART;VALUE=DATE:20261122|END:VEVENT|END:VCALENDAR|");
    CHECK_TEXT(
        answer(arena, &s,
            CALENDAR("BEGIN:VEVENT\r\nUID:1\r\nDTSTART;X=1;TZID=Europe/Berlin:20261122T100000\r\n"
                     "END:VEVENT\r\n"),
            9, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|UID:1|DTSTART;X=1:20261122T090000Z|END:VEVENT|"
        "END:VCALENDAR|");
    s = between(SELECT_EXPANDED, "20261024T000000Z", "20261025T000000Z");
    CHECK_TEXT(
        answer(arena, &s,
            CALENDAR("BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Berlin:20261024T100000\r\n"
                     "DURATION:P1D\r\nRRULE:FREQ=MONTHLY\r\nEND:VEVENT\r\n"),
            9, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VEVENT|RECURRENCE-ID:20261024T080000Z|UID:1|"
        "DTSTART:20261024T080000Z|DTEND:20261025T090000Z|END:VEVENT|END:VCALENDAR|");
    arena_free(arena);
}

/* RFC 5545, 3.2.13: what changed an instance and all that follow says what those are, later and
 * longer. */
TEST(expanded_with_all_that_follow)
{
    struct arena *arena = arena_new();
    struct ical_select s = between(SELECT_EXPANDED, "20261101T000000Z", "20261105T000000Z");

    CHECK_TEXT(
        answer(arena, &s,
            CALENDAR(
                "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261101T100000Z\r\n"
                "DTEND:20261101T110000Z\r\nRRULE:FREQ=DAILY;COUNT=4\r\nEND:VEVENT\r\n"
                "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261103T100000Z\r\n"
                "DTSTART:20261103T120000Z\r\nDTEND:20261103T140000Z\r\nSUMMARY:Later\r\n"
                "END:VEVENT\r\n"),
            9, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|"
        "BEGIN:VEVENT|RECURRENCE-ID:20261101T100000Z|UID:1|DTSTART:20261101T100000Z|"
        "DTEND:20261101T110000Z|END:VEVENT|"
        "BEGIN:VEVENT|RECURRENCE-ID:20261102T100000Z|UID:1|DTSTART:20261102T100000Z|"
        "DTEND:20261102T110000Z|END:VEVENT|"
        "BEGIN:VEVENT|RECURRENCE-ID:20261103T100000Z|UID:1|DTSTART:20261103T120000Z|"
        "DTEND:20261103T140000Z|SUMMARY:Later|END:VEVENT|"
        "BEGIN:VEVENT|RECURRENCE-ID:20261104T100000Z|UID:1|DTSTART:20261104T120000Z|"
        "DTEND:20261104T140000Z|SUMMARY:Later|END:VEVENT|END:VCALENDAR|");
    arena_free(arena);
}

/* RFC 4791, 9.6.6: the first of them always, changed ones where they are and where they were */
TEST(limited)
{
    struct arena *arena = arena_new();
    struct ical_select s = between(SELECT_LIMITED, "20261111T000000Z", "20261112T000000Z");

    CHECK_TEXT(answer(arena, &s, weekly, 0, NULL),
        answer(arena, &(struct ical_select){ .recurrence = SELECT_RULES }, weekly, 0, NULL));
    s = between(SELECT_LIMITED, "20261110T000000Z", "20261111T000000Z");
    CHECK(strstr(answer(arena, &s, weekly, 0, NULL), "SUMMARY:Moved") != NULL);
    s = between(SELECT_LIMITED, "20261117T000000Z", "20261118T000000Z");
    const char *other = answer(arena, &s, weekly, 0, NULL);
    CHECK(strstr(other, "SUMMARY:Moved") == NULL && strstr(other, "RRULE:FREQ=WEEKLY") != NULL &&
          strstr(other, "BEGIN:VTIMEZONE") != NULL);
    arena_free(arena);
}

/* RFC 4791, 9.6.7 */
TEST(limited_free_and_busy_times)
{
    struct arena *arena = arena_new();
    struct ical_range range = { at("20261121T140000Z"), at("20261121T150000Z") };
    struct ical_select s = { .busy = &range };

    CHECK_TEXT(answer(arena, &s,
                   CALENDAR("BEGIN:VFREEBUSY\r\nUID:1\r\nFREEBUSY:20261121T100000Z/PT1H\r\n"
                            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261121T100000Z/PT1H,"
                            "20261121T130000Z/PT2H\r\nEND:VFREEBUSY\r\n"),
                   0, NULL),
        "BEGIN:VCALENDAR|VERSION:2.0|BEGIN:VFREEBUSY|UID:1|"
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261121T130000Z/PT2H|END:VFREEBUSY|END:VCALENDAR|");
    arena_free(arena);
}

/* ---------------------------------------------------------------- busy times */

/* When somebody with these objects is busy; "too much" when that is more than is told. */
static const char *
busy(struct arena *arena, const char *from, const char *to, const char *zone, int n,
    const char *const *text)
{
    struct ical_busy *b = ical_busy_new(arena, (struct ical_range){ at(from), at(to) },
        zone == NULL ? NULL : ical_zone_find(arena, NULL, zone));
    struct buf out = buf_new(arena, KB(64)), shown = buf_new(arena, KB(64));
    struct ical_component *object;

    for (int i = 0; i < n; i++) {
        if (!CHECK(ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, text[i],
                       strlen(text[i]), &object) == NULL))
            return "";
        if (!ical_busy_add(b, object))
            return "too much";
    }
    ical_busy_write(b, at("20261101T000000Z"), NULL, NULL, &out);
    for (const char *p = buf_string(&out); (p = strstr(p, "FREEBUSY")) != NULL; p++) {
        const char *end = strchr(p, '\r');
        if (text_starts(p, "FREEBUSY\r"))
            continue;
        buf_text(&shown, shown.n > 0 ? " " : "");
        buf_add(&shown, p + strlen("FREEBUSY"), (size_t)(end - p) - strlen("FREEBUSY"));
    }
    return buf_string(&shown);
}

#define EVENT(lines) CALENDAR("BEGIN:VEVENT\r\nUID:1\r\n" lines "END:VEVENT\r\n")

/* RFC 4791, 7.10: nothing but when and how certain; what touches is one */
TEST(busy_times)
{
    struct arena *arena = arena_new();
    const char *const objects[] = {
        EVENT(
            "DTSTART:20261121T180000Z\r\nDTEND:20261121T190000Z\r\nCLASS:PRIVATE\r\nSUMMARY:X\r\n"),
        EVENT("DTSTART:20261121T190000Z\r\nDURATION:PT1H\r\n"),
        EVENT("DTSTART:20261121T100000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT\r\n"),
        EVENT("DTSTART:20261121T110000Z\r\nDURATION:PT1H\r\nSTATUS:CANCELLED\r\n"),
        EVENT("DTSTART:20261121T120000Z\r\nDURATION:PT1H\r\nSTATUS:TENTATIVE\r\n"),
        EVENT("DTSTART:20261121T130000Z\r\n"),
        EVENT("DTSTART:20261120T220000Z\r\nDURATION:PT3H\r\nRRULE:FREQ=DAILY;COUNT=9\r\n"),
        CALENDAR("BEGIN:VFREEBUSY\r\nUID:1\r\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:"
                 "20261121T140000Z/PT1H\r\nFREEBUSY;FBTYPE=FREE:20261121T160000Z/PT1H\r\n"
                 "END:VFREEBUSY\r\n"),
    };

    CHECK_TEXT(
        busy(arena, "20261121T000000Z", "20261122T000000Z", NULL, COUNT_OF(objects), objects),
        ":20261121T000000Z/20261121T010000Z ;FBTYPE=BUSY-TENTATIVE:20261121T120000Z/"
        "20261121T130000Z ;FBTYPE=BUSY-UNAVAILABLE:20261121T140000Z/20261121T150000Z "
        ":20261121T180000Z/20261121T200000Z :20261121T220000Z/20261122T000000Z");
    arena_free(arena);
}

TEST(busy_days_go_by_the_zone_of_the_calendar)
{
    struct arena *arena = arena_new();
    const char *const day = EVENT("DTSTART;VALUE=DATE:20261121\r\n");

    CHECK_TEXT(busy(arena, "20261101T000000Z", "20261201T000000Z", "Europe/Berlin", 1, &day),
        ":20261120T230000Z/20261121T230000Z");
    arena_free(arena);
}

/* RFC 4791, 11 */
TEST(busy_for_too_long)
{
    struct arena *arena = arena_new();
    const char *const hourly =
        EVENT("DTSTART:20261121T000000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=HOURLY\r\n");

    CHECK_TEXT(busy(arena, "20260101T000000Z", "21260101T000000Z", NULL, 1, &hourly), "too much");
    arena_free(arena);
}
