#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "html/lang.h"
#include "ical/card_convert.h"
#include "tests/check.h"

/*
 * Cards of vCard 3.0 that are drawn by lot, in the ways of writing that conversion leaves alone,
 * are read as 4.0 and back. All they had must be there again: that is compared here by the
 * lines alone, with nothing of what converts them.
 */

/* A row of numbers, the same in each run. */
struct lot {
    uint64_t state;
    struct arena *arena;
    int urls; /* so that lines of one name differ */
};

static unsigned
draw(struct lot *lot, unsigned below)
{
    lot->state ^= lot->state << 13;
    lot->state ^= lot->state >> 7;
    lot->state ^= lot->state << 17;
    return (unsigned)((lot->state >> 11) % below);
}

#define PICK(lot, list) ((list)[draw((lot), COUNT_OF(list))])

static const char *
text_value(struct lot *lot)
{
    static const char *const words[] = { "Erfurt", "Müller\\, Anna", "a\\;b", "\\\\", "\\n",
        "\xf0\x9f\x8c\xb9", " ", "https://example.org/?a=b;c", "^n \"q\"", "Straße 12a", "x", "" };
    struct buf b = buf_new(lot->arena, KB(4));

    for (unsigned n = draw(lot, 12); n > 0; n--)
        buf_text(&b, PICK(lot, words));
    return buf_string(&b);
}

static const char *
types(struct lot *lot)
{
    static const char *const lists[] = { "", "", ";TYPE=home", ";TYPE=WORK,pref", ";TYPE=pref",
        ";TYPE=cell,voice;TYPE=home", ";type=INTERNET;type=work;type=pref", ";TYPE=x-own",
        ";X-OWN=\"a;b\",c;TYPE=home" };

    return PICK(lot, lists);
}

static const char *
base64_value(struct lot *lot)
{
    static const char *const begins[] = { "/9j/", "iVBORw0KGgoA", "AAAA", "Zm9v" };
    struct buf b = buf_new(lot->arena, KB(64));

    buf_text(&b, PICK(lot, begins));
    for (unsigned n = draw(lot, 60); n > 0; n--)
        buf_printf(&b, "%c%c+/", 'A' + (int)draw(lot, 26), 'a' + (int)draw(lot, 26));
    if (draw(lot, 2) == 0)
        buf_text(&b, "AA==");
    return buf_string(&b);
}

static const char *
value_of_kind(struct lot *lot, char kind)
{
    switch (kind) {
    case 'd':
        return arena_printf(lot->arena, "%04u-%02u-%02u", 1900 + draw(lot, 130), 1 + draw(lot, 12),
            1 + draw(lot, 31));
    case 'z':
        return arena_printf(
            lot->arena, "%c%02u:%02u", draw(lot, 2) ? '+' : '-', draw(lot, 13), 15 * draw(lot, 4));
    case 'g':
        return arena_printf(lot->arena, "%u.%u;-%u.%u", draw(lot, 90), draw(lot, 9999),
            draw(lot, 180), draw(lot, 9999));
    case 'b':
        return base64_value(lot);
    case 'u':
        return arena_printf(lot->arena, "https://example.org/%d", lot->urls++);
    default:
        return text_value(lot);
    }
}

/* The names that there are, with what must stand behind them. */
static const struct {
    const char *name, *params;
    bool types;
    char kind;
} kinds[] = {
    { "TEL", "", true, 't' },
    { "EMAIL", "", true, 't' },
    { "NOTE", "", false, 't' },
    { "ORG", "", false, 't' },
    { "NICKNAME", ";LANGUAGE=de", false, 't' },
    { "CATEGORIES", "", false, 't' },
    { "URL", "", true, 'u' },
    { "BDAY", "", false, 'd' },
    { "ANNIVERSARY", "", false, 'd' },
    { "REV", "", false, 'd' },
    { "TZ", "", false, 'z' },
    { "TZ", ";VALUE=text", false, 't' },
    { "GEO", "", false, 'g' },
    { "PHOTO", ";ENCODING=b;TYPE=JPEG", false, 'b' },
    { "PHOTO", ";ENCODING=b;TYPE=PNG,home", false, 'b' },
    { "PHOTO", ";VALUE=uri", false, 'u' },
    { "LOGO", ";VALUE=uri;TYPE=SVG", false, 'u' },
    { "KEY", ";ENCODING=b;TYPE=PGP", false, 'b' },
    { "SOUND", ";VALUE=uri;TYPE=audio/own", false, 'u' },
    { "AGENT", ";VALUE=uri", false, 'u' },
    { "AGENT", "", false, 't' },
    { "ADR", "", true, 't' },
    { "LABEL", "", true, 'u' },
    { "CLASS", "", false, 't' },
    { "MAILER", "", false, 't' },
    { "X-ADDRESSBOOKSERVER-KIND", "", false, 't' },
    { "X-ADDRESSBOOKSERVER-MEMBER", "", false, 'u' },
    { "X-ABLabel", "", false, 't' },
    { "X-SOCIALPROFILE", "", true, 'u' },
};

