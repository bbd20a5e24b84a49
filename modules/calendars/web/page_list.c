/* A chapter's calendars in the browser: a month, a week, a list. */
#include <string.h>

#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/subscribe.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/web/guests.h"
#include "modules/calendars/web/pages.h"

/* A list is so long, in days; and shows so many entries. */
#define LIST_DAYS    92
#define LIST_ENTRIES 150
/* Entries of a day in a month. */
#define DAY_ENTRIES 6

static const char *const view_words[] = {
    [VIEW_MONTH] = "month", [VIEW_WEEK] = "week", [VIEW_LIST] = "list"
};

/* What is asked for, and the days that it shows. */
struct asked {
    int view;
    int64_t date, first, last; /* first and last: as page_entries() takes them */
    const struct page_calendar *only;
};

/* ---------------------------------------------------------------- which days */

static int64_t
monday_of(int64_t day)
{
    return day - ((day + 3) % 7 + 7) % 7;
}

/* The first of the month that is `more` months after that of the day. */
static int64_t
month_begin(int64_t day, int more)
{
    int year, month, date;

    ical_civil(day, &year, &month, &date);
    month += more - 1;
    return ical_days(year + (month < 0 ? -1 : month / 12), (month % 12 + 12) % 12 + 1, 1);
}

/* What cannot be understood is as if it were not there: an address is nothing people type. */
static struct asked
read_asked(struct request *rq, const struct page_calendars *all)
{
    const char *view = request_query(rq, "view");
    struct asked a = { .view = VIEW_MONTH,
        .date = page_today(rq),
        .only = page_calendar_named(all, request_query(rq, "calendar")) };

    for (int i = VIEW_MONTH; view != NULL && i <= VIEW_LIST; i++)
        if (strcmp(view, view_words[i]) == 0)
            a.view = i;
    page_read_day(request_query(rq, "date"), &a.date);
    if (a.view == VIEW_LIST) {
        a.first = a.date;
        a.last = a.first + LIST_DAYS;
    } else if (a.view == VIEW_WEEK) {
        a.first = monday_of(a.date);
        a.last = a.first + 7;
    } else {
        a.first = monday_of(month_begin(a.date, 0));
        a.last = monday_of(month_begin(a.date, 1) + 6);
    }
    return a;
}

static const char *
address(struct request *rq, int view, int64_t date, const struct page_calendar *only)
{
    return arena_printf(rq->arena, "%s?view=%s&date=%s%s%s", page_base(rq), view_words[view],
        page_iso_day(rq->arena, date),
        only == NULL ? "" : "&calendar=", only == NULL ? "" : uri_encode(rq->arena, only->name));
}

static void
set_ways(struct request *rq, const struct asked *a, int64_t next, struct calendar_sheet *s)
{
    int64_t previous = a->view == VIEW_LIST   ? a->date - LIST_DAYS
                       : a->view == VIEW_WEEK ? a->first - 7
                                              : month_begin(a->date, -1);

    s->view = (unsigned)a->view;
    s->month = address(rq, VIEW_MONTH, a->date, a->only);
    s->week = address(rq, VIEW_WEEK, a->date, a->only);
    s->list = address(rq, VIEW_LIST, a->date, a->only);
    if (!page_is_own(rq))
        s->tasks = arena_printf(rq->arena, "/c/%s/tasks%s%s", rq->param[0],
            a->only == NULL ? "" : "?calendar=",
            a->only == NULL ? "" : uri_encode(rq->arena, a->only->name));
    s->previous = address(rq, a->view, previous, a->only);
    s->next = address(rq, a->view, next, a->only);
    s->today = address(rq, a->view, page_today(rq), a->only);
}

static const char *
title_of(struct request *rq, const struct asked *a)
{
    int year, month, date;

    ical_civil(a->date, &year, &month, &date);
    if (a->view == VIEW_MONTH)
        return arena_printf(rq->arena, "%s %d", page_month(rq->lang, a->date), year);
    if (a->view == VIEW_LIST)
        return arena_printf(
            rq->arena, tr(rq->lang, "From %s on"), page_long_day(rq->arena, rq->lang, a->first));
    return arena_printf(rq->arena, tr(rq->lang, "%s to %s"),
        page_short_day(rq->arena, rq->lang, a->first),
        arena_printf(rq->arena, "%s %d", page_short_day(rq->arena, rq->lang, a->last - 1), year));
}

static void
set_filters(struct request *rq, const struct page_calendars *all, const struct asked *a,
    struct calendar_sheet *s)
{
    struct page_filter *f = NEW_ARRAY(rq->arena, struct page_filter, (size_t)all->n + 1);

    f[s->n_filters++] = (struct page_filter){ .title = tr(rq->lang, "All calendars"),
        .href = address(rq, a->view, a->date, NULL),
        .now = a->only == NULL };
    for (int i = 0; i < all->n; i++)
        f[s->n_filters++] = (struct page_filter){ .title = all->p[i].title,
            .href = address(rq, a->view, a->date, &all->p[i]),
            .colour = all->p[i].colour,
            .now = a->only == &all->p[i] };
    s->filter = f;
    s->names = all->n > 1 && a->only == NULL;
    s->none = all->n == 0;
}

/* ---------------------------------------------------------------- what is on them */

