/* What people and chapters have because there are calendars (RFC 4791, 6.2.1; RFC 6638, 2.4). */
#include "modules/calendars/principal.h"

#include <stddef.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "http/app.h"
#include "http/request.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/schedule/boxes.h"
#include "modules/calendars/schedule/group.h"
#include "webdav/principal.h"
#include "webdav/xml.h"

static fallible
get_home_set(struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    return home_get_set(rq, &calendars_home, AREA_CALENDARS, node, x, got);
}

static fallible
get_inbox(struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    return box_get_url(rq, node, inbox_kind.name, x, got);
}

static fallible
get_outbox(struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    return box_get_url(rq, node, outbox_kind.name, x, got);
}

/* Whichever of them stands in an event means her, or the group; "preferred" is Apple's. */
static fallible
get_addresses(
    struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got UNUSED)
{
    const char *mail = NULL;
    int64_t person;

    if (!principal_person(node, &person, &mail))
        mail = arena_printf(
            rq->arena, "%s@%s", node->name, group_domain(rq->app->config, rq->arena));
    if (mail != NULL) {
        xml_open(x, NS_DAV, "href");
        xml_attribute(x, "preferred", "1");
        xml_text(x, arena_printf(rq->arena, "mailto:%s", mail));
        xml_close(x);
    }
    xml_href(x, node->href);
    return NULL;
}

static fallible
get_type(struct request *rq UNUSED, const struct dav_node *node, struct xml_out *x,
    enum dav_got *got UNUSED)
{
    const char *mail;
    int64_t person;

    xml_text(x, principal_person(node, &person, &mail) ? "INDIVIDUAL" : "GROUP");
    return NULL;
}

const struct dav_property calendars_principal_properties[] = {
    { NS_CALDAV, "calendar-home-set", ON_ALL, .get = get_home_set },
    { NS_CALDAV, "calendar-user-address-set", ON_ALL, .get = get_addresses },
    { NS_CALDAV, "calendar-user-type", ON_ALL, .get = get_type },
    { NS_CALDAV, "schedule-inbox-URL", ON_ALL, .get = get_inbox },
    { NS_CALDAV, "schedule-outbox-URL", ON_ALL, .get = get_outbox },
    { .name = NULL },
};

const struct dav_searched calendars_principal_searched[] = {
    { NS_CALDAV, "calendar-user-address-set", "Calendar address" },
    { NS_CALDAV, "calendar-user-type", "Kind of calendar user" },
    { .name = NULL },
};
