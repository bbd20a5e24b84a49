#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "html/lang.h"
#include "ical/object.h"
#include "ical/value.h"
#include "tests/check.h"

#define HEAD     "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n"
#define TAIL     "END:VEVENT\r\nEND:VCALENDAR\r\n"
#define CALENDAR "BEGIN:VCALENDAR\n%s%s%sEND:VCALENDAR\n"

static struct ical_component *
read_bytes(struct arena *arena, const char *bytes, size_t n)
{
    struct ical_component *c = NULL;
    struct error *e = ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, bytes, n, &c);

    return e == NULL ? c : NULL;
}

static struct ical_component *
event_of(struct arena *arena, const char *lines)
{
    const char *text = arena_printf(arena, HEAD "%s" TAIL, lines);
    struct ical_component *c = read_bytes(arena, text, strlen(text));

    return c == NULL ? NULL : c->child;
}

/* What is said of an object that is refused; NULL: it is not. */
static const char *
refusal(struct arena *arena, const char *text)
{
    struct ical_component *c;
    struct error *e =
        ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, text, strlen(text), &c);

    return e == NULL ? NULL : e->detail;
}

TEST(ical_lines_are_unfolded)
{
    struct arena *arena = arena_new();
    struct ical_component *e = event_of(
        arena, "SUMMARY:Kreis\r\n mitglieder\r\n\t versammlung\r\ndescription:a\\nb\\, c\n");

    if (CHECK(e != NULL)) {
        CHECK_TEXT(ical_value(e, "SUMMARY"), "Kreismitglieder versammlung");
        CHECK_TEXT(ical_text(arena, ical_value(e, "DESCRIPTION")), "a\nb, c");
        CHECK(ical_value(e, "LOCATION") == NULL);
    }
    arena_free(arena);
}

/* RFC 5545, 3.2; RFC 6868 */
TEST(ical_parameters)
{
    struct arena *arena = arena_new();
    struct ical_component *e =
        event_of(arena, "ATTENDEE;CN=\"Müller; Anna: ^'A^' ^^ "
                        "^n\";MEMBER=\"mailto:a@x\",\"mailto:b@x\";RSVP=TRUE:mailto:c@x\r\n"
                        "ATTENDEE:mailto:d@x\r\n");

    if (CHECK(e != NULL)) {
        const struct ical_line *a = ical_find(e, "ATTENDEE");
        CHECK_TEXT(ical_param(a, "CN"), "Müller; Anna: \"A\" ^ \n");
        CHECK_INT(a->param[1].n, 2);
        CHECK_TEXT(a->param[1].value[1], "mailto:b@x");
        CHECK_TEXT(ical_param(a, "RSVP"), "TRUE");
        CHECK_TEXT(a->value, "mailto:c@x");
        a = ical_find_next(e, "ATTENDEE", a);
        CHECK_TEXT(a->value, "mailto:d@x");
        CHECK(ical_find_next(e, "ATTENDEE", a) == NULL);
    }
    arena_free(arena);
}

TEST(ical_parts_know_their_bytes)
{
    static const char text[] = "\xef\xbb\xbf" HEAD "SUMMARY:a\r\n b\r\nUID:1\r\n" TAIL;
    struct arena *arena = arena_new();
    struct ical_component *c = read_bytes(arena, text, sizeof text - 1);

    if (CHECK(c != NULL)) {
        const struct ical_line *l = ical_find(c->child, "SUMMARY");
        CHECK_TEXT(arena_copy(arena, text + l->from, l->to - l->from), "SUMMARY:a\r\n b\r\n");
        CHECK_TEXT(arena_copy(arena, text + c->child->from, c->child->to - c->child->from),
            "BEGIN:VEVENT\r\nSUMMARY:a\r\n b\r\nUID:1\r\nEND:VEVENT\r\n");
    }
    arena_free(arena);
}

