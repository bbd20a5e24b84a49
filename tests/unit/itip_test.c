#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/version.h"
#include "html/lang.h"
#include "ical/itip.h"
#include "tests/check.h"

#define NOW  "20261121T180000Z"
#define ANNA "mailto:anna@example.org"
#define BOB  "mailto:bob@example.org"
#define CARL "mailto:carl@example.org"

#define HEAD(method)                                                                               \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//chapterd//chapterd " VERSION "//EN\r\n"           \
    "METHOD:" method "\r\n"
#define ZONE                                                                                       \
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"       \
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"

/* A series; Anna is not invited on the 2nd, Carl only then. */
static const char series[] =
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nX-WR-CALNAME:privat\r\n" ZONE
    "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\nSEQUENCE:2\r\n"
    "DTSTART;TZID=Europe/Berlin:20261201T190000\r\nDTEND;TZID=Europe/Berlin:20261201T210000\r\n"
    "RRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:Treffen\\, gro\303\237\r\n"
    "ORGANIZER;CN=Jena;SCHEDULE-STATUS=1.1:mailto:jena@example.org\r\n"
    "ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS=1.2:mailto:Anna@Example."
    "org\r\n"
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n"
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM\r\n"
    "END:VEVENT\r\n"
    "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\n"
    "RECURRENCE-ID;TZID=Europe/Berlin:20261202T190000\r\n"
    "DTSTART;TZID=Europe/Berlin:20261202T200000\r\nDTEND;TZID=Europe/Berlin:20261202T210000\r\n"
    "SUMMARY:Sp\303\244ter\r\nORGANIZER:mailto:jena@example.org\r\n"
    "ATTENDEE:mailto:bob@example.org\r\nATTENDEE:mailto:carl@example.org\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n";

static struct itip_object
object(struct arena *arena, const char *bytes)
{
    struct ical_component *calendar = NULL;

    CHECK(ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, bytes, strlen(bytes),
              &calendar) == NULL);
    return (struct itip_object){ bytes, calendar };
}

static struct buf
out(struct arena *arena)
{
    return buf_new(arena, 1 << 20);
}

TEST(itip_who_is_invited)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series);
    const struct itip_attendee *all;

    if (CHECK_INT(itip_attendees(a, o.calendar, &all), 3)) {
        CHECK_TEXT(all[0].address, "mailto:Anna@Example.org");
        CHECK_TEXT(all[1].address, BOB);
        CHECK_TEXT(all[2].address, CARL);
    }
    CHECK_TEXT(itip_address(a, itip_organizer(o.calendar)), "mailto:jena@example.org");
    const struct itip_object own =
        object(a, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20261201\n"
                  "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@b.de\nATTENDEE;EMAIL=c@d.de:urn:uuid:1\n"
                  "ATTENDEE:MAILTO:J@b.de\nORGANIZER:mailto:j@B.de\nEND:VEVENT\nEND:VCALENDAR\n");
    if (CHECK_INT(itip_attendees(a, own.calendar, &all), 1))
        CHECK_TEXT(all[0].address, "mailto:c@d.de");
    arena_free(a);
}

TEST(itip_request_to_one_of_the_series)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series);
    struct buf to = out(a);

    CHECK(itip_request(&to, a, &o, ANNA));
    CHECK_TEXT(buf_string(&to), HEAD("REQUEST") ZONE
        "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\nSEQUENCE:2\r\n"
        "DTSTART;TZID=Europe/Berlin:20261201T190000\r\nDTEND;TZID=Europe/Berlin:20261201T210000\r\n"
        "RRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:Treffen\\, gro\303\237\r\n"
        "ORGANIZER;CN=Jena:mailto:jena@example.org\r\n"
        "ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:Anna@Example.org\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n"
        "EXDATE;TZID=Europe/Berlin:20261202T190000\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n");
    arena_free(a);
}

TEST(itip_request_to_one_of_an_instance)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series);
    struct buf to = out(a);

    CHECK(itip_request(&to, a, &o, "MAILTO:Carl@example.org"));
    CHECK(strstr(buf_string(&to), "RRULE") == NULL && strstr(buf_string(&to), "Anna") == NULL);
    CHECK(strstr(buf_string(&to), "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\n"
                                  "RECURRENCE-ID;TZID=Europe/Berlin:20261202T190000\r\n") != NULL);
    CHECK(!itip_request(&to, a, &o, "mailto:nobody@example.org"));
    arena_free(a);
}

