#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "ical/filter.h"
#include "tests/check.h"

static const struct ical_component *
read(struct arena *arena, const struct ical_format *format, const char *text)
{
    struct ical_component *first;
    struct error *e =
        ical_read(arena, lang_find("en"), format, &ical_limits, text, strlen(text), &first);

    return CHECK(e == NULL) ? first : NULL;
}

#define CALENDAR(body) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"
#define EVENT(lines)   CALENDAR("BEGIN:VEVENT\r\nUID:1\r\n" lines "END:VEVENT\r\n")
#define TASK(lines)    CALENDAR("BEGIN:VTODO\r\nUID:1\r\n" lines "END:VTODO\r\n")

/* A time of 2026-11, hours and minutes as there are. */
static int64_t
at(const char *time)
{
    struct ical_time t = { 0 };

    CHECK(ical_read_time(time, (int)strlen(time), &t));
    return t.wall;
}

/* Is a component of that name in the calendar, or in a component of it, then? */
static bool
then(const char *text, const char *name, const char *from, const char *to, const char *zone)
{
    struct arena *arena = arena_new();
    const struct ical_component *object = read(arena, &ical_calendar, text);
    struct ical_range range = { from == NULL ? INT64_MIN : at(from),
        to == NULL ? INT64_MAX : at(to) };
    bool alarm = strcmp(name, "VALARM") == 0;
    struct ical_filter inner = { .name = name, .range = &range },
                       event = { .name = "VEVENT", .part = &inner, .n_parts = 1 },
                       outer = {
                           .name = "VCALENDAR", .part = alarm ? &event : &inner, .n_parts = 1
                       };
    bool is = object != NULL && ical_filter_matches(arena, &outer, object,
                                    zone == NULL ? NULL : ical_zone_find(arena, object, zone));

    arena_free(arena);
    return is;
}

/* RFC 4791, 9.9: a range ends before `to`, and an event before its end */
TEST(events_in_a_range)
{
    const char *event = EVENT("DTSTART:20261121T180000Z\r\nDTEND:20261121T200000Z\r\n");

    CHECK(then(event, "VEVENT", "20261121T195959Z", "20261122T000000Z", NULL));
    CHECK(!then(event, "VEVENT", "20261121T200000Z", "20261122T000000Z", NULL));
    CHECK(then(event, "VEVENT", "20261121T000000Z", "20261121T180001Z", NULL));
    CHECK(!then(event, "VEVENT", "20261121T000000Z", "20261121T180000Z", NULL));
    CHECK(then(event, "VEVENT", NULL, "20261121T180001Z", NULL));
    CHECK(then(event, "VEVENT", "20261121T000000Z", NULL, NULL));
    CHECK(!then(event, "VEVENT", "20261122T000000Z", NULL, NULL));
    CHECK(!then(event, "VTODO", NULL, NULL, NULL));
    CHECK(!then(event, "VEVENT", "99991231T235958Z", "99991231T235959Z", NULL));
}

/* RFC 4791, 7.3: what has no zone goes by that of the calendar */
TEST(times_without_a_zone_go_by_that_of_the_calendar)
{
    const char *floating = EVENT("DTSTART:20261121T100000\r\nDTEND:20261121T110000\r\n"),
               *day = EVENT("DTSTART;VALUE=DATE:20261121\r\n");

    CHECK(then(floating, "VEVENT", "20261121T093000Z", "20261121T094500Z", "Europe/Berlin"));
    CHECK(!then(floating, "VEVENT", "20261121T093000Z", "20261121T094500Z", NULL));
    CHECK(then(floating, "VEVENT", "20261121T103000Z", "20261121T104500Z", NULL));
    CHECK(!then(floating, "VEVENT", "20261121T103000Z", "20261121T104500Z", "Europe/Berlin"));
    CHECK(then(day, "VEVENT", "20261120T230000Z", "20261120T230001Z", "Europe/Berlin"));
    CHECK(!then(day, "VEVENT", "20261121T230000Z", "20261121T235959Z", "Europe/Berlin"));
    CHECK(then(day, "VEVENT", "20261121T230000Z", "20261121T235959Z", NULL));
}

