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
#include "modules/calendars/schedule/boxes.h"
#include "modules/calendars/zones.h"
#include "q/calendar.h"
#include "webdav/conditions.h"
#include "webdav/store.h"
#include "webdav/xml.h"

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
static const struct dav_privilege calendar_privileges[] = {
    { NS_CALDAV, "read-free-busy", "See when it is busy", NULL },
    { .name = NULL },
};

const struct dav_kind calendar_kind = {
    .name = "calendar",
    .collection = true,
    .type = &calendar_type,
    .privileges = calendar_privileges,
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

static const struct dav_kind *const boxes[] = { &inbox_kind, &outbox_kind, NULL };

/* All calendars of a chapter or a person; it has no address. */
static const struct dav_kind calendars_kind = {
    .name = "calendars",
    .collection = true,
    .child_collection = &calendar_kind,
    .others = boxes,
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
    .features = "calendar-access, calendar-auto-schedule, calendar-no-timezone",
    .principal_properties = calendars_principal_properties,
    .principal_searched = calendars_principal_searched,
    .scope = home_scope,
    .find = calendars_find,
};
