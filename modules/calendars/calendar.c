/* Calendars, what is in them, and where both stand in the addresses. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/object.h"
#include "modules/calendars/principal.h"
#include "modules/calendars/props.h"
#include "modules/calendars/reports.h"
#include "modules/calendars/zones.h"
#include "q/calendar.h"
#include "webdav/conditions.h"
#include "webdav/store.h"
#include "webdav/xml.h"

#define TEXT_CALENDAR "text/calendar"

/* ---------------------------------------------------------------- events, tasks, journals */

static size_t
event_row_max(const struct config *config)
{
    return config->calendar_object_max;
}

/* What members write is never a page of ours, nor does it run anything (D22). */
static fallible
event_read(struct request *rq, const struct dav_node *node, struct response *rs)
{
    const struct store_content *content;
    const char *seen;
    size_t n;

    TRY(store_content(rq, node, &content));
    response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
    response_header(rs, "X-Content-Type-Options", "nosniff");
    if (content->bytes == NULL)
        return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "an event without content");
    TRY(zones_seen(rq, content->bytes, (size_t)node->length, &seen, &n));
    response_bytes(rs, node->type, seen, n);
    return NULL;
}

/* A client that names another type means something else (RFC 4791, 5.3.2.1). */
static bool
is_calendar_type(const char *type)
{
    size_t n = strcspn(type, "; ");

    return n == strlen(TEXT_CALENDAR) && strncasecmp(type, TEXT_CALENDAR, n) == 0;
}

static struct error *
uid_conflict(struct request *rq, const struct dav_node *node, const char *name)
{
    struct error *e = error_plain(rq->arena, &NO_UID_CONFLICT, HERE);
    size_t n = (size_t)(strrchr(node->href, '/') - node->href) + 1;

    e->href = arena_printf(
        rq->arena, "%.*s%s", (int)n, node->href, uri_encode(rq->arena, name));
    return e;
}

/* May an object with that UID and component be at this place of the calendar? */
static fallible
check_place(struct request *rq, const struct dav_node *node, const struct calendar_object *o)
{
    struct rows rows;

    TRY(q_calendar_takes(rq->db, rq->arena, node->parent_id, o->uid, node->id, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct calendar_takes_row row = calendar_takes_row(&rows, i);

        if (!(component_set_of(row.components) & object_bit(o->component)))
            return REFUSE(rq->arena, SUPPORTED_CALENDAR_COMPONENT);
        if (row.node_is_null)
            continue;
        if (row.node != node->id || strcmp(row.uid, o->uid) != 0)
            return uid_conflict(rq, node, row.name);
    }
    return NULL;
}

static fallible
note_object(struct request *rq, const struct dav_node *node, struct calendar_object *o)
{
    struct object_times t;
    struct rows rows;

    TRY(object_times(rq->arena, rq->lang, o, time_now() / 1000000, &t));
    db_defer(rq->db);
    return q_calendar_object_set(rq->db, rq->arena, node->parent_id, text_nfc(rq->arena, node->name),
        o->uid, o->component, t.zones, t.covers_from, t.open_from, t.again, t.exact, t.starts, t.ends, t.takes,
        &rows);
}

static const char *
type_of(struct arena *arena, const struct calendar_object *o)
{
    char *component = arena_copy(arena, o->component, strlen(o->component));

    for (char *c = component; *c != '\0'; c++)
        *c |= 'a' - 'A';
    return arena_printf(arena, TEXT_CALENDAR "; charset=utf-8; component=%s", component);
}

static fallible
event_write(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    struct dav_written *written)
{
    struct calendar_object o;
    struct dav_content whole;
    bool altered;

    if (content->inline_bytes == NULL ||
        content->blob->size > (int64_t)event_row_max(rq->app->config))
        return REFUSE(rq->arena, CALENDAR_TOO_LARGE);
    if (content->type != NULL && !is_calendar_type(content->type))
        return REFUSE(rq->arena, SUPPORTED_CALENDAR_DATA);
    TRY(object_read(
        rq->arena, rq->lang, content->inline_bytes, (size_t)content->blob->size, &o));
    TRY(check_place(rq, node, &o));
    TRY(zones_complete(rq, o.calendar, content, &whole, &altered));
    TRY(store_write(rq, node, &whole, type_of(rq->arena, &o), written));
    written->altered = altered;
    return note_object(rq, node, &o);
}

static fallible
event_remove(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(store_remove(rq, node));
    db_defer(rq->db);
    return q_calendar_object_forget(rq->db, rq->arena, node->id, &rows);
}

/* The calendar it comes to must take it, too. */
static fallible
check_arrival(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    const struct store_content *content;
    struct calendar_object o;
    struct dav_node there = *to;

    TRY(store_content(rq, node, &content));
    TRY(object_read(rq->arena, rq->lang, content->bytes, (size_t)node->length, &o));
    if (to->parent_id == node->parent_id)
        there.id = node->id;
    return check_place(rq, &there, &o);
}

static fallible
event_copy(struct request *rq, const struct dav_node *node, const struct dav_node *to, bool deep)
{
    struct rows rows;

    if (to->parent_id == node->parent_id)
        return uid_conflict(rq, node, node->name);
    TRY(check_arrival(rq, node, to));
    TRY(store_copy(rq, node, to, deep));
    db_defer(rq->db);
    return q_calendar_object_copy(rq->db, rq->arena, node->id, to->parent_id,
        text_nfc(rq->arena, to->name), &rows);
}

/* Out of its tree it is a copy and a removal: who has seen it there is told that it is gone. */
static fallible
event_move(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    struct rows rows;

    if (node->root_id != to->root_id) {
        TRY(event_copy(rq, node, to, true));
        return event_remove(rq, node);
    }
    TRY(check_arrival(rq, node, to));
    TRY(store_move(rq, node, to));
    if (to->parent_id == node->parent_id)
        return NULL;
    db_defer(rq->db);
    return q_calendar_object_move(rq->db, rq->arena, node->id, to->parent_id, &rows);
}

const struct dav_kind event_kind = {
    .name = "event",
    .vary = "CalDAV-Timezones",
    .row_max = event_row_max,
    .too_large = &CALENDAR_TOO_LARGE,
    .properties = event_properties,
    .reports = event_reports,
    .read = event_read,
    .write = event_write,
    .remove = event_remove,
    .copy = event_copy,
    .move = event_move,
    .quota = store_quota,
    .reserve = store_reserve,
};

/* ---------------------------------------------------------------- calendars */

/* Names that are something else in a home (RFC 6638, 2). */
static bool
is_reserved(const char *name)
{
    return strcmp(name, "inbox") == 0 || strcmp(name, "outbox") == 0 ||
           strcmp(name, "notifications") == 0;
}

static fallible
calendar_make(struct request *rq, const struct dav_node *node, const struct xml_in *properties)
{
    int64_t id;

    if (is_reserved(node->name) || strchr(node->name, '.') != NULL)
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang, "A calendar cannot have this name. Please choose another one."));
    TRY(store_make(rq, node, NULL, &id));
    return component_set_make(rq, id, properties);
}