TEST(itip_line_ends_become_those_of_the_net)
{
    struct arena *a = arena_new();
    const struct itip_object o =
        object(a, "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20261101T000000Z\n"
                  "DTSTART:20261201T100000Z\nSUMMARY:a\n  "
                  "b\nORGANIZER:mailto:j@b.de\nATTENDEE:mailto:a@b.de\n"
                  "END:VEVENT\nEND:VCALENDAR");
    struct buf to = out(a);

    CHECK(itip_request(&to, a, &o, "mailto:a@b.de"));
    CHECK_TEXT(buf_string(&to),
        HEAD(
            "REQUEST") "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\n"
                       "DTSTART:20261201T100000Z\r\nSUMMARY:a\r\n  b\r\nORGANIZER:mailto:j@b.de\r\n"
                       "ATTENDEE:mailto:a@b.de\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    arena_free(a);
}

TEST(itip_cancel_of_all)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series);
    struct buf to = out(a);

    CHECK(itip_cancel(&to, a, &o, &(struct itip_cancelled){ ANNA, NULL, true }, NOW));
    CHECK_TEXT(buf_string(&to), HEAD("CANCEL") ZONE
        "BEGIN:VEVENT\r\nDTSTAMP:" NOW "\r\nUID:u1\r\n"
        "DTSTART;TZID=Europe/Berlin:20261201T190000\r\nDTEND;TZID=Europe/Berlin:20261201T210000\r\n"
        "SUMMARY:Treffen\\, gro\303\237\r\nORGANIZER;CN=Jena:mailto:jena@example.org\r\n"
        "ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION:mailto:Anna@Example.org\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n"
        "SEQUENCE:3\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    arena_free(a);
}

TEST(itip_cancel_of_an_instance_and_of_a_place)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series),
                             which = object(a,
                                 "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u1\r\n"
                                 "DTSTART:20261203T180000Z\r\nRECURRENCE-ID:20261203T180000Z\r\n"
                                 "END:VEVENT\r\nEND:VCALENDAR\r\n");
    const struct ical_line *third = ical_find(which.calendar->child, "RECURRENCE-ID");
    struct buf to = out(a);

    CHECK(itip_cancel(&to, a, &o, &(struct itip_cancelled){ BOB, third, true }, NOW));
    CHECK(strstr(buf_string(&to), "RECURRENCE-ID:20261203T180000Z\r\n") != NULL);
    CHECK(strstr(buf_string(&to), "SEQUENCE:3\r\nSTATUS:CANCELLED\r\n") != NULL);
    CHECK(strstr(buf_string(&to), "20261202") == NULL);

    to = out(a);
    CHECK(itip_cancel(&to, a, &o, &(struct itip_cancelled){ BOB, NULL, false }, NOW));
    CHECK(strstr(buf_string(&to), "STATUS") == NULL && strstr(buf_string(&to), "Anna") == NULL);
    CHECK(strstr(buf_string(&to), "carl") == NULL);
    CHECK(strstr(buf_string(&to), "RECURRENCE-ID;TZID=Europe/Berlin:20261202T190000\r\n") != NULL);
    CHECK(!itip_cancel(&to, a, &o, &(struct itip_cancelled){ CARL, third, true }, NOW));
    arena_free(a);
}