static bool
is_on(const struct page_entry *e, int64_t day)
{
    int64_t begin = day * ICAL_DAY, end = begin + ICAL_DAY;

    return e->from < end && (e->to > begin || (e->from == e->to && e->from >= begin));
}

static void
fill_cell(struct request *rq, const struct asked *a, const struct page_entries *entries,
    int64_t day, struct page_cell *cell)
{
    int year, month, date, of, total = 0, most = a->view == VIEW_MONTH ? DAY_ENTRIES : LIST_ENTRIES;

    ical_civil(a->date, &year, &of, &date);
    ical_civil(day, &year, &month, &date);
    *cell = (struct page_cell){ .number = date,
        .title = page_long_day(rq->arena, rq->lang, day),
        .iso = page_iso_day(rq->arena, day),
        .today = day == page_today(rq),
        .other = a->view == VIEW_MONTH && month != of };
    for (int i = 0; i < entries->n; i++)
        total += is_on(&entries->p[i], day);
    if (total == 0)
        return;
    struct page_item *item = NEW_ARRAY(rq->arena, struct page_item, (size_t)total);
    for (int i = 0; i < entries->n && cell->n < most; i++)
        if (is_on(&entries->p[i], day))
            item[cell->n++] = (struct page_item){ &entries->p[i],
                page_when_on(rq->arena, rq->lang, &entries->p[i], day) };
    cell->item = item;
    if (total > cell->n) {
        cell->more = arena_printf(rq->arena, tr(rq->lang, "%d more"), total - cell->n);
        cell->more_href = address(rq, VIEW_LIST, day, a->only);
    }
}

/* Of a list days without anything are left out, and it ends where it is long enough: *next. */
static void
fill(struct request *rq, const struct asked *a, const struct page_entries *entries,
    struct calendar_sheet *s, int64_t *next)
{
    struct page_cell *cell = NEW_ARRAY(rq->arena, struct page_cell, (size_t)(a->last - a->first));
    int items = 0;

    s->nothing = true;
    *next = a->view == VIEW_MONTH ? month_begin(a->date, 1) : a->last;
    for (int64_t day = a->first; day < a->last; day++) {
        fill_cell(rq, a, entries, day, &cell[s->n]);
        items += cell[s->n].n;
        s->nothing &= cell[s->n].n == 0;
        s->n += a->view != VIEW_LIST || cell[s->n].n > 0;
        if (a->view == VIEW_LIST && items >= LIST_ENTRIES) {
            *next = day + 1;
            break;
        }
    }
    s->cell = cell;
    s->more = entries->more;
}

/* What everybody may read, to be subscribed to: of the chapter, or of the one calendar. */
static void
set_feeds(struct request *rq, const struct page_calendars *all, const struct page_calendar *only,
    struct calendar_sheet *s)
{
    struct subscribe *to = NEW(rq->arena, struct subscribe);
    bool open = only != NULL && only->is_public, manages = false;
    const char *here = arena_printf(rq->arena, "%s/c/%s/", request_origin(rq), rq->param[0]);

    for (int i = 0; i < all->n; i++) {
        open |= only == NULL && all->p[i].is_public;
        manages |= all->p[i].may_manage;
    }
    if (all->may_write || manages) {
        s->files = arena_printf(rq->arena, "/c/%s/calendar/import", rq->param[0]);
        s->trash = arena_printf(rq->arena, "/c/%s/calendar/trash", rq->param[0]);
    }
    if (manages)
        s->feeds = arena_printf(rq->arena, "/c/%s/feeds", rq->param[0]);
    if (!open)
        return;
    *to = only == NULL ? subscribe_to(rq->arena, arena_printf(rq->arena, "%scalendar.ics", here),
                             rq->param[0])
                       : subscribe_to(rq->arena,
                             arena_printf(rq->arena, "%sfeeds/%s.ics", here,
                                 uri_encode(rq->arena, only->name)),
                             only->title);
    s->feed = to;
}

struct error *
calendar_page(struct request *rq, struct response *rs)
{
    struct calendar_sheet sheet = { .n = 0 };
    struct page_calendars all;
    struct page_entries entries;
    struct view v;
    int64_t next;

    TRY(page_calendars(rq, &all));
    if (request_query(rq, "new") != NULL)
        return event_new_page(rq, rs, &all);
    struct asked a = read_asked(rq, &all);
    TRY(page_entries(rq, &all, a.only, a.first, a.last, &entries));
    fill(rq, &a, &entries, &sheet, &next);
    set_ways(rq, &a, next, &sheet);
    set_filters(rq, &all, &a, &sheet);
    sheet.title = title_of(rq, &a);
    if (page_is_own(rq))
        TRY(guests_invitations(rq, &all, &sheet));
    else
        set_feeds(rq, &all, a.only, &sheet);
    if (all.may_write)
        sheet.add = arena_printf(
            rq->arena, "%s?new&date=%s", page_base(rq), page_iso_day(rq->arena, a.date));
    for (int i = 0; i < 7; i++)
        sheet.weekday[i] = page_weekday(rq->lang, monday_of(0) + i);
    struct out *o = page_begin(
        rq, rs, page_is_own(rq) ? tr(rq->lang, "Your calendar") : tr(rq->lang, "Calendar"), &v);
    TRY(calendar_crumbs(rq, false, &v));
    calendars_show(o, &v, &sheet);
    return NULL;
}
