#include "ical/card_fields.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "ical/card_line.h"
#include "ical/card_value.h"
#include "ical/write.h"

/* A line of a card that fields stand in: one field, or a field for some parts of its value. */
enum { PARTS = 7 };
static const struct slot {
    const char *property;
    const char *type;     /* what it is found by and gets when it is made; NULL: the first line */
    const char *other[3]; /* types that it must not have */
    int nth;              /* which of those that fit, from 0 */
    bool rest;            /* when none fits: the first that is in no slot before it */
    int parts;            /* 0: the value is one text */
    int field[PARTS];     /* of each part, from 1; 0: none */
} slots[] = {
    { "N", .parts = 5,
        .field = { CARD_FAMILY + 1, CARD_GIVEN + 1, CARD_MIDDLE + 1, CARD_PREFIX + 1,
            CARD_SUFFIX + 1 } },
    { "FN", .field = { CARD_DISPLAY + 1 } },
    { "NICKNAME", .field = { CARD_NICKNAME + 1 } },
    { "ORG", .parts = 2, .field = { CARD_ORG + 1, CARD_UNIT + 1 } },
    { "TITLE", .field = { CARD_TITLE + 1 } },
    { "EMAIL", .field = { CARD_EMAIL + 1 } },
    { "EMAIL", .nth = 1, .field = { CARD_EMAIL_2 + 1 } },
    { "EMAIL", .nth = 2, .field = { CARD_EMAIL_3 + 1 } },
    { "TEL", .type = "cell", .other = { "fax" }, .field = { CARD_MOBILE + 1 } },
    { "TEL", .type = "work", .other = { "fax", "cell", "pager" },
        .field = { CARD_WORK_PHONE + 1 } },
    { "TEL", .type = "home", .other = { "fax", "cell", "pager" },
        .field = { CARD_HOME_PHONE + 1 } },
    { "TEL", .type = "fax", .field = { CARD_FAX + 1 } },
    { "TEL", .type = "voice", .other = { "fax", "cell", "work" }, .nth = 99, .rest = true,
        .field = { CARD_OTHER_PHONE + 1 } },
    { "ADR", .type = "work", .parts = 7,
        .field = { 0, 0, CARD_WORK_STREET + 1, CARD_WORK_CITY + 1, CARD_WORK_REGION + 1,
            CARD_WORK_CODE + 1, CARD_WORK_COUNTRY + 1 } },
    { "ADR", .type = "home", .rest = true, .parts = 7,
        .field = { 0, 0, CARD_HOME_STREET + 1, CARD_HOME_CITY + 1, CARD_HOME_REGION + 1,
            CARD_HOME_CODE + 1, CARD_HOME_COUNTRY + 1 } },
    { "URL", .field = { CARD_URL + 1 } },
    { "BDAY", .field = { CARD_BIRTHDAY + 1 } },
    { "CATEGORIES", .field = { CARD_CATEGORIES + 1 } },
    { "NOTE", .field = { CARD_NOTE + 1 } },
};

/* Which line is in which slot; NULL: none. */
struct seats {
    const struct ical_line *line[COUNT_OF(slots)];
};

/* ---------------------------------------------------------------- who stands where */

static bool
fits(const struct slot *slot, const struct ical_line *line)
{
    if (slot->type != NULL && !card_has_type(line, slot->type))
        return false;
    for (size_t i = 0; i < COUNT_OF(slot->other) && slot->other[i] != NULL; i++)
        if (card_has_type(line, slot->other[i]))
            return false;
    return true;
}

static bool
is_seated(const struct seats *seats, size_t before, const struct ical_line *line)
{
    for (size_t i = 0; i < before; i++)
        if (seats->line[i] == line)
            return true;
    return false;
}

static struct seats
seats_of(const struct ical_component *vcard)
{
    struct seats seats = { 0 };

    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        const struct slot *slot = &slots[i];
        const struct ical_line *rest = NULL;
        int nth = 0;
        for (const struct ical_line *l = NULL;
             (l = ical_find_next(vcard, slot->property, l)) != NULL;) {
            if (fits(slot, l) && nth++ == slot->nth) {
                seats.line[i] = l;
                break;
            }
            if (rest == NULL && !is_seated(&seats, i, l))
                rest = l;
        }
        if (seats.line[i] == NULL && slot->rest)
            seats.line[i] = rest;
    }
    return seats;
}

