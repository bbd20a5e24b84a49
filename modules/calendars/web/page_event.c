/* An event in the browser: what is known of it, as text, and as a file. */
#include <string.h>
#include <strings.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/select.h"
#include "ical/zone.h"
#include "modules/calendars/schedule/schedule.h"
#include "modules/calendars/web/guests.h"
#include "modules/calendars/web/pages.h"
#include "q/calendar_page.h"

/* Where the next instance is looked for, and around a moved one. */
#define NEXT_SPAN   (1100 * ICAL_DAY)
#define AROUND_SPAN (2 * ICAL_DAY)
#define LOOKED_AT   2000
#define FAR         INT64_C(100000000000)

/* ---------------------------------------------------------------- which instance */

static bool
same_id(const struct ical_instance *i, struct ical_time at)
{
    return i->id.wall == at.wall && i->id.date == at.date;
}

/* The instance of that id among those that are near `when`. */
static bool
find_near(struct ical_set *set, int64_t when, struct ical_time at, struct ical_instance *found)
{
    struct ical_instances all;

    if (ical_set_instances(set, when - AROUND_SPAN, when + AROUND_SPAN, LOOKED_AT, &all) != NULL)
        return false;
    for (int i = 0; i < all.n; i++)
        if (same_id(&all.p[i], at)) {
            *found = all.p[i];
            return true;
        }
    return false;
}

/* One that was moved far away: its component says where to. */
static bool
find_moved(struct request *rq, const struct calendar_object *o, struct ical_time at,
    struct ical_instance *found)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const struct ical_line *id = ical_find(c, "RECURRENCE-ID");
        const struct ical_zone *zone;
        struct ical_timing timing;
        struct ical_time t;

        if (id == NULL || ical_time_of(rq->arena, o->calendar, id, &t, &zone) != NULL ||
            ical_when(t, zone) != at.wall ||
            ical_timing_read(rq->arena, o->calendar, c, &timing) != NULL)
            continue;
        if (find_near(o->set, ical_when(timing.start, timing.zone), at, found))
            return true;
    }
    return false;
}

/* Without an id: the next that is not over, or else the first. */
static bool
find_next(struct ical_set *set, struct ical_instance *found)
{
    int64_t now = time_now() / 1000000;
    struct ical_instances all = { .n = 0 };

    if (ical_set_instances(set, now, now + NEXT_SPAN, 1, &all) != NULL || all.n == 0)
        if (ical_set_instances(set, -FAR, FAR, 1, &all) != NULL || all.n == 0)
            return false;
    *found = all.p[0];
    return true;
}

static bool
find_instance(struct request *rq, const struct calendar_object *o, const char *at,
    struct ical_instance *found)
{
    struct ical_time id;

    if (at == NULL)
        return find_next(o->set, found);
    return ical_read_time(at, (int)strlen(at), &id) &&
           (find_near(o->set, id.wall, id, found) || find_moved(rq, o, id, found));
}

struct error *
page_event_find(
    struct request *rq, const struct page_calendars *all, const char *at, struct page_event *event)
{
    const struct page_calendar *calendar = page_calendar_named(all, page_param(rq, 0));
    struct rows rows;

