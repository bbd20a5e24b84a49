#include "ical/busy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "ical/instances.h"
#include "ical/write.h"

/* RFC 5545, 3.2.9. What is free is not told. */
enum kind { BUSY, TENTATIVE, UNAVAILABLE, KINDS };
static const char *const kind_name[KINDS] = { "BUSY", "BUSY-TENTATIVE", "BUSY-UNAVAILABLE" };

struct period {
    struct ical_range span;
    enum kind kind;
};

struct ical_busy {
    struct arena *arena;
    struct ical_range range;
    const struct ical_zone *here;
    struct period *p; /* room for 2 * ICAL_BUSY_MAX */
    int n;
};

struct ical_busy *
ical_busy_new(struct arena *arena, struct ical_range range, const struct ical_zone *here)
{
    struct ical_busy *b = NEW(arena, struct ical_busy);

    *b = (struct ical_busy){ .arena = arena,
        .range = range,
        .here = here,
        .p = NEW_ARRAY(arena, struct period, 2 * ICAL_BUSY_MAX) };
    return b;
}

/* ---------------------------------------------------------------- periods */

static int
by_kind(const void *a, const void *b)
{
    const struct period *x = a, *y = b;

    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
                              : (x->span.from > y->span.from) - (x->span.from < y->span.from);
}

static int
by_start(const void *a, const void *b)
{
    const struct period *x = a, *y = b;

    return x->span.from != y->span.from
               ? (x->span.from > y->span.from) - (x->span.from < y->span.from)
               : (x->span.to > y->span.to) - (x->span.to < y->span.to);
}

/* Makes one of those that overlap or touch. */
static void
join(struct ical_busy *b)
{
    int n = 0;

    qsort(b->p, (size_t)b->n, sizeof *b->p, by_kind);
    for (int i = 0; i < b->n; i++) {
        struct period *last = n > 0 ? &b->p[n - 1] : NULL;
        if (last == NULL || last->kind != b->p[i].kind || last->span.to < b->p[i].span.from)
            b->p[n++] = b->p[i];
        else if (last->span.to < b->p[i].span.to)
            last->span.to = b->p[i].span.to;
    }
    b->n = n;
}

static bool
push(struct ical_busy *b, enum kind kind, struct ical_range span)
{
    if (span.from < b->range.from)
        span.from = b->range.from;
    if (span.to > b->range.to)
        span.to = b->range.to;
    if (span.from >= span.to)
        return true;
    b->p[b->n++] = (struct period){ span, kind };
    if (b->n < 2 * ICAL_BUSY_MAX)
        return true;
    join(b);
    return b->n <= ICAL_BUSY_MAX;
}

/* ---------------------------------------------------------------- events */

enum ical_taken
ical_taken_by(const struct ical_component *c)
{
    const char *transparent = ical_value(c, "TRANSP"), *status = ical_value(c, "STATUS");

    if (transparent != NULL && text_same_nocase(transparent, "TRANSPARENT"))
        return TAKEN_NOTHING;
    if (status != NULL && text_same_nocase(status, "CANCELLED"))
        return TAKEN_NOTHING;
    return status != NULL && text_same_nocase(status, "TENTATIVE") ? TAKEN_TENTATIVE : TAKEN_BUSY;
}

bool
ical_busy_take(struct ical_busy *b, enum ical_taken taken, struct ical_range span)
{
    return taken == TAKEN_NOTHING || push(b, taken == TAKEN_BUSY ? BUSY : TENTATIVE, span);
}

static bool
add_events(
    struct ical_busy *b, const struct ical_component *object, const struct ical_component *first)
{
    struct ical_instances all;
    struct ical_set *set;

    if (ical_set_of(b->arena, object, first, &set) != NULL ||
        ical_set_instances(set, b->range.from, b->range.to, ICAL_BUSY_MAX + 1, &all) != NULL)
        return true;
    if (all.n > ICAL_BUSY_MAX || all.until < b->range.to)
        return false;
    for (int i = 0; i < all.n; i++)
        if (!ical_busy_take(
                b, ical_taken_by(all.p[i].component), ical_instance_span(&all.p[i], b->here)))
            return false;
    return true;
}