/* ---------------------------------------------------------------- reading */

/* The value between semicolons as it stands there; those that are missing are "". */
static void
raw_parts(struct arena *arena, const char *value, int n, const char *part[PARTS])
{
    for (int i = 0; i < n; i++) {
        const char *p = value;
        while (*p != '\0' && (*p != ';' || i == n - 1))
            p += *p == '\\' && p[1] != '\0' ? 2 : 1;
        part[i] = arena_copy(arena, value, (size_t)(p - value));
        value = *p == ';' ? p + 1 : p;
    }
}

static const char *
birthday(struct arena *arena, const struct ical_line *line)
{
    struct card_date d;

    if (!card_date_read(line->value, &d) || d.timed)
        return ical_text(arena, line->value);
    if (ical_param(line, "X-APPLE-OMIT-YEAR") != NULL)
        d.year = -1;
    return card_date_extended(arena, &d);
}

static const char *
text_of(struct arena *arena, const struct ical_line *line)
{
    const char *value = ical_param(line, "VALUE");

    if (strcmp(line->name, "BDAY") == 0)
        return birthday(arena, line);
    if (value != NULL && text_same_nocase(value, "uri") && text_starts(line->value, "tel:"))
        return line->value + 4;
    return ical_text(arena, line->value);
}

void
card_fields_read(struct arena *arena, const struct card *card, struct card_fields *fields)
{
    struct seats seats = seats_of(card->vcard);

    for (int i = 0; i < CARD_FIELDS; i++)
        fields->value[i] = "";
    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        const struct slot *slot = &slots[i];
        const struct ical_line *line = seats.line[i];
        const char *part[PARTS];
        if (line == NULL)
            continue;
        if (slot->parts == 0)
            fields->value[slot->field[0] - 1] = text_of(arena, line);
        else
            raw_parts(arena, line->value, slot->parts, part);
        for (int k = 0; k < slot->parts; k++)
            if (slot->field[k] > 0)
                fields->value[slot->field[k] - 1] = ical_text(arena, part[k]);
    }
}

int
card_fields_others(const struct card *card)
{
    static const char *const silent[] = { "VERSION", "UID", "PRODID", "REV", "KIND", "MEMBER" };
    struct seats seats = seats_of(card->vcard);
    int n = 0;

    for (int i = 0; i < card->vcard->n_lines; i++) {
        const struct ical_line *line = &card->vcard->line[i];
        bool known = is_seated(&seats, COUNT_OF(slots), line) || text_starts(line->name, "X-AB") ||
                     text_starts(line->name, "X-ADDRESSBOOKSERVER-");
        for (size_t k = 0; k < COUNT_OF(silent); k++)
            known = known || strcmp(line->name, silent[k]) == 0;
        n += !known;
    }
    return n;
}

/* ---------------------------------------------------------------- names */

static const char *
field(const struct card_fields *fields, int i)
{
    return fields->value[i] == NULL ? "" : fields->value[i];
}

const char *
card_fields_name(struct arena *arena, const struct card_fields *fields)
{
    static const enum card_field words[] = { CARD_PREFIX, CARD_GIVEN, CARD_MIDDLE, CARD_FAMILY,
        CARD_SUFFIX };
    static const enum card_field others[] = { CARD_ORG, CARD_NICKNAME, CARD_EMAIL, CARD_MOBILE,
        CARD_WORK_PHONE, CARD_HOME_PHONE };
    const char *name = text_trim(arena, field(fields, CARD_DISPLAY));

    for (size_t i = 0; *field(fields, CARD_DISPLAY) == '\0' && i < COUNT_OF(words); i++)
        if (*field(fields, words[i]) != '\0')
            name = arena_printf(
                arena, "%s%s%s", name, *name == '\0' ? "" : " ", field(fields, words[i]));
    for (size_t i = 0; *name == '\0' && i < COUNT_OF(others); i++)
        name = text_trim(arena, field(fields, others[i]));
    return name;
}