/* One instance is enough, however far away, and an instance that was moved counts where it is. */
TEST(recurrences_in_a_range)
{
    const char *weekly = EVENT("DTSTART:20000101T100000Z\r\nRRULE:FREQ=WEEKLY\r\n");
    const char *minutely = EVENT("DTSTART:20261121T000000\r\nRRULE:FREQ=MINUTELY\r\n");
    const char *moved = CALENDAR(
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261101T100000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEND:"
        "VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20261102T100000Z\r\nDTSTART:20261224T100000Z\r\n"
        "END:VEVENT\r\n");

    CHECK(then(weekly, "VEVENT", "20261121T000000Z", "20261122T000000Z", NULL));
    CHECK(!then(weekly, "VEVENT", "20261122T000000Z", "20261123T000000Z", NULL));
    CHECK(then(minutely, "VEVENT", "20261121T120000Z", NULL, "Pacific/Kiritimati"));
    CHECK(then(minutely, "VEVENT", "20270101T120000Z", "20270101T120100Z", "Pacific/Kiritimati"));
    CHECK(then(moved, "VEVENT", "20261224T000000Z", "20261225T000000Z", NULL));
    CHECK(!then(moved, "VEVENT", "20261102T000000Z", "20261103T000000Z", NULL));
    CHECK(then(moved, "VEVENT", "20261103T000000Z", "20261104T000000Z", NULL));
}

/* RFC 4791, 9.9: the table of tasks */
TEST(tasks_in_a_range)
{
    const char *due = TASK("DUE:20261121T180000Z\r\n"), *always = TASK("SUMMARY:Call\r\n"),
               *done = TASK("COMPLETED:20261121T180000Z\r\nCREATED:20261101T000000Z\r\n"),
               *begun = TASK("DTSTART:20261120T000000Z\r\nDUE:20261121T180000Z\r\n");

    CHECK(then(due, "VTODO", "20261121T000000Z", "20261121T180000Z", NULL));
    CHECK(!then(due, "VTODO", "20261121T180000Z", "20261122T000000Z", NULL));
    CHECK(then(always, "VTODO", "19700101T000000Z", "19700102T000000Z", NULL));
    CHECK(then(done, "VTODO", "20261110T000000Z", "20261111T000000Z", NULL));
    CHECK(!then(done, "VTODO", "20261201T000000Z", "20261202T000000Z", NULL));
    CHECK(then(begun, "VTODO", "20261120T120000Z", "20261120T130000Z", NULL));
}

TEST(free_and_busy_times_in_a_range)
{
    const char *whole = CALENDAR("BEGIN:VFREEBUSY\r\nUID:1\r\nDTSTART:20261121T000000Z\r\n"
                                 "DTEND:20261122T000000Z\r\nEND:VFREEBUSY\r\n"),
               *parts =
                   CALENDAR("BEGIN:VFREEBUSY\r\nUID:1\r\n"
                            "FREEBUSY:20261121T100000Z/PT1H,20261121T150000Z/20261121T160000Z\r\n"
                            "END:VFREEBUSY\r\n");

    CHECK(then(whole, "VFREEBUSY", "20261121T120000Z", "20261121T120001Z", NULL));
    CHECK(!then(whole, "VFREEBUSY", "20261122T120000Z", "20261122T120001Z", NULL));
    CHECK(then(parts, "VFREEBUSY", "20261121T155959Z", "20261121T170000Z", NULL));
    CHECK(!then(parts, "VFREEBUSY", "20261121T110000Z", "20261121T150000Z", NULL));
}

#define ALARM(lines)                                                                               \
    EVENT("DTSTART:20261121T180000Z\r\nDTEND:20261121T200000Z\r\nRRULE:FREQ=WEEKLY\r\n"            \
          "BEGIN:VALARM\r\nACTION:DISPLAY\r\n" lines "END:VALARM\r\n")

/* RFC 4791, 9.9: an alarm is when it rings, of each instance and each time it repeats */
TEST(alarms_in_a_range)
{
    const char *before = ALARM("TRIGGER:-PT15M\r\n"),
               *after = ALARM("TRIGGER;RELATED=END:PT5M\r\n"),
               *fixed = ALARM("TRIGGER;VALUE=DATE-TIME:20261201T080000Z\r\n"),
               *again = ALARM("TRIGGER:-PT15M\r\nREPEAT:2\r\nDURATION:PT5M\r\n"),
               *never = ALARM("SUMMARY:It does not say when\r\n");

    CHECK(then(before, "VALARM", "20261121T174500Z", "20261121T174501Z", NULL));
    CHECK(!then(before, "VALARM", "20261121T174501Z", "20261121T190000Z", NULL));
    CHECK(then(before, "VALARM", "20261128T174500Z", "20261128T174501Z", NULL));
    CHECK(then(after, "VALARM", "20261121T200500Z", "20261121T200501Z", NULL));
    CHECK(!then(after, "VALARM", "20261121T180000Z", "20261121T200500Z", NULL));
    CHECK(then(fixed, "VALARM", "20261201T080000Z", "20261201T080001Z", NULL));
    CHECK(!then(fixed, "VALARM", "20261121T000000Z", "20261122T000000Z", NULL));
    CHECK(then(again, "VALARM", "20261121T175500Z", "20261121T175501Z", NULL));
    CHECK(!then(again, "VALARM", "20261121T175501Z", "20261121T190000Z", NULL));
    CHECK(!then(never, "VALARM", NULL, NULL, NULL));
    CHECK(!then(EVENT("DTSTART:20261121T180000Z\r\n"), "VALARM", NULL, NULL, NULL));
}

