/* The tasks of a chapter as lists: late, soon, later, without a day; or what is done. */
#include <stdlib.h>
#include <string.h>

#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/web/tasks.h"

/* Tasks that are shown of one list; of what is done the last. */
#define SHOWN_MAX 300
/* Words to choose by that are shown. */
#define CATEGORIES_MAX 40
/* Days that are soon. */
#define SOON 7

enum show { SHOW_OPEN, SHOW_LATE, SHOW_DONE, SHOWS };

static const struct {
    const char *word, *title, *empty;
} shows[SHOWS] = {
    [SHOW_OPEN] = { "open", N_("To be done"), N_("Nothing is to be done.") },
    [SHOW_LATE] = { "late", N_("Late"), N_("Nothing is late.") },
    [SHOW_DONE] = { "done", N_("Done"), N_("Nothing has been done yet.") },
};

/* What is asked for. */
struct asked {
    enum show show;
    const struct page_calendar *only;
    const char *category; /* or NULL */
    bool list;            /* not a board */
};

/* What cannot be understood is as if it were not there: an address is nothing people type. */
static struct asked
read_asked(struct request *rq, const struct page_calendars *all)
{
    const char *show = request_query(rq, "show"), *category = request_query(rq, "category");
    struct asked a = { .only = page_calendar_named(all, request_query(rq, "calendar")),
        .category = category != NULL && *category != '\0' ? category : NULL };

    a.list = show != NULL || a.category != NULL || request_query(rq, "view") != NULL;
    for (int i = 0; show != NULL && i < SHOWS; i++)
        if (strcmp(show, shows[i].word) == 0)
            a.show = (enum show)i;
    return a;
}

static const char *
address(struct request *rq, const struct asked *a)
{
    return arena_printf(rq->arena, "/c/%s/tasks?show=%s%s%s%s%s", rq->param[0], shows[a->show].word,
        a->only == NULL ? "" : "&calendar=",
        a->only == NULL ? "" : uri_encode(rq->arena, a->only->name),
        a->category == NULL ? "" : "&category=",
        a->category == NULL ? "" : uri_encode(rq->arena, a->category));
}

/* ---------------------------------------------------------------- ways to other lists */

static void
set_shows(struct request *rq, const struct asked *a, struct task_sheet *s)
{
    struct page_filter *f = NEW_ARRAY(rq->arena, struct page_filter, SHOWS);

    for (int i = 0; i < SHOWS; i++) {
        struct asked other = *a;
        other.show = (enum show)i;
        f[s->n_show++] = (struct page_filter){ .title = tr(rq->lang, shows[i].title),
            .href = address(rq, &other),
            .now = a->show == other.show };
    }
    s->show = f;
}

static void
set_calendars(struct request *rq, const struct page_calendars *all, const struct asked *a,
    struct task_sheet *s)
{
    struct page_filter *f = NEW_ARRAY(rq->arena, struct page_filter, (size_t)all->n + 1);
    struct asked other = *a;

    other.only = NULL;
    f[s->n_calendars++] = (struct page_filter){
        .title = tr(rq->lang, "All calendars"), .href = address(rq, &other), .now = a->only == NULL
    };
    for (int i = 0; i < all->n; i++) {
        if (!(all->p[i].takes & TAKES_VTODO))
            continue;
        other.only = &all->p[i];
        f[s->n_calendars++] = (struct page_filter){ .title = all->p[i].title,
            .href = all->p[i].editorial && other.only != a->only
                        ? arena_printf(rq->arena, "/c/%s/tasks?calendar=%s", rq->param[0],
                              uri_encode(rq->arena, all->p[i].name))
                        : address(rq, &other),
            .colour = all->p[i].colour,
            .now = a->only == other.only };
    }
    s->calendar = f;
    s->names = s->n_calendars > 2 && a->only == NULL;
    s->none = s->n_calendars == 1;
}

static void
add_category(struct request *rq, struct asked other, const char *title, bool now,
    struct page_filter *f, struct task_sheet *s)
{
    for (int i = 0; i < s->n_categories; i++)
        if (strcmp(f[i].title, title) == 0)
            return;
    if (s->n_categories < CATEGORIES_MAX)
        f[s->n_categories++] =
            (struct page_filter){ .title = title, .href = address(rq, &other), .now = now };
}

static void
set_categories(
    struct request *rq, const struct page_tasks *tasks, const struct asked *a, struct task_sheet *s)
{
    struct page_filter *f = NEW_ARRAY(rq->arena, struct page_filter, CATEGORIES_MAX);
    struct asked other = *a;