TEST(card_groups_and_types)
{
    static const char text[] = "BEGIN:VCARD\nVERSION:3.0\nitem1.TEL;HOME;type=pref:1\nEND:VCARD\n"
                               "begin:vcard\nFN:b\nend:vcard\n";
    struct arena *arena = arena_new();
    struct ical_component *c;

    if (CHECK(ical_read(arena, lang_find("en"), &ical_card, &ical_limits, text, sizeof text - 1,
                  &c) == NULL)) {
        const struct ical_line *tel = ical_find(c, "TEL");
        CHECK_TEXT(tel->group, "ITEM1");
        CHECK_TEXT(tel->param[0].name, "TYPE");
        CHECK_TEXT(tel->param[0].value[0], "HOME");
        CHECK_TEXT(tel->param[1].value[0], "pref");
        CHECK_TEXT(ical_value(c->next, "FN"), "b");
    }
    arena_free(arena);
}

TEST(ical_refusals_name_the_line)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "", "Line 0: It ends too early." },
        { "BEGIN:VCARD\nEND:VCARD\n", "Line 1: This is not what it begins with." },
        { "VERSION:2.0\n", "Line 1: This does not stand inside of a component." },
        { HEAD "SUMMARY:x\r\n", "Line 4: It ends too early." },
        { HEAD "END:VTODO\r\n", "Line 4: This ends a component that has not begun." },
        { HEAD "SUMMARY\r\n" TAIL, "Line 4: A line has no colon before its value." },
        { HEAD ";X=1:y\r\n" TAIL, "Line 4: A line does not begin with the name of a property." },
        { HEAD "X;=1:y\r\n" TAIL, "Line 4: A parameter has no name." },
        { HEAD "X;A=\"1:y\r\n" TAIL, "Line 4: A parameter has no end." },
        { HEAD "X:a\x01\r\n" TAIL, "It is not UTF-8, or there are control characters in it." },
        { HEAD "X:\xe4\r\n" TAIL, "It is not UTF-8, or there are control characters in it." },
        { HEAD "RRULE:FREQ=SECONDLY\r\n" TAIL,
            "Line 5: Events that recur every second are not taken." },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *why = refusal(arena, cases[i].text);
        if (CHECK(why != NULL))
            CHECK_TEXT(why, cases[i].why);
    }
    arena_free(arena);
}

/* One object with n times a text in its event; the unfolded line has n bytes when `folded`. */
static const char *
many(struct arena *arena, const char *each, int n)
{
    struct buf b = buf_new(arena, MB(64));

    buf_text(&b, HEAD);
    for (int i = 0; i < n; i++)
        buf_text(&b, each);
    buf_text(&b, TAIL);
    return buf_string(&b);
}

static const char *
long_line(struct arena *arena, size_t n, bool folded)
{
    struct buf b = buf_new(arena, MB(64));

    buf_text(&b, HEAD "X:");
    for (size_t i = 2; i < n; i++) {
        if (folded && i % 70 == 0)
            buf_text(&b, "\r\n ");
        buf_char(&b, 'a');
    }
    buf_text(&b, "\r\n" TAIL);
    return buf_string(&b);
}

/* security 2.2, D05, D10 to D13, D18, D20: at the limit, and one above it */
TEST(ical_limits_at_their_edges)
{
    struct arena *arena = arena_new();

    CHECK(refusal(arena, many(arena, "X:1\n", ical_limits.lines - 1)) == NULL);
    CHECK(refusal(arena, many(arena, "X:1\n", ical_limits.lines)) != NULL);
    CHECK(refusal(arena, many(arena, "ATTENDEE:mailto:a@x\n", ical_limits.attendees)) == NULL);
    CHECK(refusal(arena, many(arena, "ATTENDEE:mailto:a@x\n", ical_limits.attendees + 1)) != NULL);
    for (int folded = 0; folded < 2; folded++) {
        CHECK(refusal(arena, long_line(arena, ical_limits.line, folded)) == NULL);
        CHECK(refusal(arena, long_line(arena, ical_limits.line + 1, folded)) != NULL);
    }
    CHECK(refusal(arena, HEAD "BEGIN:VALARM\nREPEAT:100\nEND:VALARM\n" TAIL) == NULL);
    CHECK(refusal(arena, HEAD "BEGIN:VALARM\nREPEAT:101\nEND:VALARM\n" TAIL) != NULL);
    CHECK(refusal(arena, HEAD "BEGIN:VALARM\nREPEAT:2147483648\nEND:VALARM\n" TAIL) != NULL);
    CHECK(refusal(arena, many(arena, "BEGIN:A\n", 100000)) != NULL);
    arena_free(arena);
}