TEST(itip_reply_says_only_what_she_answers)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series);
    struct buf to = out(a);

    CHECK(itip_reply(&to, a, &o, BOB, NOW));
    CHECK_TEXT(buf_string(&to), HEAD("REPLY") ZONE
        "BEGIN:VEVENT\r\nDTSTAMP:" NOW "\r\nUID:u1\r\n"
        "DTSTART;TZID=Europe/Berlin:20261201T190000\r\nDTEND;TZID=Europe/Berlin:20261201T210000\r\n"
        "SUMMARY:Treffen\\, gro\303\237\r\nORGANIZER;CN=Jena:mailto:jena@example.org\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\nSEQUENCE:2\r\n"
        "REQUEST-STATUS:2.0;Success\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nDTSTAMP:" NOW "\r\nUID:u1\r\n"
        "DTSTART;TZID=Europe/Berlin:20261202T200000\r\nDTEND;TZID=Europe/Berlin:20261202T210000\r\n"
        "SUMMARY:Sp\303\244ter\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261202T190000\r\n"
        "ORGANIZER:mailto:jena@example.org\r\n"
        "ATTENDEE:mailto:bob@example.org\r\nSEQUENCE:0\r\nREQUEST-STATUS:2.0;Success\r\nEND:"
        "VEVENT\r\n"
        "END:VCALENDAR\r\n");
    struct itip_message m;
    CHECK(itip_read(a, lang_find("en"), to.p, to.n, &m) == NULL);
    CHECK_INT(m.method, ITIP_REPLY);
    CHECK_TEXT(m.uid, "u1");
    arena_free(a);
}

/* A reply of one component with these lines. */
static struct itip_message
reply(struct arena *a, const char *lines)
{
    const char *bytes = arena_printf(a,
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:" NOW "\r\n"
        "ORGANIZER:mailto:jena@example.org\r\n%sEND:VEVENT\r\nEND:VCALENDAR\r\n",
        lines);
    struct itip_message m;

    CHECK(itip_read(a, lang_find("en"), bytes, strlen(bytes), &m) == NULL);
    return m;
}

TEST(itip_an_answer_is_taken)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series);
    struct itip_message m =
        reply(a, "SEQUENCE:2\r\nATTENDEE;PARTSTAT=declined:mailto:anna@example.ORG\r\n");
    struct buf to = out(a);
    int unknown;

    CHECK_INT(itip_take_reply(&to, a, &o, &m, &unknown), 1);
    CHECK_INT(unknown, 0);
    static const char before[] =
        "ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;SCHEDULE-STATUS=1.2:"
        "mailto:Anna@Example.org\r\n";
    size_t at = (size_t)(strstr(series, before) - series);
    CHECK_INT(strncmp(to.p, series, at), 0);
    const char *after =
        "ATTENDEE;CN=Anna;PARTSTAT=DECLINED;SCHEDULE-STATUS=2.0:mailto:Anna@Example.\r\n org\r\n";
    CHECK(strncmp(to.p + at, after, strlen(after)) == 0);
    CHECK_TEXT(
        to.p + at + strlen(after), series + at + strlen(before)); /* all else as it was sent */
    arena_free(a);
}

TEST(itip_answers_that_count_for_nothing)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, series);
    struct buf to = out(a);
    int unknown;
    struct itip_message old = reply(a, "SEQUENCE:1\r\nATTENDEE;PARTSTAT=ACCEPTED:" ANNA "\r\n");
    struct itip_message foreign =
        reply(a, "SEQUENCE:2\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:x@y.de\r\n");
    struct itip_message instance =
        reply(a, "RECURRENCE-ID:20261203T180000Z\r\nATTENDEE;PARTSTAT=ACCEPTED:" ANNA "\r\n");

    CHECK_INT(itip_take_reply(&to, a, &o, &old, &unknown), 0);
    CHECK_INT(itip_take_reply(&to, a, &o, &foreign, &unknown), 0);
    CHECK_INT(unknown, 0);
    CHECK_INT(itip_take_reply(&to, a, &o, &instance, &unknown), 0);
    CHECK_INT(unknown, 1);
    CHECK_INT((int64_t)to.n, 0);
    /* the same instance, named in UTC */
    struct itip_message second =
        reply(a, "RECURRENCE-ID:20261202T180000Z\r\nATTENDEE;PARTSTAT=x-maybe:" CARL "\r\n");
    CHECK_INT(itip_take_reply(&to, a, &o, &second, &unknown), 1);
    CHECK(strstr(buf_string(&to), "ATTENDEE;PARTSTAT=NEEDS-ACTION;SCHEDULE-STATUS=2.0:" CARL) !=
          NULL);
    arena_free(a);
}

static bool
refused(struct arena *a, const char *lines)
{
    const char *bytes = arena_printf(a, "BEGIN:VCALENDAR\r\n%sEND:VCALENDAR\r\n", lines);
    struct itip_message m;
    struct error *e = itip_read(a, lang_find("en"), bytes, strlen(bytes), &m);

    return e != NULL && e->cond == &ICAL_MALFORMED;
}

