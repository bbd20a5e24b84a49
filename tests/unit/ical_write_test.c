#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "html/lang.h"
#include "ical/write.h"
#include "tests/check.h"

/* The line of a card whose one line this is. */
static const struct ical_line *
line_of(struct arena *arena, const char *text)
{
    const char *card = arena_printf(arena, "BEGIN:VCARD\r\n%sEND:VCARD\r\n", text);
    struct ical_component *c;
    struct error *e =
        ical_read(arena, lang_find("en"), &ical_card, &ical_limits, card, strlen(card), &c);

    return e == NULL && c->n_lines == 1 ? c->line : NULL;
}

static const char *
written(struct arena *arena, const struct ical_line *line)
{
    struct buf out = buf_new(arena, MB(1));

    ical_write_line(&out, line);
    return buf_string(&out);
}

TEST(ical_lines_are_folded_between_characters)
{
    struct arena *arena = arena_new();
    struct buf text = buf_new(arena, KB(4));

    for (int i = 0; i < 100; i++)
        buf_text(&text, i % 7 == 0 ? "a" : i % 7 == 3 ? "\xf0\x9f\x8c\xb9" : "\xc3\xbc");
    const struct ical_line line = { .group = "item1", .name = "NOTE", .value = buf_string(&text) };
    const char *out = written(arena, &line);
    for (const char *p = out; *p != '\0';) {
        const char *end = strstr(p, "\r\n");
        CHECK(end - p <= 75 && end - p > 0);
        CHECK(p == out || (*p == ' ' && ((unsigned char)p[1] & 0xc0) != 0x80));
        p = end + 2;
    }
    const struct ical_line *back = line_of(arena, out);
    if (CHECK(back != NULL)) {
        CHECK_TEXT(back->value, line.value);
        CHECK_TEXT(back->group, "ITEM1");
    }
    arena_free(arena);
}

TEST(ical_a_line_of_exactly_75_octets_is_not_folded)
{
    struct arena *arena = arena_new();
    char value[72];

    memset(value, 'x', sizeof value);
    value[70] = '\0';
    CHECK_INT(
        (int64_t)strlen(written(arena, &(struct ical_line){ .name = "NOTE", .value = value })), 77);
    value[70] = 'x';
    value[71] = '\0';
    CHECK_TEXT(
        written(arena, &(struct ical_line){ .name = "NOTE", .value = value }) + 75, "\r\n x\r\n");
    arena_free(arena);
}

/* RFC 6868 */
TEST(ical_parameters_are_written_as_they_were)
{
    static const char *const lines[] = {
        "ADR;LABEL=\"Trierer Str. 1^nErfurt: ^'Rathaus^' ^^\";TYPE=home,work:;;a;b;;;\r\n",
        "TEL;TYPE=\"voice,home\",cell;X-EMPTY=:1\r\n",
        "X-A;B=\"c;d\":\r\n",
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const struct ical_line *line = line_of(arena, lines[i]);
        if (CHECK(line != NULL))
            CHECK_TEXT(written(arena, line), lines[i]);
    }
    arena_free(arena);
}

TEST(ical_texts_are_escaped_and_read_again)
{
    static const char text[] = "a\\b; c, d\ne\\n \"f\": g";
    struct arena *arena = arena_new();
    struct buf out = buf_new(arena, KB(1));

    CHECK_TEXT(ical_escape(arena, "a\r\nb"), "a\\nb");
    CHECK_TEXT(ical_text(arena, ical_escape(arena, text)), text);
    ical_write_text(&out, "NOTE", text);
    CHECK_TEXT(buf_string(&out), "NOTE:a\\\\b\\; c\\, d\\ne\\\\n \"f\": g\r\n");
    arena_free(arena);
}
