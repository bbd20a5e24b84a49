#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "html/lang.h"
#include "ical/itip.h"
#include "tests/check.h"

#define NOW  "20261121T180000Z"
#define ANNA "mailto:anna@example.org"
#define BOB  "mailto:bob@example.org"

#define EVENT(lines)                                                                               \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\n"     \
    "DTSTART:20261201T180000Z\r\nDTEND:20261201T190000Z\r\nRRULE:FREQ=DAILY;COUNT=5\r\n"           \
    "SUMMARY:x\r\nORGANIZER:mailto:jena@example.org\r\n" lines "END:VEVENT\r\n"
#define OWN(day, lines)                                                                            \
    "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\nRECURRENCE-ID:202612" day "T180000Z\r\n" \
    "DTSTART:202612" day "T180000Z\r\nDTEND:202612" day "T190000Z\r\nSUMMARY:x\r\n"                \
    "ORGANIZER:mailto:jena@example.org\r\n" lines "END:VEVENT\r\n"
#define END     "END:VCALENDAR\r\n"
#define ANNA_IS(s) "ATTENDEE;PARTSTAT=" s ":" ANNA "\r\n"
#define BOB_IS(s)  "ATTENDEE;PARTSTAT=" s ":" BOB "\r\n"
#define BOTH       ANNA_IS("NEEDS-ACTION") BOB_IS("NEEDS-ACTION")

static struct itip_parts
parts(struct arena *a, const char *bytes)
{
    struct ical_component *calendar = NULL;

    CHECK(ical_read(a, lang_find("en"), &ical_calendar, &ical_limits, bytes, strlen(bytes),
              &calendar) == NULL);
    return itip_parts_of(a, &(struct itip_object){ bytes, calendar });
}

static bool
may(struct arena *a, const char *before, const char *after)
{
    const struct itip_parts x = parts(a, before), y = parts(a, after);

    return itip_attendee_may(a, &x, &y);
}

TEST(itip_what_an_attendee_may_change)
{
    struct arena *a = arena_new();
    static const char was[] = EVENT(BOTH) END;

    CHECK(may(a, was, was));
    CHECK(may(a, was, EVENT(ANNA_IS("ACCEPTED") BOB_IS("NEEDS-ACTION")) END));
    CHECK(may(a, was, EVENT("EXDATE:20261203T180000Z\r\nTRANSP:OPAQUE\r\nX-A:1\r\n" BOTH) END));
    CHECK(may(a, was, EVENT(BOTH) OWN("02", BOTH) END));
    CHECK(may(a, EVENT(BOTH) OWN("02", BOTH) END, EVENT("EXDATE:20261202T180000Z\r\n" BOTH) END));
    CHECK(!may(a, EVENT(BOTH) OWN("02", BOTH) END, was)); /* an instance is gone, and not left out */
    CHECK(!may(a, EVENT("EXDATE:20261202T180000Z\r\n" BOTH) END, was)); /* it takes place again */
    CHECK(!may(a, was, EVENT(BOTH "LOCATION:y\r\n") END));
    CHECK(!may(a, was, EVENT(ANNA_IS("ACCEPTED")) END));
    CHECK(!may(a, was, EVENT(BOTH "ATTENDEE:mailto:c@example.org\r\n") END));
    CHECK(!may(a, was, EVENT(BOTH) OWN("02", BOTH "LOCATION:y\r\n") END));
    CHECK(!may(a, EVENT(BOTH "LOCATION:y\r\n") END, was));
    arena_free(a);
}

static const char *
organize(struct arena *a, const char *before, const char *after, bool merge)
{
    const struct itip_parts x = parts(a, before), y = parts(a, after);
    size_t n;

    return itip_organize(a, &x, &y, merge, strlen(after), &n);
}

TEST(itip_who_is_asked_again)
{
    struct arena *a = arena_new();
    static const char was[] = EVENT(ANNA_IS("ACCEPTED")) END;
    static const char moved[] = EVENT("COMMENT:1\r\n" ANNA_IS("ACCEPTED")) END;
    const char *is = organize(a, was, moved, false);

    CHECK_TEXT(is, moved); /* nothing of hers */
    CHECK_TEXT(organize(a, was, EVENT(ANNA_IS("NEEDS-ACTION")) END, true), was);
    CHECK(strstr(organize(a, was, EVENT(ANNA_IS("NEEDS-ACTION")) END, false), "NEEDS-ACTION"));
    /* left out: nobody is asked; back again: all are */
    CHECK(strstr(organize(a, was, EVENT("EXDATE:20261203T180000Z\r\n" ANNA_IS("ACCEPTED")) END,
                     false),
        "PARTSTAT=ACCEPTED"));
    is = organize(a, EVENT("EXDATE:20261203T180000Z\r\n" ANNA_IS("ACCEPTED")) END, was, false);
    CHECK(strstr(is, "PARTSTAT=NEEDS-ACTION") && strstr(is, "RSVP=TRUE") &&
          strstr(is, "SEQUENCE:1"));
    arena_free(a);
}