/* ---------------------------------------------------------------- properties */

static bool
property(const char *text, const struct ical_prop_filter *prop)
{
    struct arena *arena = arena_new();
    const struct ical_component *object = read(arena, &ical_calendar, text);
    struct ical_filter event = { .name = "VEVENT", .prop = prop, .n_props = 1 },
                       outer = { .name = "VCALENDAR", .part = &event, .n_parts = 1 };
    bool is = object != NULL && ical_filter_matches(arena, &outer, object, NULL);

    arena_free(arena);
    return is;
}

static bool
text_is(const char *text, const char *name, struct ical_match match)
{
    struct arena *arena = arena_new();
    match.text = ical_match_text(arena, match.collation, match.text);
    bool is =
        property(text, &(struct ical_prop_filter){ .name = name, .match = &match, .n_matches = 1 });

    arena_free(arena);
    return is;
}

#define MEETING                                                                                    \
    EVENT("DTSTART:20261121T180000Z\r\nSUMMARY:Sitzung\\, gro\xc3\x9f\r\n"                         \
          "LOCATION:\xc3\x9c"                                                                      \
          "berall\r\nCATEGORIES:Work,Other Things\r\n"                                             \
          "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@example.org\r\n"                                \
          "ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:b@example.org\r\n")

TEST(collations_of_text_matches)
{
    CHECK(text_is(MEETING, "SUMMARY", (struct ical_match){ .text = "sitZUNG, " }));
    CHECK(!text_is(MEETING, "SUMMARY", (struct ical_match){ COLLATION_OCTET, .text = "sitzung" }));
    CHECK(text_is(MEETING, "SUMMARY", (struct ical_match){ COLLATION_OCTET, .text = "Sitzung" }));
    CHECK(!text_is(MEETING, "LOCATION",
        (struct ical_match){ .text = "\xc3\xbc"
                                     "BERALL" }));
    CHECK(text_is(MEETING, "LOCATION",
        (struct ical_match){ COLLATION_UNICODE, .text = "\xc3\xbc"
                                                        "BERALL" }));
    CHECK(text_is(MEETING, "LOCATION",
        (struct ical_match){ COLLATION_UNICODE, .text = "u\xcc\x88"
                                                        "ber" }));
    CHECK(!text_is(MEETING, "LOCATION", (struct ical_match){ COLLATION_UNICODE, .text = "uber" }));
    CHECK(!text_is(MEETING, "COMMENT", (struct ical_match){ .text = "" }));
    CHECK(text_is(MEETING, "SUMMARY", (struct ical_match){ .text = "" }));
}

/* RFC 6352, 10.5.4; a list matches where one of its values does */
TEST(ways_of_text_matches)
{
    CHECK(text_is(MEETING, "SUMMARY", (struct ical_match){ .how = MATCH_STARTS, .text = "SITZ" }));
    CHECK(!text_is(MEETING, "SUMMARY", (struct ical_match){ .how = MATCH_ENDS, .text = "SITZ" }));
    CHECK(text_is(
        MEETING, "SUMMARY", (struct ical_match){ .how = MATCH_ENDS, .text = "gro\xc3\x9f" }));
    CHECK(!text_is(MEETING, "SUMMARY", (struct ical_match){ .how = MATCH_EQUALS, .text = "groß" }));
    CHECK(text_is(
        MEETING, "CATEGORIES", (struct ical_match){ .how = MATCH_EQUALS, .text = "other things" }));
    CHECK(!text_is(
        MEETING, "CATEGORIES", (struct ical_match){ .how = MATCH_EQUALS, .text = "things" }));
    CHECK(!text_is(MEETING, "SUMMARY", (struct ical_match){ .negate = true, .text = "sitzung" }));
    CHECK(text_is(MEETING, "SUMMARY", (struct ical_match){ .negate = true, .text = "feier" }));
    CHECK(!text_is(MEETING, "COMMENT", (struct ical_match){ .negate = true, .text = "feier" }));
}

TEST(properties_that_are_not_there)
{
    CHECK(property(MEETING, &(struct ical_prop_filter){ .name = "SUMMARY" }));
    CHECK(!property(MEETING, &(struct ical_prop_filter){ .name = "COMMENT" }));
    CHECK(property(MEETING, &(struct ical_prop_filter){ .name = "COMMENT", .absent = true }));
    CHECK(!property(MEETING, &(struct ical_prop_filter){ .name = "SUMMARY", .absent = true }));
}

