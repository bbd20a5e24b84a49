#include "ical/patch.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

struct change {
    size_t from, to;  /* taken out */
    const char *text; /* put in; NULL: nothing */
    int order;
};

struct ical_patch {
    struct arena *arena;
    const char *bytes;
    size_t n, added;
    struct change *change;
    int n_changes, room;
};

struct ical_patch *
ical_patch_new(struct arena *arena, const char *bytes, size_t n)
{
    struct ical_patch *p = NEW(arena, struct ical_patch);

    *p = (struct ical_patch){ .arena = arena, .bytes = bytes, .n = n };
    return p;
}

static void
add(struct ical_patch *p, size_t from, size_t to, const char *text)
{
    if (p->n_changes == p->room) {
        p->room = p->room == 0 ? 32 : 2 * p->room;
        struct change *more = NEW_ARRAY(p->arena, struct change, (size_t)p->room);
        if (p->n_changes > 0)
            memcpy(more, p->change, (size_t)p->n_changes * sizeof *more);
        p->change = more;
    }
    p->change[p->n_changes] = (struct change){ from, to, text, p->n_changes };
    p->n_changes++;
    p->added += text == NULL ? 0 : strlen(text);
}

void
ical_patch_cut(struct ical_patch *p, size_t from, size_t to)
{
    add(p, from, to, NULL);
}

void
ical_patch_put(struct ical_patch *p, size_t at, const char *text)
{
    add(p, at, at, text);
}

void
ical_patch_set(
    struct ical_patch *p, const struct ical_component *c, const char *name, const char *text)
{
    size_t behind = c->n_lines > 0 ? c->line[c->n_lines - 1].to : c->from;

    for (const struct ical_line *l = NULL; (l = ical_find_next(c, name, l)) != NULL;) {
        add(p, l->from, l->to, text);
        text = NULL;
    }
    if (text != NULL)
        ical_patch_put(p, behind, text);
}

static int
by_place(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    if (x->from != y->from)
        return (x->from > y->from) - (x->from < y->from);
    /* What is put in stands before what is taken out there. */
    if ((x->to > x->from) != (y->to > y->from))
        return (x->to > x->from) - (y->to > y->from);
    return x->order - y->order;
}

const char *
ical_patch_apply(struct ical_patch *p, size_t *n)
{
    struct buf b = buf_new(p->arena, p->n + p->added + 1);
    size_t at = 0;

    if (p->n_changes > 1)
        qsort(p->change, (size_t)p->n_changes, sizeof *p->change, by_place);
    for (int i = 0; i < p->n_changes; i++) {
        const struct change *c = &p->change[i];
        buf_add(&b, p->bytes + at, c->from - at);
        if (c->text != NULL)
            buf_text(&b, c->text);
        at = c->to;
    }
    buf_add(&b, p->bytes + at, p->n - at);
    *n = b.n;
    return buf_string(&b);
}