#define STAMP        "DTSTAMP:" NOW "\r\n"
#define ORG          "ORGANIZER:mailto:j@b.de\r\n"
#define ATT          "ATTENDEE:mailto:a@b.de\r\n"
#define EVENT(lines) "BEGIN:VEVENT\r\nUID:1\r\n" lines "END:VEVENT\r\n"

TEST(itip_messages_that_are_none)
{
    struct arena *a = arena_new();

    CHECK(!refused(a, "METHOD:reply\r\n" EVENT(STAMP ORG ATT)));
    CHECK(refused(a, EVENT(STAMP ORG ATT)));
    CHECK(refused(a, "METHOD:OTHER\r\n" EVENT(STAMP ORG ATT)));
    CHECK(refused(a, "METHOD:REPLY\r\nMETHOD:REQUEST\r\n" EVENT(STAMP ORG ATT)));
    CHECK(refused(a, "METHOD:REPLY\r\n"));
    CHECK(refused(a, "METHOD:REPLY\r\n" EVENT(ORG ATT)));
    CHECK(refused(a, "METHOD:REPLY\r\n" EVENT(STAMP ATT)));
    CHECK(refused(a, "METHOD:REPLY\r\n" EVENT(STAMP ORG ORG ATT)));
    CHECK(refused(a, "METHOD:REPLY\r\n" EVENT(STAMP ORG)));
    CHECK(refused(a, "METHOD:REPLY\r\n" EVENT(STAMP ORG ATT ATT)));
    CHECK(refused(
        a, "METHOD:REPLY\r\n" EVENT(STAMP ORG ATT) EVENT(STAMP ORG "ATTENDEE:mailto:x@b.de\r\n")));
    CHECK(refused(a, "METHOD:REQUEST\r\n" EVENT(STAMP ORG ATT) "BEGIN:VEVENT\r\nUID:2\r\n" STAMP ORG
                                                               "END:VEVENT\r\n"));
    CHECK(refused(a, "METHOD:REQUEST\r\n" EVENT(STAMP ORG ATT) "BEGIN:VTODO\r\nUID:1\r\n" STAMP ORG
                                                               "END:VTODO\r\n"));
    CHECK(!refused(a, "METHOD:PUBLISH\r\n" EVENT(STAMP)));
    arena_free(a);
}

TEST(itip_what_makes_people_answer_again)
{
    struct arena *a = arena_new();
    const struct ical_component *before = object(a, series).calendar->child->next;
    static const struct {
        const char *from, *to;
        bool again;
    } changes[] = {
        { "SUMMARY:Treffen", "SUMMARY:Sitzung", false },
        { "PARTSTAT=ACCEPTED", "PARTSTAT=DECLINED", false },
        { "DTSTART;TZID=Europe/Berlin:20261201T19", "DTSTART;TZID=Europe/Berlin:20261201T18",
            true },
        { "DTEND;TZID=Europe/Berlin:20261201T21", "DTEND;TZID=Europe/Athens:20261201T21", true },
        { "COUNT=5", "COUNT=6", true },
        { "SEQUENCE:2", "STATUS:CANCELLED", true },
    };

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(series, changes[i].from);
        const char *changed = arena_printf(
            a, "%.*s%s%s", (int)(at - series), series, changes[i].to, at + strlen(changes[i].from));
        CHECK(itip_must_ask_again(before, object(a, changed).calendar->child->next) ==
              changes[i].again);
    }
    const struct itip_object old = object(a, series);
    CHECK_INT(itip_sequence(before), 2);
    CHECK(!itip_is_newer(before, old.calendar->child->next));
    CHECK(itip_is_newer(old.calendar->child->next->next, before)); /* no SEQUENCE is 0 */
    arena_free(a);
}

/* ---------------------------------------------------------------- groups */

#define GROUP "mailto:jena@chapters.example.org"

