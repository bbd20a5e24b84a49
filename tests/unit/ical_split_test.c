#include <string.h>

#include "base/arena.h"
#include "ical/split.h"
#include "tests/check.h"

static const char file[] =
    "\xef\xbb\xbf"
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n"
    "BEGIN:VTIMEZONE\r\nTZID:Own/A\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VTIMEZONE\r\nTZID:Own/Ab\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VEVENT\r\nUID:o\r\n ne\r\nDTSTART;TZID=Ow\r\n n/A:20270101T100000\r\n"
    "BEGIN:VALARM\r\nUID:alarm\r\nEND:VALARM\r\nEND:VEVENT\r\n"
    "BEGIN:VTODO\r\nSUMMARY:x\r\nEND:VTODO\r\nEND:VCALENDAR\r\n\r\n"
    "begin:vcalendar\nbegin:vevent\nuid;x=\"a:b\":one\nend:vevent\nend:vcalendar";

TEST(ical_split_makes_one_object_of_each_uid)
{
    struct arena *arena = arena_new();
    struct ical_pieces pieces;

    CHECK(ical_split(arena, file, sizeof file - 1, &pieces) == NULL);
    CHECK(pieces.n == 2);
    const struct ical_piece *one = &pieces.p[0], *task = &pieces.p[1];
    CHECK_TEXT(one->uid, "one");
    CHECK(one->line == 10);
    CHECK(strstr(one->bytes, "TZID:Own/A\r\n") != NULL && strstr(one->bytes, "Own/Ab") == NULL);
    CHECK(strstr(one->bytes, "begin:vevent\nuid") != NULL && strstr(one->bytes, "METHOD") == NULL);
    CHECK_TEXT(task->component, "VTODO");
    CHECK(task->line == 19 && strlen(task->uid) == 32 && strstr(task->bytes, "VTIMEZONE") == NULL);
    CHECK(strstr(task->bytes, task->uid) != NULL);
    arena_free(arena);
}

TEST(ical_split_numbers_lines_as_in_the_file)
{
    struct arena *arena = arena_new();
    struct ical_pieces pieces;
    int line = 1;
    size_t n;

    CHECK(ical_split(arena, file, sizeof file - 1, &pieces) == NULL);
    const char *text = ical_split_numbered(arena, &pieces.p[0], &n);
    for (const char *p = text; p < strstr(text, "uid;x"); p++)
        line += *p == '\n';
    CHECK(line == 26);
    arena_free(arena);
}

TEST(ical_split_tells_the_line_of_what_is_wrong)
{
    static const struct {
        const char *text;
        int line;
    } bad[] = { { "", 0 }, { "\nx\n", 2 }, { "BEGIN:VCALENDAR\n", 1 },
        { "BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR\n", 2 },
        { "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VTODO\n", 3 },
        { "BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VALARM\nEND:VCALENDAR\n", 4 } };
    struct arena *arena = arena_new();
    struct ical_pieces pieces;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(ical_split(arena, bad[i].text, strlen(bad[i].text), &pieces) != NULL);
        CHECK(pieces.line == bad[i].line);
    }
    arena_free(arena);
}

TEST(ical_split_silences_whoever_invites)
{
    struct arena *arena = arena_new();
    size_t n;

    CHECK_TEXT(ical_split_silent(arena, "ORGANIZER;CN=A:m\r\n x\r\nA:1\r\n", 27, &n),
        "ORGANIZER;SCHEDULE-AGENT=NONE\r\n ;CN=A:m\r\n x\r\nA:1\r\n");
    CHECK_TEXT(ical_split_silent(arena, "ORGANIZER;SCHEDULE-\r\n AGENT=CLIENT:m\r\n", 38, &n),
        "ORGANIZER;SCHEDULE-\r\n AGENT=CLIENT:m\r\n");
    CHECK(n == 38);
    arena_free(arena);
}
