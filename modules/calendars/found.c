#include "modules/calendars/found.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/request.h"
#include "modules/calendars/object.h"
#include "q/calendar_query.h"
#include "webdav/store.h"

/* So many objects, and STORE_TOGETHER bytes of them, are looked at together. */
enum { TOGETHER = 500 };

/* As far as times of the index go. */
#define FOREVER INT64_C(1000000000000)

/* ---------------------------------------------------------------- what to look for */

/* A text that must be in the UID, in capital letters. */
static const char *
uid_of(struct arena *arena, const struct ical_filter *component)
{
    for (int i = 0; i < component->n_props; i++) {
        const struct ical_prop_filter *p = &component->prop[i];
        if (strcmp(p->name, "UID") == 0 && !p->absent && p->n_matches == 1 && !p->match[0].negate &&
            p->match[0].collation != COLLATION_UNICODE)
            return text_casemap_ascii(arena, p->match[0].text);
    }
    return "";
}

static bool
is_alone(const struct ical_filter *f)
{
    return f->n_props == 0 && f->n_parts == 0;
}

struct found_by
found_by(struct arena *arena, const struct ical_filter *f)
{
    struct found_by by = { .component = "", .uid = "" };

    if (f->absent)
        return by;
    by.exactly = is_alone(f);
    for (int i = 0; i < f->n_parts; i++) {
        const struct ical_filter *part = &f->part[i];
        if (part->absent || object_bit(part->name) == 0)
            continue;
        by.component = part->name;
        by.uid = uid_of(arena, part);
        by.range = part->range;
        bool only = f->n_parts == 1 && f->n_props == 0 && is_alone(part);
        by.exactly = only && part->range == NULL;
        by.then = only && part->range != NULL;
        break;
    }
    return by;
}

/* ---------------------------------------------------------------- finding */

void
found_begin(struct request *rq, struct found *f)
{
    *f = (struct found){ .more = true, .after = arena_alloc(rq->arena, OBJECT_UID_MAX + 1) };
    f->mark = f->mark_ids = arena_mark(rq->arena);
}

void
found_these(struct request *rq, struct ints ids, struct found *f)
{
    *f = (struct found){ .more = ids.n > 0, .ids = ids, .last = true };
    f->mark = f->mark_ids = arena_mark(rq->arena);
}

static int
by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int64_t
bounded(int64_t t)
{
    return t < -FOREVER ? -FOREVER : t > FOREVER ? FOREVER : t;
}

/* All that may be in a range: numbers alone. */
static fallible
find_then(
    struct request *rq, const struct dav_node *node, const struct found_by *by, struct found *f)
{
    struct rows rows;

    TRY(q_calendar_found_then(rq->db, rq->arena, node->id, by->component, by->uid,
        bounded(by->range->from), bounded(by->range->to), &rows));
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)rows.n + 1);
    bool *sure = NEW_ARRAY(rq->arena, bool, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct calendar_found_then_row row = calendar_found_then_row(&rows, i);
        sure[i] = row.sure && by->then;
        id[i] = row.node;
    }
    f->ids = (struct ints){ id, rows.n };
    f->sure = sure;
    f->last = true;
    return NULL;
}

/* The next by their UIDs. */
static fallible
find_more(
    struct request *rq, const struct dav_node *node, const struct found_by *by, struct found *f)
{
    struct rows rows;

    TRY(q_calendar_found(
        rq->db, rq->arena, node->id, by->component, by->uid, f->after, TOGETHER, &rows));
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct calendar_found_row row = calendar_found_row(&rows, i);
        id[i] = row.node;
        if (i == rows.n - 1)
            memcpy(f->after, row.uid, strnlen(row.uid, OBJECT_UID_MAX) + 1);
    }
    qsort(id, (size_t)rows.n, sizeof *id, by_number);
    f->ids = (struct ints){ id, rows.n };
    f->sure = NULL;
    f->last = rows.n < TOGETHER;
    return NULL;
}

/* How many of the members are taken: their contents are going to be in memory. */
static int
fitting(const struct dav_list *list)
{
    int64_t bytes = 0;
    int n = 0;

    while (n < list->n && (n == 0 || bytes + list->node[n].length <= (int64_t)STORE_TOGETHER))
        bytes += list->node[n++].length;
    return n;
}

/* Both are sorted by number. */
static void
mark_sure(const struct found *f, int at, struct found_some *some)
{
    for (int i = 0; f->sure != NULL && i < some->n; i++) {
        while (f->ids.i[at] < some->node[i].id)
            at++;
        some->sure[i] = f->sure[at];
    }
}

static fallible
give(struct request *rq, const struct dav_node *node, bool contents, struct found *f,
    struct found_some *some)
{
    int at = f->at, n = f->ids.n - at < TOGETHER ? f->ids.n - at : TOGETHER;
    struct dav_list list;

    TRY(store_numbered(rq, node, (struct ints){ f->ids.i + f->at, n }, contents, &list));
    some->n = contents ? fitting(&list) : list.n;
    some->node = NEW_ARRAY(rq->arena, struct dav_node, (size_t)some->n + 1);
    some->bytes = NEW_ARRAY(rq->arena, const char *, (size_t)some->n + 1);
    some->sure = NEW_ARRAY(rq->arena, bool, (size_t)some->n + 1);
    if (some->n == list.n) /* what is not there any more is behind, too */
        f->at += n;
    else
        while (f->ids.i[f->at] < list.node[some->n].id)
            f->at++;
    if (some->n == 0)
        return NULL;
    memcpy(some->node, list.node, (size_t)some->n * sizeof *some->node);
    mark_sure(f, at, some);
    return contents ? store_contents(rq, some->node, some->n, some->bytes) : NULL;
}

fallible
found_next(struct request *rq, const struct dav_node *node, const struct found_by *by,
    struct found *f, struct found_some *some)
{
    *some = (struct found_some){ .n = 0 };
    arena_rewind(rq->arena, f->mark);
    if (f->at == f->ids.n) {
        arena_rewind(rq->arena, f->mark_ids);
        TRY(by->range == NULL ? find_more(rq, node, by, f) : find_then(rq, node, by, f));
        f->at = 0;
        f->mark = arena_mark(rq->arena);
    }
    TRY(give(rq, node, !by->exactly, f, some));
    f->more = f->at < f->ids.n || !f->last;
    return NULL;
}