/* ---------------------------------------------------------------- changing */

/* A card that is written with other fields. */
struct change {
    struct buf *to;
    struct arena *arena;
    int version;
    struct card_fields is, want;
};

static bool
differs(const struct change *c, const struct slot *slot)
{
    for (int k = 0; k < PARTS; k++)
        if (slot->field[k] > 0 &&
            strcmp(c->is.value[slot->field[k] - 1], c->want.value[slot->field[k] - 1]) != 0)
            return true;
    return false;
}

static bool
is_empty(const struct change *c, const struct slot *slot)
{
    for (int k = 0; k < PARTS; k++)
        if (slot->field[k] > 0 && *c->want.value[slot->field[k] - 1] != '\0')
            return false;
    return true;
}

/* The value that the slot's fields make; parts that stay are those of `old`. */
static const char *
structured(const struct change *c, const struct slot *slot, const char *old)
{
    const char *part[PARTS];
    struct buf value = buf_new(c->arena, 4 * CARD_SIZE);

    raw_parts(c->arena, old, slot->parts, part);
    for (int k = 0; k < slot->parts; k++) {
        int f = slot->field[k] - 1;
        if (k > 0)
            buf_char(&value, ';');
        buf_text(&value, f >= 0 && strcmp(c->is.value[f], c->want.value[f]) != 0
                             ? ical_escape(c->arena, c->want.value[f])
                             : part[k]);
    }
    return buf_string(&value);
}

static void
set_birthday(const struct change *c, struct card_line *l, const char *text)
{
    struct card_date d;

    card_line_set(l, "VALUE", NULL);
    card_line_set(l, "X-APPLE-OMIT-YEAR", NULL);
    if (!card_date_read(text, &d)) {
        card_line_set(l, "VALUE", "text");
        l->line.value = ical_escape(c->arena, text);
        return;
    }
    if (c->version == 3 && d.year < 0) {
        d.year = 1604; /* a leap year: as Apple's programs leave it out */
        card_line_set(l, "X-APPLE-OMIT-YEAR", "1604");
    }
    l->line.value =
        c->version == 4 ? card_date_basic(c->arena, &d) : card_date_extended(c->arena, &d);
}

