/* Deleted events and tasks, and how they come back. */
#include "modules/calendars/web/deleted.h"

#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/web/pages.h"
#include "q/calendar_import.h"
#include "q/calendar_page.h"
#include "q/trash.h"
#include "webdav/conditions.h"
#include "webdav/store.h"
#include "webdav/trash.h"

enum { NAME_BYTES = 1000 };

/* ---------------------------------------------------------------- the page */

/* "termine/": the calendar it was in, by its name; NULL: it is gone, or not for her. */
static const struct page_calendar *
place_of(struct request *rq, const struct page_calendars *all, const struct trashed *thing)
{
    const char *slash = thing->place == NULL ? NULL : strchr(thing->place, '/');

    return slash == NULL ? NULL
                         : page_calendar_named(all,
                               arena_copy(rq->arena, thing->place, (size_t)(slash - thing->place)));
}

static const char *
when_of(struct request *rq, const struct calendar_object *o, const struct ical_component *c)
{
    struct ical_timing t;

    if (ical_find(c, "DTSTART") == NULL || ical_timing_read(rq->arena, o->calendar, c, &t) != NULL)
        return NULL;
    int64_t wall = t.start.date || t.zone == NULL
                       ? t.start.wall
                       : page_wall(page_zone(rq), ical_when(t.start, t.zone));
    return page_long_day(rq->arena, rq->lang, page_day(wall));
}

/* What it was called, and when; of what was private who may not write learns nothing. */
static void
describe(
    struct request *rq, const struct trashed *thing, struct bytes bytes, struct deleted_row *row)
{
    struct calendar_object o;

    if (object_read(rq->arena, rq->lang, bytes.p, bytes.n, &o) != NULL)
        return;
    for (const struct ical_component *c = o.calendar->child; c != NULL; c = c->next) {
        if (strcmp(c->name, o.component) != 0)
            continue;
        if (!page_is_open(c) && (thing->rights & MAY_WRITE) == 0) {
            row->title = tr(rq->lang, "Taken");
            return;
        }
        const char *title = page_text(rq->arena, c, "SUMMARY");
        row->title = title != NULL ? title : row->title;
        row->when = when_of(rq, &o, c);
        return;
    }
}

static fallible
add_rows(struct request *rq, const struct page_calendars *all, const struct trash *trash,
    struct deleted_sheet *s)
{
    struct deleted_row *row = NEW_ARRAY(rq->arena, struct deleted_row, (size_t)trash->n + 1);
    int64_t *ids = NEW_ARRAY(rq->arena, int64_t, (size_t)trash->n + 1);
    struct rows rows;

    for (int i = 0; i < trash->n; i++)
        ids[i] = trash->thing[i].node;
    TRY(q_deleted_objects(rq->db, rq->arena, (struct ints){ ids, trash->n }, &rows));
    for (int i = 0; i < trash->n; i++) {
        const struct trashed *thing = &trash->thing[i];
        const struct page_calendar *place = place_of(rq, all, thing);
        row[i] = (struct deleted_row){ .id = arena_printf(rq->arena, "%" PRId64, thing->id),
            .title = tr(rq->lang, "Without a title"),
            .calendar = place == NULL ? NULL : place->title,
            .remover = thing->remover,
            .removed =
                time_people(rq->arena, thing->removed, rq->app->config->time_zone, rq->lang->tag),
            .may_act = (thing->rights & MAY_WRITE) != 0 };
        for (int k = 0; k < rows.n; k++)
            if (deleted_objects_row(&rows, k).node == thing->node)
                describe(rq, thing, deleted_objects_row(&rows, k).bytes, &row[i]);
    }
    s->row = row;
    s->n = trash->n;
    return NULL;
}