TEST(ical_parameters_at_their_limit)
{
    struct arena *arena = arena_new();

    for (int more = 0; more < 2; more++) {
        struct buf params = buf_new(arena, MB(1)), values = buf_new(arena, MB(1));
        for (int i = 0; i < ical_limits.params + more; i++)
            buf_text(&params, ";X=1");
        for (int i = 0; i < ical_limits.values + more; i++)
            buf_text(&values, i == 0 ? "1" : ",1");
        CHECK(
            (event_of(arena, arena_printf(arena, "A%s:v\n", buf_string(&params))) == NULL) == more);
        CHECK((event_of(arena, arena_printf(arena, "A;X=%s:v\n", buf_string(&values))) == NULL) ==
              more);
    }
    arena_free(arena);
}

TEST(ical_zones_at_their_limit)
{
    struct arena *arena = arena_new();

    for (int more = 0; more < 2; more++) {
        struct buf zones = buf_new(arena, MB(1)), rules = buf_new(arena, MB(1));
        for (int i = 0; i < ical_limits.zones + more; i++)
            buf_text(&zones, "BEGIN:VTIMEZONE\nTZID:x\nEND:VTIMEZONE\n");
        for (int i = 0; i < ical_limits.observances + more; i++)
            buf_text(&rules, "BEGIN:STANDARD\nEND:STANDARD\n");
        CHECK((refusal(arena, arena_printf(arena, CALENDAR, "", buf_string(&zones), "")) == NULL) !=
              more);
        CHECK((refusal(arena, arena_printf(arena, CALENDAR, "BEGIN:VTIMEZONE\n", buf_string(&rules),
                                  "END:VTIMEZONE\n")) == NULL) != more);
    }
    arena_free(arena);
}

TEST(ical_times_are_read_strictly)
{
    static const char *const wrong[] = { "", "2026", "20261131", "20260229", "00000101",
        "20261121T24000", "20261121T240000", "20261121T126000", "20261121T120061",
        "20261121 120000", "20261121T120000z", "2026-11-21", "2026112a" };
    struct ical_time t;
    char text[ICAL_TIME_ROOM];

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK(!ical_read_time(wrong[i], (int)strlen(wrong[i]), &t));
    CHECK(ical_read_time("20261121T180000Z", 16, &t));
    CHECK_INT(t.wall, 1795284000);
    CHECK(t.utc && !t.date);
    CHECK(ical_read_time("20240229", 8, &t));
    ical_write_time(t, text);
    CHECK_TEXT(text, "20240229");
    CHECK(ical_read_time("00010101T000000", 15, &t));
    CHECK_INT(t.wall, -62135596800);
    ical_write_time(t, text);
    CHECK_TEXT(text, "00010101T000000");
    CHECK(ical_read_time("99991231T235960", 15, &t));
}

TEST(ical_durations_and_offsets)
{
    static const char *const wrong[] = { "", "P", "PT", "1D", "P1", "P1H", "PT1D", "P1D2W", "PT1H ",
        "P9999999999D", "--P1D" };
    struct ical_duration d;
    int offset;

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK(!ical_read_duration(wrong[i], (int)strlen(wrong[i]), &d));
    CHECK(ical_read_duration("P2W", 3, &d));
    CHECK_INT(d.days, 14);
    CHECK(ical_read_duration("-P1DT2H30M", 10, &d));
    CHECK_INT(d.days, -1);
    CHECK_INT(d.seconds, -9000);
    CHECK(ical_read_offset("-053000", &offset));
    CHECK_INT(offset, -19800);
    CHECK(!ical_read_offset("+2500", &offset) && !ical_read_offset("0100", &offset));
}
