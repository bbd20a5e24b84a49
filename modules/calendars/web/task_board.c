/*
 * The editorial calendar of a chapter: a calendar of posts, which are tasks, as a board of weeks
 * and states. Any program that knows tasks shows and changes them: when a post appears is DUE,
 * where is CATEGORIES, how far it is STATUS and PERCENT-COMPLETE (todo.h), and the office that
 * takes care of it CONTACT (RFC 5545, 3.8.4.2).
 */
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/uri.h"
#include "db/db.h"
#include "html/lang.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/web/tasks.h"
#include "q/calendar_page.h"
#include "q/node.h"
#include "q/property.h"
#include "webdav/xml.h"

#define WEEKS 4
/* Posts of one cell that are shown. */
#define CELL_MAX 50

/* ---------------------------------------------------------------- making one */

static fallible
may_make(struct request *rq, bool *may, struct calendar_page_root_row *root)
{
    struct rows rows;

    *may = false;
    TRY(q_calendar_page_root(rq->db, rq->arena, rq->chapter, &rows));
    if (rows.n == 0)
        return NULL;
    *root = calendar_page_root_row(&rows, 0);
    const struct policy policy = { root->policy, rq->chapter, 0, (enum role)root->read_level,
        (enum role)root->write_level };
    *may = (access_rights(rq->who, &policy) & MAY_MANAGE) != 0;
    return NULL;
}

fallible
editorial_may_make(struct request *rq, const struct page_calendars *all, bool *may)
{
    struct calendar_page_root_row root;

    TRY(may_make(rq, may, &root));
    for (int i = 0; i < all->n; i++)
        *may = *may && !all->p[i].editorial;
    return NULL;
}

/* The board's alone at first: ideas and drafts are not for everybody. */
fallible
editorial_make(struct request *rq, struct response *rs)
{
    const int16_t level = ROLE_BOARD;
    struct calendar_page_root_row root;
    struct rows rows;
    bool may;

    TRY(may_make(rq, &may, &root));
    if (!may)
        return REFUSE(rq->arena, FORBIDDEN);
    const char *name = root.taken == 0
                           ? "redaktion"
                           : arena_printf(rq->arena, "redaktion-%lld", (long long)root.taken + 1);
    TRY(q_collection_make(rq->db, rq->arena, root.id, name, name, calendar_kind.name,
        tr(rq->lang, "Editorial calendar"), &level, &level, &rows));
    int64_t id = collection_make_row(&rows, 0).id;
    TRY(q_property_store(rq->db, rq->arena, id, NS_CALDAV, "supported-calendar-component-set",
        "VTODO", NULL, &rows));
    TRY(q_property_store(
        rq->db, rq->arena, id, "urn:chapterd", "calendar-template", "editorial", NULL, &rows));
    response_redirect(rs,
        arena_printf(rq->arena, "/c/%s/tasks?calendar=%s&done=editorial-made", rq->param[0], name));
    return NULL;
}

/* ---------------------------------------------------------------- the board */

static int64_t
monday_of(int64_t day)
{
    return day - ((day + 3) % 7 + 7) % 7;
}

/* The number of a week in its year (ISO 8601): that of its Thursday. */
static int
week_number(int64_t monday)
{
    int year, month, date;

    ical_civil(monday + 3, &year, &month, &date);
    return (int)((monday + 3 - ical_days(year, 1, 1)) / 7) + 1;
}

static const char *
address(struct request *rq, const struct page_calendar *c, int64_t monday)
{
    return arena_printf(rq->arena, "/c/%s/tasks?calendar=%s&date=%s", rq->param[0],
        uri_encode(rq->arena, c->name), page_iso_day(rq->arena, monday));
}

/* Rows: what is late before the first week, the weeks, and what has no day. */
enum { ROW_BEFORE, ROW_WEEK, ROW_UNDATED = ROW_WEEK + WEEKS, ROWS };

static int
row_of(const struct page_task *t, int64_t monday)
{
    if (!t->todo.dated)
        return t->todo.state == TODO_DONE ? -1 : ROW_UNDATED;
    if (t->day < monday)
        return t->todo.state == TODO_DONE ? -1 : ROW_BEFORE;
    return t->day >= monday + INT64_C(7) * WEEKS ? -1 : ROW_WEEK + (int)((t->day - monday) / 7);
}

static const char *
row_title(struct request *rq, int row, int64_t monday)
{
    int64_t first = monday + INT64_C(7) * (row - ROW_WEEK);

    if (row == ROW_BEFORE)
        return tr(rq->lang, "Earlier, and not published");
    if (row == ROW_UNDATED)
        return tr(rq->lang, "Without a day");
    return arena_printf(rq->arena, tr(rq->lang, "Week %d, %s to %s"), week_number(first),
        page_short_day(rq->arena, rq->lang, first), page_short_day(rq->arena, rq->lang, first + 6));
}

static void
fill(struct request *rq, const struct page_tasks *tasks, int64_t monday, struct board_sheet *s)
{
    struct board_row *rows = NEW_ARRAY(rq->arena, struct board_row, ROWS);
    const struct page_task **all =
        NEW_ARRAY(rq->arena, const struct page_task *, (size_t)ROWS *BOARD_STATES *CELL_MAX);

    s->nothing = true;
    for (int row = 0; row < ROWS; row++) {
        struct board_row *r = &rows[s->n];
        bool week = row >= ROW_WEEK && row < ROW_UNDATED;
        *r = (struct board_row){ .title = row_title(rq, row, monday) };
        for (int k = 0; k < BOARD_STATES; k++)
            r->cell[k].post = all + ((size_t)row * BOARD_STATES + (size_t)k) * CELL_MAX;
        for (int i = 0; i < tasks->n; i++) {
            const struct page_task *t = &tasks->p[i];
            if (t->todo.state >= BOARD_STATES || row_of(t, monday) != row)
                continue;
            struct board_cell *cell = &r->cell[t->todo.state];
            if (cell->n == CELL_MAX)
                s->more = true;
            else
                cell->post[cell->n++] = t;
            r->n++;
        }
        s->nothing = s->nothing && r->n == 0;
        s->n += week || r->n > 0;
    }
    s->row = rows;
    s->more = s->more || tasks->more;
}

fallible
editorial_page(struct request *rq, struct response *rs, const struct page_calendar *calendar,
    const struct page_tasks *tasks)
{
    struct board_sheet s = { .calendar = calendar };
    int64_t date = page_today(rq);
    struct view v;

    page_read_day(request_query(rq, "date"), &date);
    int64_t monday = monday_of(date);
    fill(rq, tasks, monday, &s);
    s.here = address(rq, calendar, monday);
    s.previous = address(rq, calendar, monday - INT64_C(7) * WEEKS);
    s.next = address(rq, calendar, monday + INT64_C(7) * WEEKS);
    s.today = address(rq, calendar, page_today(rq));
    s.list = arena_printf(rq->arena, "/c/%s/tasks?view=list&calendar=%s", rq->param[0],
        uri_encode(rq->arena, calendar->name));
    if (calendar->may_write)
        s.add = arena_printf(rq->arena, "/c/%s/tasks?new&calendar=%s", rq->param[0],
            uri_encode(rq->arena, calendar->name));
    struct out *o = page_begin(rq, rs, calendar->title, &v);
    TRY(task_crumbs(rq, &v));
    editorial_board(o, &v, &s);
    return NULL;
}
