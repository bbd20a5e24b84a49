/* What the pages of tasks show: tasks of calendars, and when they are due. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/request.h"
#include "modules/calendars/web/tasks.h"
#include "q/calendar_page.h"

/* Tasks of one page, and bytes of them. */
#define TASKS_MAX 1000
#define BYTES_MAX MB(8)

/* ---------------------------------------------------------------- words */

const char *
page_state(enum todo_state state, bool post)
{
    static const char *const task[TODO_STATES] = {
        [TODO_OPEN] = N_("to be done"),
        [TODO_BEGUN] = N_("begun"),
        [TODO_APPROVED] = N_("almost done"),
        [TODO_DONE] = N_("done"),
        [TODO_DROPPED] = N_("dropped"),
    };
    static const char *const posted[TODO_STATES] = {
        [TODO_OPEN] = N_("Idea"),
        [TODO_BEGUN] = N_("Draft"),
        [TODO_APPROVED] = N_("Approved"),
        [TODO_DONE] = N_("Published"),
        [TODO_DROPPED] = N_("Dropped"),
    };

    return post ? posted[state] : task[state];
}

int64_t
page_due_wall(struct request *rq, const struct todo *t)
{
    return t->whole || t->floats ? t->due : page_wall(page_zone(rq), t->due);
}

bool
page_due_late(struct request *rq, const struct todo *t)
{
    int64_t wall = page_due_wall(rq, t);

    if (!t->dated || t->state == TODO_DONE || t->state == TODO_DROPPED)
        return false;
    return t->whole ? page_day(wall) < page_today(rq)
                    : wall < page_wall(page_zone(rq), time_now() / 1000000);
}

const char *
page_due(struct request *rq, const struct todo *t)
{
    int64_t wall = page_due_wall(rq, t);

    if (!t->dated)
        return NULL;
    return page_when(rq->arena, rq->lang, wall, wall + (t->whole ? ICAL_DAY : 0), t->whole);
}

fallible
task_crumbs(struct request *rq, struct view *v)
{
    struct crumb *c = NEW_ARRAY(rq->arena, struct crumb, 4);

    TRY(calendar_crumbs(rq, true, v));
    memcpy(c, v->crumbs, 3 * sizeof *c);
    c[3] = (struct crumb){ tr(rq->lang, "Tasks"),
        arena_printf(rq->arena, "/c/%s/tasks", rq->param[0]) };
    v->crumbs = c;
    v->n_crumbs = 4;
    return NULL;
}

/* ---------------------------------------------------------------- all of them */

static int
by_due(const void *a, const void *b)
{
    const struct page_task *x = a, *y = b;

    if (x->todo.dated != y->todo.dated)
        return y->todo.dated - x->todo.dated;
    if (x->day != y->day)
        return (x->day > y->day) - (x->day < y->day);
    if (x->todo.due != y->todo.due)
        return (x->todo.due > y->todo.due) - (x->todo.due < y->todo.due);
    int p = x->todo.priority == 0 ? 10 : x->todo.priority,
        q = y->todo.priority == 0 ? 10 : y->todo.priority;
    return p != q ? p - q : strcmp(x->title, y->title);
}

static int64_t
finished_at(struct arena *arena, const struct calendar_object *o, const struct todo *t)
{
    const struct ical_line *line = ical_find(t->component, "COMPLETED");
    const struct ical_zone *zone;
    struct ical_time time;

    if (line == NULL || ical_time_of(arena, o->calendar, line, &time, &zone) != NULL)
        return 0;
    return ical_when(time, zone);
}

/* What cannot be read any more, or is not for her, is not shown. */
static bool
read_task(struct request *rq, const struct page_calendar *calendar,
    const struct calendar_page_tasks_row *row, struct page_task *task)
{
    struct arena *arena = rq->arena;
    struct calendar_object o;

    *task = (struct page_task){ .calendar = calendar, .etag = row->etag };
    if (object_read(arena, rq->lang, row->bytes.p, row->bytes.n, &o) != NULL ||
        !todo_read(arena, &o, &task->todo) ||
        (!calendar->may_write && !page_is_open(task->todo.component)))
        return false;
    const struct ical_component *c = task->todo.component;
    const char *title = page_text(arena, c, "SUMMARY");
    task->title = title != NULL ? title : tr(rq->lang, "Task without a title");
    task->href = arena_printf(arena, "/c/%s/tasks/%s/%s", rq->param[0],
        uri_encode(arena, calendar->name), uri_encode(arena, row->name));
    task->contact = page_text(arena, c, "CONTACT");
    task->n_categories = todo_categories(arena, c, &task->category);
    task->when = page_due(rq, &task->todo);
    task->day = page_day(page_due_wall(rq, &task->todo));
    task->late = page_due_late(rq, &task->todo);
    task->finished = finished_at(arena, &o, &task->todo);
    return true;
}

fallible
page_tasks(struct request *rq, const struct page_calendars *calendars,
    const struct page_calendar *only, struct page_tasks *tasks)
{
    int64_t *ids = NEW_ARRAY(rq->arena, int64_t, (size_t)calendars->n + 1);
    struct rows rows;
    int n = 0;

    for (int i = 0; i < calendars->n; i++)
        if (only == NULL || only == &calendars->p[i])
            ids[n++] = calendars->p[i].id;
    TRY(q_calendar_page_tasks(
        rq->db, rq->arena, (struct ints){ ids, n }, TASKS_MAX, (int64_t)BYTES_MAX, &rows));
    struct page_task *p = NEW_ARRAY(rq->arena, struct page_task, (size_t)rows.n + 1);
    *tasks = (struct page_tasks){ .p = p };
    for (int i = 0; i < rows.n; i++) {
        struct calendar_page_tasks_row row = calendar_page_tasks_row(&rows, i);
        tasks->more |= row.total > rows.n;
        for (int k = 0; k < calendars->n; k++)
            if (calendars->p[k].id == row.calendar &&
                read_task(rq, &calendars->p[k], &row, &p[tasks->n]))
                tasks->n++;
    }
    qsort(p, (size_t)tasks->n, sizeof *p, by_due);
    return NULL;
}

/* ---------------------------------------------------------------- one of them */

fallible
page_task_find(struct request *rq, const struct page_calendars *all, struct page_task_found *found)
{
    const struct page_calendar *calendar = page_calendar_named(all, rq->param[1]);
    struct rows rows;

    if (calendar == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(q_calendar_page_object(
        rq->db, rq->arena, calendar->id, text_nfc(rq->arena, rq->param[2]), &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct calendar_page_object_row row = calendar_page_object_row(&rows, 0);
    *found = (struct page_task_found){
        .calendar = calendar, .name = row.name, .etag = row.etag, .bytes = row.bytes
    };
    if (strcmp(row.component, "VTODO") != 0)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(object_read(rq->arena, rq->lang, row.bytes.p, row.bytes.n, &found->object));
    if (!todo_read(rq->arena, &found->object, &found->todo) ||
        (!calendar->may_write && !page_is_open(found->todo.component)))
        return REFUSE(rq->arena, NOT_FOUND);
    return NULL;
}