/* On one line, for values that know no escapes: a URI, the words of a list. */
static const char *
one_line(struct arena *arena, const char *text)
{
    char *line = arena_copy(arena, text, strlen(text));

    for (char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    return line;
}

/* "press, radio" as the list that it is: its commas stay what they are. */
static const char *
words(struct arena *arena, const char *text)
{
    const char *const *part;
    int n = text_split(arena, text, ",", &part), put = 0;
    struct buf list = buf_new(arena, 4 * CARD_SIZE);

    for (int i = 0; i < n; i++) {
        const char *word = text_trim(arena, one_line(arena, part[i]));
        if (*word == '\0')
            continue;
        if (put++ > 0)
            buf_char(&list, ',');
        buf_text(&list, ical_escape(arena, word));
    }
    return buf_string(&list);
}

static void
put_slot(const struct change *c, const struct slot *slot, struct card_line *l)
{
    const char *text = slot->field[0] > 0 ? c->want.value[slot->field[0] - 1] : "";

    if (strcmp(slot->property, "BDAY") == 0) {
        set_birthday(c, l, text);
    } else if (slot->parts > 0) {
        l->line.value = structured(c, slot, l->line.value);
    } else if (strcmp(slot->property, "URL") == 0) {
        l->line.value = one_line(c->arena, text);
    } else if (strcmp(slot->property, "CATEGORIES") == 0) {
        l->line.value = words(c->arena, text);
    } else {
        card_line_unset(l, "VALUE", "uri"); /* a TEL that was one */
        l->line.value = ical_escape(c->arena, text);
    }
    ical_write_line(c->to, &l->line);
}

/* ---------------------------------------------------------------- a whole card */

/* RFC 2426 and RFC 6350 demand them. */
static bool
stays(const struct slot *slot)
{
    return strcmp(slot->property, "N") == 0 || strcmp(slot->property, "FN") == 0;
}

static const struct slot *
slot_of(const struct seats *seats, const struct ical_line *line)
{
    for (size_t i = 0; i < COUNT_OF(slots); i++)
        if (seats->line[i] == line)
            return &slots[i];
    return NULL;
}

static bool
goes(const struct change *c, const struct slot *slot)
{
    return slot != NULL && !stays(slot) && differs(c, slot) && is_empty(c, slot);
}

/* Is it the label of a line that goes, by Apple's programs: "item1.X-ABLabel:…"? */
static bool
is_left_alone(const struct change *c, const struct seats *seats, const struct ical_line *line)
{
    if (line->group == NULL || !text_starts(line->name, "X-AB"))
        return false;
    for (size_t i = 0; i < COUNT_OF(slots); i++)
        if (seats->line[i] != NULL && seats->line[i]->group != NULL &&
            strcmp(seats->line[i]->group, line->group) == 0 && goes(c, &slots[i]))
            return true;
    return false;
}

static void
put_changed_at(const struct change *c, int64_t now)
{
    struct card_date d;
    const char *text = time_rfc3339(c->arena, now);

    if (c->version == 4 && card_date_read(text, &d))
        text = card_date_basic(c->arena, &d);
    ical_write(c->to, "REV", text);
}

static void
put_new(const struct change *c, const struct slot *slot)
{
    struct card_line l = { .arena = c->arena,
        .line = { .name = slot->property, .value = "" },
        .param = NEW_ARRAY(c->arena, struct ical_param, CARD_LINE_ROOM) };

    l.line.param = l.param;
    if (slot->type != NULL)
        card_line_add_type(&l, slot->type);
    put_slot(c, slot, &l);
}

/* What is wanted, without gaps; a display name that was only made of the others is made anew. */
static void
complete(struct change *c, const struct card_fields *fields)
{
    struct card_fields made = c->is;

    for (int i = 0; i < CARD_FIELDS; i++)
        c->want.value[i] = field(fields, i);
    made.value[CARD_DISPLAY] = "";
    if (*c->is.value[CARD_DISPLAY] != '\0' &&
        strcmp(c->want.value[CARD_DISPLAY], c->is.value[CARD_DISPLAY]) == 0 &&
        strcmp(card_fields_name(c->arena, &made), c->is.value[CARD_DISPLAY]) == 0)
        c->want.value[CARD_DISPLAY] = "";
    c->want.value[CARD_DISPLAY] = card_fields_name(c->arena, &c->want);
}

void
card_fields_change(
    struct buf *to, const struct card *card, const struct card_fields *fields, int64_t now)
{
    struct change c = { .to = to, .arena = to->arena, .version = card->version };
    struct seats seats = seats_of(card->vcard);

    card_fields_read(c.arena, card, &c.is);
    complete(&c, fields);
    ical_begin(to, "VCARD");
    for (int i = 0; i < card->vcard->n_lines; i++) {
        const struct ical_line *line = &card->vcard->line[i];
        const struct slot *slot = slot_of(&seats, line);
        if (strcmp(line->name, "REV") == 0 || goes(&c, slot) || is_left_alone(&c, &seats, line))
            continue;
        if (slot != NULL && differs(&c, slot)) {
            struct card_line l = card_line_copy(c.arena, line, card->bytes);
            put_slot(&c, slot, &l);
        } else {
            buf_add(to, card->bytes + line->from, line->to - line->from);
        }
    }
    for (size_t i = 0; i < COUNT_OF(slots); i++)
        if (seats.line[i] == NULL && !is_empty(&c, &slots[i]))
            put_new(&c, &slots[i]);
    put_changed_at(&c, now);
    ical_end(to, "VCARD");
}

void
card_fields_new(struct buf *to, const char *uid, const struct card_fields *fields, int64_t now)
{
    const char *text = arena_printf(to->arena,
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%s\r\nFN:\r\nN:;;;;\r\nEND:VCARD\r\n",
        ical_escape(to->arena, uid));
    struct error *e;
    struct card card;

    e = card_read(to->arena, lang_find("en"), text, strlen(text), &card);
    assert(e == NULL);
    card_fields_change(to, &card, fields, now);
}