    if (calendar == NULL || (at != NULL && strlen(at) >= ICAL_TIME_ROOM))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(q_calendar_page_object(
        rq->db, rq->arena, calendar->id, text_nfc(rq->arena, page_param(rq, 1)), &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct calendar_page_object_row row = calendar_page_object_row(&rows, 0);
    *event = (struct page_event){ .calendar = calendar,
        .name = row.name,
        .etag = row.etag,
        .bytes = row.bytes,
        .invites = row.role == SCHEDULE_ORGANIZER };
    if (strcmp(row.component, "VEVENT") != 0)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(object_read(rq->arena, rq->lang, row.bytes.p, row.bytes.n, &event->object));
    event->recurs = page_recurs(&event->object);
    if (!find_instance(rq, &event->object, at, &event->at) ||
        (!calendar->may_write && !page_is_open(event->at.component)))
        return REFUSE(rq->arena, NOT_FOUND);
    return NULL;
}

/* ---------------------------------------------------------------- as a file */

#define ALL_OF(list) .prop = (list), .n_props = COUNT_OF(list)

/*
 * What everybody may have of an event: nothing that names people, nor what programs keep in it. To
 * members it is given as it is.
 */
static const struct ical_wanted of_calendar[] = { { "VERSION", false }, { "PRODID", false } },
                                of_event[] = { { "UID", false }, { "DTSTAMP", false },
                                    { "DTSTART", false }, { "DTEND", false }, { "DURATION", false },
                                    { "RRULE", false }, { "RDATE", false }, { "EXDATE", false },
                                    { "EXRULE", false }, { "RECURRENCE-ID", false },
                                    { "SEQUENCE", false }, { "SUMMARY", false },
                                    { "DESCRIPTION", false }, { "LOCATION", false },
                                    { "GEO", false }, { "URL", false }, { "STATUS", false },
                                    { "TRANSP", false }, { "CATEGORIES", false },
                                    { "CREATED", false }, { "LAST-MODIFIED", false } };
static const struct ical_part parts[] = { { .name = "VEVENT", ALL_OF(of_event) },
    { .name = "VTIMEZONE", .all_props = true, .all_parts = true } };
static const struct ical_part open_part = {
    .name = "VCALENDAR", ALL_OF(of_calendar), .part = parts, .n_parts = COUNT_OF(parts)
};

static bool
all_open(const struct calendar_object *o)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next)
        if (!page_is_open(c))
            return false;
    return true;
}

/* Of the chapter, or in her own calendar. */
static bool
is_member(struct request *rq)
{
    return page_is_own(rq) || access_role(rq->who, rq->chapter) >= ROLE_MEMBER;
}

static fallible
download(struct request *rq, struct response *rs, const struct page_event *e)
{
    const struct ical_select select = { .part = &open_part };
    struct buf b = buf_new(rq->arena, 2 * e->bytes.n + KB(1));
    int instances = 0;

    if (!e->calendar->may_write && !all_open(&e->object))
        return REFUSE(rq->arena, NOT_FOUND);
    response_header(rs, "Content-Disposition", "attachment; filename=\"event.ics\"");
    response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
    if (is_member(rq) || e->calendar->may_write) {
        response_bytes(rs, "text/calendar; charset=utf-8", e->bytes.p, e->bytes.n);
        return NULL;
    }
    if (!ical_select_write(
            rq->arena, &select, e->object.calendar, e->bytes.p, page_zone(rq), &instances, &b) ||
        b.over)
        return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "an event cannot be selected");
    response_bytes(rs, "text/calendar; charset=utf-8", b.p, b.n);
    return NULL;
}

/* ---------------------------------------------------------------- the page */

static const char *
status_of(const struct ical_component *c)
{
    const char *status = ical_value(c, "STATUS");

    if (status != NULL && text_same_nocase(status, "CANCELLED"))
        return N_("Cancelled");
    if (status != NULL && text_same_nocase(status, "TENTATIVE"))
        return N_("Not certain yet");
    return NULL;
}

static const char *
rule_of(struct request *rq, const struct page_event *e)
{
    const struct ical_component *master = event_master(&e->object);
    const char *value = master == NULL ? NULL : ical_value(master, "RRULE");
    struct ical_timing t;
    struct ical_rule rule;

    if (value == NULL || ical_rule_read(rq->arena, value, &rule) != NULL ||
        ical_timing_read(rq->arena, e->object.calendar, master, &t) != NULL)
        return NULL;
    return page_rule(rq->arena, rq->lang, page_zone(rq), &rule, t.start.wall);
}