    other.category = NULL;
    add_category(rq, other, tr(rq->lang, "All categories"), a->category == NULL, f, s);
    if (a->category != NULL)
        add_category(rq, *a, a->category, true, f, s);
    for (int i = 0; i < tasks->n; i++)
        for (int k = 0; k < tasks->p[i].n_categories; k++) {
            other.category = tasks->p[i].category[k];
            add_category(rq, other, other.category, false, f, s);
        }
    s->category = f;
}

/* ---------------------------------------------------------------- what is shown */

static bool
is_over(const struct page_task *t)
{
    return t->todo.state == TODO_DONE || t->todo.state == TODO_DROPPED;
}

static bool
is_asked(const struct page_task *t, const struct asked *a)
{
    bool has = a->category == NULL;

    for (int i = 0; !has && i < t->n_categories; i++)
        has = strcmp(t->category[i], a->category) == 0;
    return has && (a->show == SHOW_DONE ? is_over(t) : !is_over(t)) &&
           (a->show != SHOW_LATE || t->late);
}

/* The last done first. */
static int
by_finish(const void *a, const void *b)
{
    const struct page_task *x = *(const struct page_task *const *)a,
                           *y = *(const struct page_task *const *)b;

    return (x->finished < y->finished) - (x->finished > y->finished);
}

/* In which part of the list of what is to be done. */
static int
part_of(const struct page_task *t, int64_t today)
{
    return t->late ? 0 : !t->todo.dated ? 3 : t->day < today + SOON ? 1 : 2;
}

static void
set_sections(
    struct request *rq, const struct page_tasks *tasks, const struct asked *a, struct task_sheet *s)
{
    static const char *const titles[] = { N_("Late"), N_("In the next 7 days"), N_("Later"),
        N_("Without a day") };
    struct task_section *section = NEW_ARRAY(rq->arena, struct task_section, COUNT_OF(titles));
    const struct page_task **p =
        NEW_ARRAY(rq->arena, const struct page_task *, (size_t)tasks->n + 1);
    int64_t today = page_today(rq);
    int n = 0;

    for (int i = 0; i < tasks->n; i++)
        if (is_asked(&tasks->p[i], a))
            p[n++] = &tasks->p[i];
    if (a->show == SHOW_DONE)
        qsort(p, (size_t)n, sizeof(struct page_task *), by_finish);
    s->more = tasks->more || n > SHOWN_MAX;
    s->nothing = n == 0;
    s->empty = shows[a->show].empty;
    s->section = section;
    for (int i = 0, was = -1; i < n && i < SHOWN_MAX; i++) {
        int part = a->show == SHOW_OPEN ? part_of(p[i], today) : 0;
        if (part != was) {
            section[s->n++] = (struct task_section){
                .title = a->show == SHOW_OPEN ? tr(rq->lang, titles[part]) : NULL, .task = p + i
            };
            was = part;
        }
        section[s->n - 1].n++;
    }
}

static bool
may_add(const struct page_calendars *all)
{
    bool may = false;

    for (int i = 0; i < all->n; i++)
        may |= all->p[i].may_write && (all->p[i].takes & TAKES_VTODO) != 0;
    return may;
}

struct error *
tasks_page(struct request *rq, struct response *rs)
{
    struct task_sheet sheet = { .n = 0 };
    struct page_calendars all;
    struct page_tasks tasks;
    struct view v;
    bool make;

    TRY(page_calendars(rq, &all));
    if (request_query(rq, "new") != NULL)
        return task_new_page(rq, rs, &all);
    struct asked a = read_asked(rq, &all);
    TRY(page_tasks(rq, &all, a.only, &tasks));
    if (a.only != NULL && a.only->editorial && !a.list)
        return editorial_page(rq, rs, a.only, &tasks);
    TRY(editorial_may_make(rq, &all, &make));
    if (make)
        sheet.make = arena_printf(rq->arena, "/c/%s/tasks", rq->param[0]);
    sheet.here = address(rq, &a);
    set_shows(rq, &a, &sheet);
    set_calendars(rq, &all, &a, &sheet);
    set_categories(rq, &tasks, &a, &sheet);
    set_sections(rq, &tasks, &a, &sheet);
    if (may_add(&all))
        sheet.add = arena_printf(rq->arena, "/c/%s/tasks?new%s%s", rq->param[0],
            a.only == NULL ? "" : "&calendar=",
            a.only == NULL ? "" : uri_encode(rq->arena, a.only->name));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Tasks"), &v);
    TRY(calendar_crumbs(rq, true, &v));
    tasks_show(o, &v, &sheet);
    return NULL;
}
