#include "ical/card_convert.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "ical/card_line.h"
#include "ical/card_rule.h"
#include "ical/write.h"

/* A card on its way out. */
struct writing {
    struct buf *to;
    struct arena *arena;
    const struct card *card;
    int version;
    const struct ical_wanted *wanted;
    int n_wanted;
    bool labels;                  /* of addresses are looked for */
    const struct ical_line *sort; /* the SORT-STRING that N is going to carry */
};

/* So many addresses and types of one are compared with each other; more stay as they are. */
enum { ADDRESSES = 16, TYPES = 8 };

/* ---------------------------------------------------------------- what was asked for */

static bool
chosen(const struct writing *w, const char *name, bool *novalue)
{
    *novalue = false;
    for (int i = 0; i < w->n_wanted; i++)
        if (text_same_nocase(w->wanted[i].name, name)) {
            *novalue = w->wanted[i].no_value;
            return true;
        }
    return w->n_wanted == 0;
}

static void
put(const struct writing *w, const struct ical_line *line)
{
    struct ical_line empty = *line;
    bool novalue;

    if (!chosen(w, line->name, &novalue))
        return;
    empty.value = "";
    ical_write_line(w->to, novalue ? &empty : line);
}

/* In its own version: the bytes that were sent. */
static void
put_as_sent(const struct writing *w, const struct ical_line *line)
{
    bool novalue;

    if (!chosen(w, line->name, &novalue))
        return;
    if (novalue) {
        struct card_line l = card_line_copy(w->arena, line, w->card->bytes);
        put(w, &l.line);
    } else {
        buf_add(w->to, w->card->bytes + line->from, line->to - line->from);
    }
}

/* ---------------------------------------------------------------- labels of addresses */

static int
count_types(const struct ical_line *line)
{
    int n = 0;

    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, "TYPE") == 0)
            n += line->param[i].n;
    return n;
}

static bool
same_types(const struct ical_line *a, const struct ical_line *b)
{
    int types = count_types(a);

    if (types != count_types(b) || types > TYPES)
        return false;
    for (int i = 0; i < a->n_params; i++)
        if (strcmp(a->param[i].name, "TYPE") == 0)
            for (int k = 0; k < a->param[i].n; k++)
                if (!card_has_type(b, a->param[i].value[k]))
                    return false;
    return true;
}

static bool
same_group(const struct ical_line *a, const struct ical_line *b)
{
    return a->group == NULL || b->group == NULL ? a->group == b->group
                                                : strcmp(a->group, b->group) == 0;
}

static bool
only_types(const struct ical_line *line)
{
    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, "TYPE") != 0)
            return false;
    return true;
}

/* The one line of that name with the same types and group; NULL: none, or several. */
static const struct ical_line *
partner(const struct ical_component *vcard, const char *name, const struct ical_line *of)
{
    const struct ical_line *found = NULL;

    for (const struct ical_line *l = NULL; (l = ical_find_next(vcard, name, l)) != NULL;)
        if (same_types(l, of) && same_group(l, of)) {
            if (found != NULL)
                return NULL;
            found = l;
        }
    return found;
}

/*
 * The LABEL of an ADR, and the ADR of a LABEL, in a vCard 3.0; the two become one line of a 4.0.
 * Each must be the only one of its kind, and the LABEL must say nothing that a parameter cannot.
 */
static const struct ical_line *
label_of(const struct ical_component *vcard, const struct ical_line *adr)
{
    const struct ical_line *label = partner(vcard, "LABEL", adr);

    return label != NULL && only_types(label) && ical_param(adr, "LABEL") == NULL &&
                   partner(vcard, "ADR", adr) == adr
               ? label
               : NULL;
}

static int
count_lines(const struct ical_component *vcard, const char *name)
{
    int n = 0;

    for (const struct ical_line *l = NULL; (l = ical_find_next(vcard, name, l)) != NULL;)
        n++;
    return n;
}

static bool
has_address(const struct ical_component *vcard, const struct ical_line *label)
{
    const struct ical_line *adr = partner(vcard, "ADR", label);

    return adr != NULL && label_of(vcard, adr) == label;
}

/* ---------------------------------------------------------------- what is sorted by */

/* The SORT-STRING of a vCard 3.0 that N can carry in a 4.0, which has one N. */
static const struct ical_line *
sort_string(const struct ical_component *vcard)
{
    const struct ical_line *n = ical_find(vcard, "N"), *sort = ical_find(vcard, "SORT-STRING");

    return sort != NULL && n != NULL && sort->n_params == 0 && sort->group == NULL &&
                   ical_find_next(vcard, "SORT-STRING", sort) == NULL &&
                   ical_find_next(vcard, "N", n) == NULL && ical_param(n, "SORT-AS") == NULL
               ? sort
               : NULL;
}