TEST(itip_status_is_said_and_force_is_not_kept)
{
    struct arena *a = arena_new();
    static const char was[] =
        EVENT("ATTENDEE;SCHEDULE-FORCE-SEND=REQUEST:" ANNA "\r\nATTENDEE;SCHEDULE-STATUS=3.7:" BOB
              "\r\n") END;
    const struct itip_parts p = parts(a, was);
    const struct itip_status status[] = { { "mailto:Bob@example.org", "1.2" } };
    size_t n;
    const char *is = itip_set_status(a, &p.o, strlen(was), status, 1, &n);

    CHECK_TEXT(is, EVENT("ATTENDEE:" ANNA "\r\nATTENDEE;SCHEDULE-STATUS=1.2:" BOB "\r\n") END);
    arena_free(a);
}

TEST(itip_a_reply_to_what_changed)
{
    struct arena *a = arena_new();
    const struct itip_parts was = parts(a, EVENT(BOTH) END),
                            same = parts(a, EVENT(ANNA_IS("needs-action") BOB_IS("ACCEPTED")) END),
                            out = parts(a, EVENT("EXDATE:20261203T180000Z\r\n" BOTH) END);
    struct buf b = buf_new(a, 1 << 20);

    CHECK(!itip_reply_to_changes(&b, a, &was, &same, ANNA, NOW));
    b = buf_new(a, 1 << 20);
    CHECK(itip_reply_to_changes(&b, a, &was, &out, ANNA, NOW));
    CHECK(strstr(buf_string(&b), "RECURRENCE-ID:20261203T180000Z\r\n") != NULL);
    CHECK(strstr(buf_string(&b), "PARTSTAT=DECLINED:" ANNA) != NULL);
    CHECK(strstr(buf_string(&b), BOB) == NULL);
    arena_free(a);
}

static const char *
take(struct arena *a, const char *copy, const char *request)
{
    const char *head = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n";
    const char *bytes =
        arena_printf(a, "%s%s", head, request + strlen("BEGIN:VCALENDAR\r\n"));
    const struct itip_parts c = copy == NULL ? (struct itip_parts){ .n_own = 0 } : parts(a, copy);
    struct buf b = buf_new(a, 1 << 20);
    struct itip_message m;
    bool asked;

    if (!CHECK(itip_read(a, lang_find("en"), bytes, strlen(bytes), &m) == NULL))
        return "";
    itip_take_request(&b, a, copy == NULL ? NULL : &c, &m, ANNA, &asked);
    return buf_string(&b);
}

TEST(itip_what_is_hers_stays)
{
    struct arena *a = arena_new();
    static const char copy[] =
        EVENT("EXDATE:20261203T180000Z\r\nTRANSP:TRANSPARENT\r\nX-MINE:1\r\n" ANNA_IS("ACCEPTED")
                  "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM\r\n")
            END;
    const char *is = take(a, copy, EVENT(BOTH "LOCATION:y\r\n") OWN("03", ANNA_IS("DECLINED")) END);

    CHECK(strstr(is, "METHOD") == NULL && strstr(is, "RECURRENCE-ID") == NULL);
    CHECK(strstr(is, "EXDATE:20261203T180000Z") && strstr(is, "TRANSP:TRANSPARENT") &&
          strstr(is, "X-MINE:1") && strstr(is, "TRIGGER") && strstr(is, "LOCATION:y"));
    CHECK(strstr(is, "PARTSTAT=ACCEPTED:" ANNA) && strstr(is, "PARTSTAT=NEEDS-ACTION:" BOB));
    arena_free(a);
}

TEST(itip_instances_that_are_answered)
{
    struct arena *a = arena_new();
    const struct itip_parts o = parts(a, EVENT(ANNA_IS("NEEDS-ACTION")) END);
    static const char *const days[] = { "03", "09" }; /* the series has five days */

    for (int i = 0; i < 2; i++) {
        const char *reply = arena_printf(a,
            "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:" NOW
            "\r\nRECURRENCE-ID:202612%sT180000Z\r\nORGANIZER:mailto:jena@example.org\r\n"
            "ATTENDEE;PARTSTAT=DECLINED:" ANNA "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            days[i]);
        struct buf b = buf_new(a, 1 << 20);
        struct itip_message m;
        if (!CHECK(itip_read(a, lang_find("en"), reply, strlen(reply), &m) == NULL))
            break;
        CHECK_INT(itip_add_instances(&b, a, &o.o, &m, 5), 1 - i);
        if (i == 0)
            CHECK_TEXT(buf_string(&b),
                EVENT(ANNA_IS("NEEDS-ACTION"))
                "BEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:x\r\n"
                "ORGANIZER:mailto:jena@example.org\r\n" ANNA_IS("NEEDS-ACTION")
                "RECURRENCE-ID:20261203T180000Z\r\nDTSTART:20261203T180000Z\r\n"
                "DTEND:20261203T190000Z\r\nEND:VEVENT\r\n" END);
    }
    arena_free(a);
}