static fallible
show(struct request *rq, struct response *rs, const char *problem)
{
    const char *from = request_query(rq, "from");
    struct deleted_sheet s = { .here =
                                   arena_printf(rq->arena, "/c/%s/calendar/trash", rq->param[0]),
        .back = arena_printf(rq->arena, "/c/%s/calendar", rq->param[0]),
        .days = (int)rq->app->config->trash_days,
        .problem = problem };
    struct page_calendars all;
    struct trash trash;
    int64_t before = 0;
    struct view v;

    if (from != NULL && !text_to_int(from, INT64_MAX, &before))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(page_calendars(rq, &all));
    TRY(trash_list(rq, &calendars_home.tree, before, &trash));
    TRY(add_rows(rq, &all, &trash, &s));
    struct deleted_place *place = NEW_ARRAY(rq->arena, struct deleted_place, (size_t)all.n + 1);
    for (int i = 0; i < all.n; i++)
        if (all.p[i].may_write)
            place[s.n_places++] = (struct deleted_place){ all.p[i].name, all.p[i].title };
    s.place = place;
    if (trash.next != 0)
        s.next = arena_printf(rq->arena, "%s?from=%" PRId64, s.here, trash.next);
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Deleted entries"), &v);
    if (problem != NULL) {
        v.notice = NULL;
        response_status(rs, 409);
    }
    TRY(calendar_crumbs(rq, true, &v));
    calendars_deleted(o, &v, &s);
    return NULL;
}

fallible
deleted_page(struct request *rq, struct response *rs)
{
    return show(rq, rs, NULL);
}

/* ---------------------------------------------------------------- back into a calendar */

/* The calendar of the form, or else the one it was in. */
static fallible
find_place(struct request *rq, const struct trashed *thing, const struct page_calendar **calendar)
{
    struct page_calendars *all = NEW(rq->arena, struct page_calendars);
    const char *name;

    TRY(form_maybe(rq, "calendar", NAME_BYTES, &name));
    TRY(page_calendars(rq, all));
    *calendar =
        name == NULL || *name == '\0' ? place_of(rq, all, thing) : page_calendar_named(all, name);
    if (*calendar == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    return (*calendar)->may_write ? NULL : REFUSE(rq->arena, FORBIDDEN);
}

/* Under its old name, so that programs know it again; under another when that is taken. */
static fallible
restore(struct request *rq, const struct trashed *thing, const struct page_calendar *calendar)
{
    struct rows rows, there;
    const char *name = thing->name;

    TRY(q_deleted_objects(rq->db, rq->arena, (struct ints){ &thing->node, 1 }, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct bytes bytes = deleted_objects_row(&rows, 0).bytes;
    TRY(q_calendar_page_object(rq->db, rq->arena, calendar->id, text_nfc(rq->arena, name), &there));
    if (there.n > 0)
        name = arena_printf(rq->arena, "%s.ics", token_uuid(rq->arena));
    TRY(page_write_object(rq, calendar->name, name, NULL, bytes.p, bytes.n));
    return q_trash_purge(rq->db, rq->arena, thing->node, &rows);
}

fallible
deleted_post(struct request *rq, struct response *rs)
{
    const struct page_calendar *calendar;
    struct trashed thing;
    int64_t id;

    TRY(form_int(rq, "id", &id));
    TRY(trash_find(rq, &calendars_home.tree, id, &thing));
    if ((thing.rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, FORBIDDEN);
    if (thing.collection)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(find_place(rq, &thing, &calendar));
    struct error *e = restore(rq, &thing, calendar);
    if (e != NULL && e->cond == &NO_UID_CONFLICT)
        return show(rq, rs,
            tr(rq->lang, "This entry is in the calendar again already: somebody, or a program, has "
                         "put it back. Look there first."));
    if (e != NULL && e->cond == &SUPPORTED_CALENDAR_COMPONENT)
        return show(rq, rs, tr(rq->lang, "This calendar does not take such entries."));
    TRY(e);
    response_redirect(
        rs, arena_printf(rq->arena, "/c/%s/calendar/trash?done=event-restored", rq->param[0]));
    return NULL;
}