/* ---------------------------------------------------------------- free and busy times */

static bool
add_periods(struct ical_busy *b, const struct ical_line *line)
{
    const char *type = ical_param(line, "FBTYPE");
    enum kind kind = BUSY;
    struct ical_range span;

    if (type != NULL && text_same_nocase(type, "FREE"))
        return true;
    for (int k = 0; type != NULL && k < KINDS; k++)
        if (text_same_nocase(type, kind_name[k]))
            kind = (enum kind)k;
    for (const char *p = line->value;; p++) {
        int n = (int)strcspn(p, ",");
        if (ical_read_period(p, n, &ical_utc, &span) && !push(b, kind, span))
            return false;
        p += n;
        if (*p == '\0')
            return true;
    }
}

static bool
add_component(
    struct ical_busy *b, const struct ical_component *object, const struct ical_component *c)
{
    bool fits = true;

    if (strcmp(c->name, "VEVENT") == 0) {
        const struct ical_component *first = object->child;
        while (!ical_set_joins(first, c))
            first = first->next;
        return first != c || add_events(b, object, c);
    }
    if (strcmp(c->name, "VFREEBUSY") == 0)
        for (const struct ical_line *l = NULL;
             fits && (l = ical_find_next(c, "FREEBUSY", l)) != NULL;)
            fits = add_periods(b, l);
    return fits;
}

bool
ical_busy_add(struct ical_busy *b, const struct ical_component *object)
{
    size_t mark = arena_mark(b->arena);
    bool fits = true;

    for (const struct ical_component *c = object->child; c != NULL && fits; c = c->next)
        fits = add_component(b, object, c);
    arena_rewind(b->arena, mark);
    if (b->n > ICAL_BUSY_MAX)
        join(b);
    return fits && b->n <= ICAL_BUSY_MAX;
}

/* ---------------------------------------------------------------- out */

int
ical_busy_periods(struct ical_busy *b, const struct ical_period **result)
{
    struct ical_period *list;

    join(b);
    qsort(b->p, (size_t)b->n, sizeof *b->p, by_start);
    *result = list = NEW_ARRAY(b->arena, struct ical_period, (size_t)b->n + 1);
    for (int i = 0; i < b->n; i++)
        list[i] = (struct ical_period){ b->p[i].span, b->p[i].kind != TENTATIVE };
    return b->n;
}

static void
write_period(const struct period *p, struct buf *to)
{
    const char *const type[] = { kind_name[p->kind] };
    const struct ical_param param = { "FBTYPE", type, 1 };
    char from[ICAL_TIME_ROOM], until[ICAL_TIME_ROOM], value[2 * ICAL_TIME_ROOM];

    ical_write_time((struct ical_time){ p->span.from, .utc = true }, from);
    ical_write_time((struct ical_time){ p->span.to, .utc = true }, until);
    snprintf(value, sizeof value, "%s/%s", from, until);
    ical_write_line(
        to, &(struct ical_line){
                .name = "FREEBUSY", .param = &param, .n_params = p->kind != BUSY, .value = value });
}

void
ical_busy_write(
    struct ical_busy *b, int64_t stamp, const char *method, const char *lines, struct buf *to)
{
    join(b);
    qsort(b->p, (size_t)b->n, sizeof *b->p, by_start);
    ical_begin(to, "VCALENDAR");
    ical_write_text(to, "VERSION", "2.0");
    ical_write_text(to, "PRODID", "-//chapterd//EN");
    if (method != NULL)
        ical_write(to, "METHOD", method);
    ical_begin(to, "VFREEBUSY");
    if (lines != NULL)
        buf_text(to, lines);
    ical_write_when(to, "DTSTAMP", (struct ical_time){ stamp, .utc = true });
    ical_write_when(to, "DTSTART", (struct ical_time){ b->range.from, .utc = true });
    ical_write_when(to, "DTEND", (struct ical_time){ b->range.to, .utc = true });
    for (int i = 0; i < b->n; i++)
        write_period(&b->p[i], to);
    ical_end(to, "VFREEBUSY");
    ical_end(to, "VCALENDAR");
}