/* Anna and Bob have answered because the group is invited, Carl by himself. */
static const char with_group[] =
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VEVENT\r\nUID:u1\r\n"
    "DTSTAMP:20261101T000000Z\r\nDTSTART:20261201T190000Z\r\n"
    "ORGANIZER:mailto:dora@example.org\r\n"
    "ATTENDEE;CUTYPE=GROUP;ROLE=OPT-PARTICIPANT;SCHEDULE-STATUS=1.2:" GROUP "\r\n"
    "ATTENDEE;MEMBER=\"" GROUP "\";PARTSTAT=ACCEPTED:" ANNA "\r\n"
    "ATTENDEE;MEMBER=\"" GROUP "\";PARTSTAT=DECLINED:" BOB "\r\n"
    "ATTENDEE;PARTSTAT=TENTATIVE:" CARL "\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n";

#define TOLD_BEFORE                                                                                \
    "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261201T190000Z\r\n"           \
    "ORGANIZER:mailto:dora@example.org\r\n"                                                        \
    "ATTENDEE;CUTYPE=GROUP;ROLE=OPT-PARTICIPANT:" GROUP "\r\n"
#define TOLD_BEHIND "ATTENDEE;PARTSTAT=TENTATIVE:" CARL "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

TEST(itip_members_of_a_group_are_the_group_s)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, with_group);
    const struct itip_attendee *all;

    if (CHECK_INT(itip_attendees(a, o.calendar, &all), 2)) {
        CHECK_TEXT(all[0].address, GROUP);
        CHECK_TEXT(all[1].address, CARL);
    }
    arena_free(a);
}

TEST(itip_nobody_is_told_who_is_a_member)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, with_group);
    const struct itip_cancelled for_all = { CARL, NULL, true };
    struct itip_message message;
    struct buf b = out(a);

    CHECK(itip_request(&b, a, &o, CARL));
    CHECK_TEXT(buf_string(&b), HEAD("REQUEST") TOLD_BEFORE TOLD_BEHIND);
    b = out(a);
    CHECK(itip_cancel(&b, a, &o, &for_all, NOW));
    CHECK(strstr(buf_string(&b), CARL) != NULL && strstr(buf_string(&b), ANNA) == NULL);

    struct buf request = out(a);
    CHECK(itip_request(&request, a, &o, GROUP));
    CHECK(itip_read(a, lang_find("en"), buf_string(&request), request.n, &message) == NULL);
    b = out(a);
    itip_for_member(&b, a, &message, GROUP, BOB);
    CHECK_TEXT(buf_string(&b), HEAD("REQUEST") TOLD_BEFORE
        "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;RSVP=TRUE\r\n ;ROLE=OPT-PARTICIPANT\r\n"
        " ;MEMBER=\"" GROUP "\"\r\n :" BOB "\r\n" TOLD_BEHIND);
    arena_free(a);
}

TEST(itip_answer_of_a_member)
{
    struct arena *a = arena_new();
    const struct itip_object o = object(a, with_group);
    struct itip_message reply;
    struct buf b = out(a);
    const char *bytes = HEAD("REPLY") "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261102T000000Z\r\n"
                                      "ORGANIZER:mailto:dora@example.org\r\nATTENDEE;CN=Eva;"
                                      "PARTSTAT=ACCEPTED:mailto:eva@example.org\r\n"
                                      "END:VEVENT\r\nEND:VCALENDAR\r\n";

    CHECK(itip_read(a, lang_find("en"), bytes, strlen(bytes), &reply) == NULL);
    CHECK_TEXT(itip_answer(&reply), "ACCEPTED");
    CHECK_INT(itip_add_member(&b, a, &o, &reply, "mailto:other@example.org"), 0);
    CHECK_INT(itip_add_member(&b, a, &o, &reply, GROUP), 1);
    const struct itip_object then = object(a, buf_string(&b));
    const struct ical_line *eva = ical_find_next(then.calendar->child, "ATTENDEE",
        ical_find(then.calendar->child, "ATTENDEE")); /* behind the group */
    if (CHECK(eva != NULL)) {
        CHECK_TEXT(eva->value, "mailto:eva@example.org");
        CHECK_TEXT(ical_param(eva, "MEMBER"), GROUP);
        CHECK_TEXT(ical_param(eva, "PARTSTAT"), "ACCEPTED");
        CHECK_TEXT(ical_param(eva, "CN"), "Eva");
    }
    CHECK_INT(itip_add_member(&b, a, &then, &reply, GROUP), 0); /* she stands in it */
    arena_free(a);
}