static void
set_when(struct request *rq, const struct page_event *e, struct event_sheet *s)
{
    const struct ical_zone *here = page_zone(rq), *zone = NULL;
    const struct ical_instance *i = &e->at;
    const struct ical_line *start = ical_find(i->component, "DTSTART");
    struct ical_range span = ical_instance_span(i, here);
    int64_t from = i->floats ? i->start : page_wall(here, span.from),
            to = i->floats ? i->end : page_wall(here, span.to);
    struct ical_time t;

    s->when = page_when(
        rq->arena, rq->lang, from, to, page_is_whole(rq->arena, &e->object, i->component));
    if (i->floats || start == NULL || ical_param(start, "TZID") == NULL ||
        ical_time_of(rq->arena, e->object.calendar, start, &t, &zone) != NULL || zone == NULL ||
        ical_zone_offset(zone, i->start) == ical_zone_offset(here, i->start))
        return;
    const char *place = ical_zone_name(zone);
    s->zone = arena_printf(rq->arena, tr(rq->lang, "%s in %s; above in %s"),
        page_when(rq->arena, rq->lang, page_wall(zone, i->start), page_wall(zone, i->end), false),
        place != NULL ? place : ical_param(start, "TZID"), rq->app->config->time_zone);
}

const char *
page_event_here(struct request *rq, const char *at)
{
    return arena_printf(rq->arena, "%s/%s/%s%s%s", page_base(rq),
        uri_encode(rq->arena, page_param(rq, 0)), uri_encode(rq->arena, page_param(rq, 1)),
        at == NULL ? "" : "?at=", at == NULL ? "" : uri_encode(rq->arena, at));
}

fallible
event_show(struct request *rq, struct response *rs, const struct page_event *e, const char *at,
    const char *problem)
{
    const struct ical_component *c = e->at.component;
    const char *title = page_text(rq->arena, c, "SUMMARY");
    struct event_sheet sheet = {
        .here = page_event_here(rq, at), .etag = e->etag, .recurs = e->recurs, .problem = problem
    };
    struct view v;

    set_when(rq, e, &sheet);
    TRY(guests_show(rq, e, is_member(rq), &sheet));
    if (page_is_own(rq) && guests_hers(rq, c) != NULL)
        sheet.answer = guests_answer(guests_hers(rq, c));
    sheet.rule = rule_of(rq, e);
    sheet.place = page_text(rq->arena, c, "LOCATION");
    sheet.text = page_text(rq->arena, c, "DESCRIPTION");
    sheet.address = ical_value(c, "URL");
    sheet.status = status_of(c);
    sheet.calendar = e->calendar;
    TRY(attach_list(rq, e->calendar, c, &sheet.attached));
    sheet.may_attach = e->calendar->may_write && !page_is_own(rq);
    sheet.download = arena_printf(rq->arena, "%s?download", page_event_here(rq, NULL));
    if (e->calendar->may_write && sheet.answer == NULL)
        sheet.edit = arena_printf(rq->arena, "%s%sedit", sheet.here, at == NULL ? "?" : "&");
    sheet.back = arena_printf(rq->arena, "%s?date=%s", page_base(rq),
        page_iso_day(rq->arena, page_day(page_wall(page_zone(rq), e->at.start))));
    struct out *o =
        page_begin(rq, rs, title != NULL ? title : tr(rq->lang, "Event without a title"), &v);
    TRY(calendar_crumbs(rq, true, &v));
    if (problem != NULL)
        response_status(rs, 409);
    calendars_event(o, &v, &sheet);
    return NULL;
}

fallible
event_page(struct request *rq, struct response *rs)
{
    const char *at = request_query(rq, "at");
    struct page_calendars all;
    struct page_event e;

    TRY(page_calendars(rq, &all));
    TRY(page_event_find(rq, &all, at, &e));
    if (request_query(rq, "download") != NULL)
        return download(rq, rs, &e);
    if (request_query(rq, "edit") != NULL)
        return event_edit_page(rq, rs, &e, at);
    return event_show(rq, rs, &e, at, NULL);
}