/* All values of a parameter, with commas between them; NULL: it is not there. */
static const char *
joined(struct arena *arena, const struct ical_line *line, const char *name)
{
    const char *all = NULL;

    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, name) == 0)
            for (int k = 0; k < line->param[i].n; k++)
                all = all == NULL ? line->param[i].value[k]
                                  : arena_printf(arena, "%s,%s", all, line->param[i].value[k]);
    return all;
}

/* ---------------------------------------------------------------- both ways */

static void
put_as_4(const struct writing *w, const struct ical_line *line)
{
    const struct ical_component *vcard = w->card->vcard;
    const struct ical_line *label;
    struct card_line l = card_line_copy(w->arena, line, w->card->bytes);

    if (line == w->sort ||
        (w->labels && strcmp(line->name, "LABEL") == 0 && has_address(vcard, line)))
        return;
    if (w->sort != NULL && strcmp(line->name, "N") == 0)
        card_line_set(&l, "SORT-AS", ical_text(w->arena, w->sort->value));
    if (w->labels && strcmp(line->name, "ADR") == 0 && (label = label_of(vcard, line)) != NULL)
        card_line_set(&l, "LABEL", ical_text(w->arena, label->value));
    card_rule_apply(&l, 4);
    put(w, &l.line);
}

/* What ADR says in a parameter, as a line of its own with the types of the address. */
static void
put_label(const struct writing *w, const struct card_line *adr, const char *text)
{
    struct card_line label = *adr;

    label.line.name = "LABEL";
    label.line.value = ical_escape(w->arena, text);
    label.line.n_params = 0;
    label.line.param = label.param =
        NEW_ARRAY(w->arena, struct ical_param, (size_t)adr->line.n_params + 1);
    for (int i = 0; i < adr->line.n_params; i++)
        if (strcmp(adr->param[i].name, "TYPE") == 0)
            label.param[label.line.n_params++] = adr->param[i];
    put(w, &label.line);
}

static void
put_as_3(const struct writing *w, const struct ical_line *line)
{
    struct card_line l = card_line_copy(w->arena, line, w->card->bytes);
    const char *label = strcmp(line->name, "ADR") == 0 ? joined(w->arena, line, "LABEL") : NULL;
    const char *sort =
        strcmp(line->name, "N") == 0 && ical_find(w->card->vcard, "SORT-STRING") == NULL
            ? joined(w->arena, line, "SORT-AS")
            : NULL;

    if (label != NULL)
        card_line_set(&l, "LABEL", NULL);
    if (sort != NULL)
        card_line_set(&l, "SORT-AS", NULL);
    card_rule_apply(&l, 3);
    put(w, &l.line);
    if (label != NULL)
        put_label(w, &l, label);
    if (sort != NULL)
        put(w, &(struct ical_line){ .name = "SORT-STRING", .value = ical_escape(w->arena, sort) });
}

/* RFC 2426, 3.1.2: a vCard 3.0 has an N. */
static void
put_missing_name(const struct writing *w)
{
    if (ical_find(w->card->vcard, "N") == NULL)
        put(w,
            &(struct ical_line){ .name = "N",
                .value = arena_printf(w->arena, "%s;;;;", ical_escape(w->arena, w->card->name)) });
}

void
card_write(struct buf *to, const struct card *card, int version, const struct ical_wanted *wanted,
    int n_wanted)
{
    struct writing w = { .to = to,
        .arena = to->arena,
        .card = card,
        .version = version,
        .wanted = wanted,
        .n_wanted = n_wanted,
        .labels = count_lines(card->vcard, "ADR") <= ADDRESSES &&
                  count_lines(card->vcard, "LABEL") <= ADDRESSES,
        .sort = sort_string(card->vcard) };

    if (version == card->version && n_wanted == 0) {
        buf_add(to, card->bytes, card->n);
        return;
    }
    ical_begin(to, "VCARD");
    ical_write(to, "VERSION", version == 4 ? "4.0" : "3.0");
    for (int i = 0; i < card->vcard->n_lines; i++) {
        const struct ical_line *line = &card->vcard->line[i];
        if (strcmp(line->name, "VERSION") == 0)
            continue;
        if (version == card->version)
            put_as_sent(&w, line);
        else if (version == 4)
            put_as_4(&w, line);
        else
            put_as_3(&w, line);
    }
    if (version == 3 && card->version == 4)
        put_missing_name(&w);
    ical_end(to, "VCARD");
}
