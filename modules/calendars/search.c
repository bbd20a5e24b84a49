/* What other parts show of a chapter's calendars: what is found by words, and what waits. */
#include <stdlib.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/request.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/web/tasks.h"
#include "modules/module.h"
#include "q/calendar_page.h"

/* Objects whose texts are looked at, the last made first; and that are read as they have the words.
 */
#define LOOKED_AT 20000
#define READ_MOST 200
/* Late tasks that are counted. */
#define LATE_MOST 100
/* Before and after everything that a calendar can say. */
#define FAR           INT64_C(100000000000)
#define WORDS_MOST    8
#define BETWEEN_WORDS " ,;\"\\"

static struct ints
ids_of(struct request *rq, const struct page_calendars *all, bool to_write)
{
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)all->n + 1);
    int n = 0;

    for (int i = 0; i < all->n; i++)
        if (!to_write || all->p[i].may_write)
            id[n++] = all->p[i].id;
    return (struct ints){ id, n };
}

static const struct page_calendar *
calendar_of(const struct page_calendars *all, int64_t id)
{
    for (int i = 0; i < all->n; i++)
        if (all->p[i].id == id)
            return &all->p[i];
    return NULL;
}

/* ---------------------------------------------------------------- found by words */

static const struct ical_component *
component_of(const struct calendar_object *o)
{
    const struct ical_component *first = NULL;

    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        if (strcmp(c->name, o->component) != 0)
            continue;
        if (ical_find(c, "RECURRENCE-ID") == NULL)
            return c;
        if (first == NULL)
            first = c;
    }
    return first;
}

/* 2: all words are in its title; 1: in what its page shows of it; 0: elsewhere. */
static int
says(struct request *rq, const struct ical_component *c, struct texts words)
{
    static const char *const names[] = { "SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES",
        "CONTACT" };
    int in_title = 0, in_all = 0;

    for (int i = 0; i < words.n; i++) {
        bool here = false;
        for (size_t k = 0; k < COUNT_OF(names); k++) {
            const char *text = page_text(rq->arena, c, names[k]);
            if (text == NULL || strstr(text_casemap(rq->arena, text), words.s[i]) == NULL)
                continue;
            here = true;
            in_title += k == 0;
        }
        in_all += here;
    }
    return in_all < words.n ? 0 : in_title == words.n ? 2 : 1;
}

static const char *
when_of(struct request *rq, const struct calendar_object *o)
{
    const struct ical_zone *here = page_zone(rq);
    int64_t now = time_now() / 1000000;
    struct ical_instances all;
    struct todo todo;

    if (todo_read(rq->arena, o, &todo))
        return page_due(rq, &todo);
    if (ical_set_instances(o->set, now, now + 1100 * ICAL_DAY, 1, &all) != NULL || all.n == 0)
        if (ical_set_instances(o->set, -FAR, FAR, 1, &all) != NULL || all.n == 0)
            return NULL;
    const struct ical_instance *i = &all.p[0];
    struct ical_range span = ical_instance_span(i, here);
    return page_when(rq->arena, rq->lang, i->floats ? i->start : page_wall(here, span.from),
        i->floats ? i->end : page_wall(here, span.to), page_is_whole(rq->arena, o, i->component));
}

static bool
read_hit(struct request *rq, const struct page_calendar *calendar,
    const struct calendar_page_search_row *row, struct texts words, struct search_hit *hit)
{
    bool task = strcmp(row->component, "VTODO") == 0;
    const struct ical_component *c;
    struct calendar_object o;
    int fit;

    if (object_read(rq->arena, rq->lang, row->bytes.p, row->bytes.n, &o) != NULL)
        return false;
    c = component_of(&o);
    if (c == NULL || (!calendar->may_write && !page_is_open(c)))
        return false;
    fit = says(rq, c, words);
    const char *title = page_text(rq->arena, c, "SUMMARY"), *when = when_of(rq, &o);
    *hit = (struct search_hit){
        .title = title != NULL ? title : tr(rq->lang, "Event without a title"),
        .href = arena_printf(rq->arena, "/c/%s/%s/%s/%s", rq->param[0], task ? "tasks" : "calendar",
            uri_encode(rq->arena, calendar->name), uri_encode(rq->arena, row->name)),
        .snippet = arena_printf(rq->arena, "%s%s%s", calendar->title, when == NULL ? "" : ", ",
            when == NULL ? "" : when),
        .modified = row->modified,
        .rank = fit == 2 ? 1 : 0.5F,
    };
    return fit > 0;
}

static int
by_rank(const void *a, const void *b)
{
    const struct search_hit *x = a, *y = b;

    if (x->rank > y->rank || x->rank < y->rank)
        return x->rank > y->rank ? -1 : 1;
    return (x->modified < y->modified) - (x->modified > y->modified);
}

fallible
calendars_search(struct request *rq, const char *said, int limit, struct search_hits *hits)
{
    const char *const *word, *const *plain;
    int n_plain = text_split(rq->arena, said, BETWEEN_WORDS, &plain);
    struct texts words;
    struct page_calendars all;
    struct rows rows;

    words.n = text_split(rq->arena, text_casemap(rq->arena, said), BETWEEN_WORDS, &word);
    words.s = word;
    *hits = (struct search_hits){ NULL, 0 };
    if (words.n == 0 || words.n > WORDS_MOST)
        return NULL;
    TRY(page_calendars(rq, &all));
    TRY(q_calendar_page_search(rq->db, rq->arena, ids_of(rq, &all, false),
        (struct texts){ plain, n_plain }, LOOKED_AT, READ_MOST, &rows));
    struct search_hit *hit = NEW_ARRAY(rq->arena, struct search_hit, (size_t)rows.n + 1);
    int n = 0;
    for (int i = 0; i < rows.n; i++) {
        struct calendar_page_search_row row = calendar_page_search_row(&rows, i);
        const struct page_calendar *calendar = calendar_of(&all, row.calendar);
        n += calendar != NULL && read_hit(rq, calendar, &row, words, &hit[n]);
    }
    qsort(hit, (size_t)n, sizeof *hit, by_rank);
    *hits = (struct search_hits){ hit, n < limit ? n : limit };
    return NULL;
}

/* ---------------------------------------------------------------- what waits */

/* Late tasks of those who may do something about them. */
fallible
calendars_notices(struct request *rq, struct notices *notices)
{
    struct notice *notice = NEW(rq->arena, struct notice);
    struct page_calendars all;
    struct rows rows;
    int late = 0;

    *notices = (struct notices){ notice, 0 };
    if (access_role(rq->who, rq->chapter) < ROLE_MEMBER)
        return NULL;
    TRY(page_calendars(rq, &all));
    if (!all.may_write)
        return NULL;
    TRY(q_calendar_page_late(
        rq->db, rq->arena, ids_of(rq, &all, true), time_now() / 1000000, LATE_MOST, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct bytes bytes = calendar_page_late_row(&rows, i).bytes;
        struct calendar_object o;
        struct todo todo;
        late += object_read(rq->arena, rq->lang, bytes.p, bytes.n, &o) == NULL &&
                todo_read(rq->arena, &o, &todo) && page_due_late(rq, &todo);
    }
    if (late == 0)
        return NULL;
    *notice = (struct notice){
        .text = late == LATE_MOST
                    ? tr(rq->lang, "Many tasks are late.")
                    : arena_printf(rq->arena,
                          trn(rq->lang, "%d task is late.", "%d tasks are late.", late), late),
        .href = arena_printf(rq->arena, "/c/%s/tasks?show=late", rq->param[0])
    };
    notices->n = 1;
    return NULL;
}