/* Both matches have to hold of one property: b@ is no one whose answer is missing. */
TEST(parameters)
{
    struct ical_match who = { .text = "MAILTO:A@EXAMPLE.ORG" }, state = { .text = "NEEDS-ACTION" },
                      other = { .text = "ACCEPTED" }, not = { .text = "ACCEPTED", .negate = true };
    struct ical_param_filter param = { "PARTSTAT", false, &state };
    struct ical_prop_filter f = {
        .name = "ATTENDEE", .match = &who, .n_matches = 1, .param = &param, .n_params = 1
    };

    CHECK(property(MEETING, &f));
    param.match = &other;
    CHECK(!property(MEETING, &f));
    f.any = true;
    CHECK(property(MEETING, &f));
    f.any = false;
    param.match = &not ;
    CHECK(property(MEETING, &f));
    param = (struct ical_param_filter){ "ROLE", true, NULL };
    CHECK(property(MEETING, &f));
    param = (struct ical_param_filter){ "ROLE", false, NULL };
    CHECK(!property(MEETING, &f));
}

TEST(times_of_properties)
{
    struct ical_range range = { at("20261121T180000Z"), at("20261121T180001Z") };
    struct ical_prop_filter f = { .name = "DTSTART", .range = &range };

    CHECK(property(MEETING, &f));
    range.from++;
    range.to++;
    CHECK(!property(MEETING, &f));
    CHECK(property(EVENT("DTSTART;VALUE=DATE:20261121\r\n"), &f));
    CHECK(!property(EVENT("DTSTART;VALUE=DATE:20261122\r\n"), &f));
    CHECK(property(EVENT("DTSTART;TZID=Europe/Berlin:20261121T190001\r\n"), &f));
    CHECK(ical_filter_has_date("COMPLETED") && !ical_filter_has_date("SUMMARY"));
    CHECK(ical_filter_has_time("VALARM") && !ical_filter_has_time("VTIMEZONE"));
}

TEST(components_that_are_not_there)
{
    struct arena *arena = arena_new();
    const struct ical_component *object = read(arena, &ical_calendar, MEETING);
    struct ical_filter part = { .name = "VTODO", .absent = true },
                       outer = { .name = "VCALENDAR", .part = &part, .n_parts = 1 };

    CHECK(ical_filter_matches(arena, &outer, object, NULL));
    part.name = "VEVENT";
    CHECK(!ical_filter_matches(arena, &outer, object, NULL));
    part.absent = false;
    CHECK(ical_filter_matches(arena, &outer, object, NULL));
    outer = (struct ical_filter){ .name = "VCARD" };
    CHECK(!ical_filter_matches(arena, &outer, object, NULL));
    arena_free(arena);
}

/* RFC 6352, 10.5: any of the properties unless all are asked for; a group in a name is meant */
TEST(cards)
{
    struct arena *arena = arena_new();
    const struct ical_component *card = read(arena, &ical_card,
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Rosa M\xc3\xbcller\r\nN:M\xc3\xbcller;Rosa;;;\r\n"
        "item1.TEL;TYPE=HOME,VOICE:+49 3641 1\r\nEND:VCARD\r\n");
    struct ical_match rosa = { .text = "ROSA", .how = MATCH_EQUALS }, home = { .text = "HOME" };
    struct ical_param_filter type = { "TYPE", false, &home };
    struct ical_prop_filter prop[] = {
        { .name = "N", .match = &rosa, .n_matches = 1 },
        { .name = "EMAIL" },
        { .group = "ITEM1", .name = "TEL", .param = &type, .n_params = 1 },
    };
    struct ical_filter f = { .name = "VCARD", .any = true, .prop = prop, .n_props = 2 };

    CHECK(ical_filter_matches(arena, &f, card, NULL));
    f.any = false;
    CHECK(!ical_filter_matches(arena, &f, card, NULL));
    f = (struct ical_filter){ .name = "VCARD", .prop = &prop[2], .n_props = 1 };
    CHECK(ical_filter_matches(arena, &f, card, NULL));
    prop[2].group = "ITEM2";
    CHECK(!ical_filter_matches(arena, &f, card, NULL));
    prop[2].group = NULL;
    CHECK(ical_filter_matches(arena, &f, card, NULL));
    f = (struct ical_filter){ .name = "VCARD", .any = true };
    CHECK(ical_filter_matches(arena, &f, card, NULL));
    arena_free(arena);
}

TEST(collations_by_name)
{
    enum ical_collation c;

    CHECK(ical_collation_find("i;octet", &c) && c == COLLATION_OCTET);
    CHECK(ical_collation_find("i;unicode-casemap", &c) && c == COLLATION_UNICODE);
    CHECK(!ical_collation_find("i;basic", &c) && !ical_collation_find("*", &c));
}