/* All its events go with it, on every phone: that is for who may manage it. */
static fallible
calendar_remove(struct request *rq, const struct dav_node *node)
{
    if (!(node->rights & MAY_MANAGE))
        return REFUSE(rq->arena, NEED_WRITE);
    return store_remove(rq, node);
}

static const struct condition CALENDAR_MISPLACED = { 403, NS_CALDAV,
    "calendar-collection-location-ok", N_("A calendar cannot be there.") };

/* Another name; it stays whose it is. */
static fallible
calendar_move(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    if (!(node->rights & MAY_MANAGE))
        return REFUSE(rq->arena, FORBIDDEN);
    if (node->root_id != to->root_id || is_reserved(to->name) || strchr(to->name, '.') != NULL)
        return REFUSE(rq->arena, CALENDAR_MISPLACED);
    return store_move(rq, node, to);
}

static const struct dav_type calendar_type = { NS_CALDAV, "calendar" };

/* RFC 4791, 6.1.1. */
static const struct dav_type free_busy = { NS_CALDAV, "read-free-busy" };

const struct dav_kind calendar_kind = {
    .name = "calendar",
    .collection = true,
    .type = &calendar_type,
    .privilege = &free_busy,
    .privilege_is = "See when it is busy",
    .properties = calendar_properties,
    .reports = calendar_reports,
    .misplaced = &CALENDAR_MISPLACED,
    .member = &event_kind,
    .children = store_children,
    .several = store_several,
    .changes = store_changes,
    .make = calendar_make,
    .remove = calendar_remove,
    .move = calendar_move,
    .levels = store_levels,
    .set_levels = store_set_levels,
    .quota = store_quota,
};

/* ---------------------------------------------------------------- homes */

/* All calendars of a chapter or a person; it has no address. */
static const struct dav_kind calendars_kind = {
    .name = "calendars",
    .collection = true,
    .child_collection = &calendar_kind,
};

static const struct dav_kind home_kind = { .name = "calendar-home",
    .collection = true,
    .properties = calendar_home_properties,
    .children = home_children };
static const struct dav_kind above_kind = {
    .name = "calendar-homes", .collection = true, .children = home_list
};

const struct home calendars_home = {
    .tree = { .prefix = "/dav/calendars", .root = &calendars_kind },
    .kind = &home_kind,
    .above = &above_kind,
};

static fallible
calendars_find(struct request *rq, const struct path *below, struct dav_node *node)
{
    return home_find(rq, &calendars_home, below, node);
}

const struct dav_mount calendars_mount = {
    .prefix = "/dav/calendars",
    .area = AREA_CALENDARS,
    .features = "calendar-access, calendar-no-timezone",
    .principal_properties = calendars_principal_properties,
    .principal_searched = calendars_principal_searched,
    .scope = home_scope,
    .find = calendars_find,
};