static const char *
drawn_card(struct lot *lot)
{
    static const char *const groups[] = { "", "", "", "item1.", "item2.", "A." };
    struct buf b = buf_new(lot->arena, CARD_SIZE);

    buf_printf(&b, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u%d\r\nFN:%s\r\nN:Müller;A;;;\r\n",
        lot->urls++, text_value(lot));
    if (draw(lot, 3) == 0)
        buf_text(&b, "SORT-STRING:Müller A\r\n");
    for (unsigned n = draw(lot, 20); n > 0; n--) {
        unsigned k = draw(lot, COUNT_OF(kinds));
        buf_printf(&b, "%s%s%s%s:%s\r\n", PICK(lot, groups), kinds[k].name, kinds[k].params,
            kinds[k].types ? types(lot) : "", value_of_kind(lot, kinds[k].kind));
    }
    buf_text(&b, "END:VCARD\r\n");
    return buf_string(&b);
}

/* ---------------------------------------------------------------- comparing */

static bool
has_param_value(const struct ical_line *line, const char *name, const char *value)
{
    for (int i = 0; i < line->n_params; i++)
        for (int k = 0; strcmp(line->param[i].name, name) == 0 && k < line->param[i].n; k++)
            if (text_same_nocase(line->param[i].value[k], value))
                return true;
    return false;
}

static bool
has_params_of(const struct ical_line *a, const struct ical_line *b)
{
    for (int i = 0; i < b->n_params; i++)
        for (int k = 0; k < b->param[i].n; k++)
            if (!has_param_value(a, b->param[i].name, b->param[i].value[k]))
                return false;
    return true;
}

static bool
same_line(const struct ical_line *a, const struct ical_line *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0 &&
           strcmp(a->group == NULL ? "" : a->group, b->group == NULL ? "" : b->group) == 0 &&
           has_params_of(a, b) && has_params_of(b, a);
}

/* As many lines, and each of the one among those of the other as often. */
static bool
same_cards(const struct ical_component *a, const struct ical_component *b)
{
    for (int i = 0; i < a->n_lines; i++) {
        int left = 0;
        for (int k = 0; k < a->n_lines; k++)
            left += same_line(&a->line[i], &a->line[k]);
        for (int k = 0; k < b->n_lines; k++)
            left -= same_line(&a->line[i], &b->line[k]);
        if (left != 0)
            return false;
    }
    return a->n_lines == b->n_lines;
}

static const char *
as_version(struct arena *arena, const char *text, int version, struct card *card)
{
    struct buf out = buf_new(arena, 2 * CARD_SIZE);

    if (card_read(arena, lang_find("en"), text, strlen(text), card) != NULL)
        return NULL;
    card_write(&out, card, version, NULL, 0);
    return buf_string(&out);
}

TEST(cards_come_back_from_4_with_all_they_had)
{
    enum { CARDS = 3000 };

    for (int i = 1; i <= CARDS; i++) {
        struct arena *arena = arena_new();
        struct lot lot = { .state = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)i, .arena = arena };
        const char *sent = drawn_card(&lot), *in4, *in3 = NULL;
        struct card first, second, third;
        in4 = as_version(arena, sent, 4, &first);
        if (in4 != NULL)
            in3 = as_version(arena, in4, 3, &second);
        bool read = in3 != NULL && as_version(arena, in3, 3, &third) != NULL;
        if (!read || second.version != 4 || !same_cards(first.vcard, third.vcard)) {
            CHECK_TEXT(in3, sent);
            CHECK_TEXT(in4, "");
            i = CARDS;
        }
        arena_free(arena);
    }
}
