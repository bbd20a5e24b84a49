/* Inbox and outbox of a person, and what she can say of how she is invited (RFC 6638, 2, 6, 9). */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/app.h"
#include "http/request.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/data.h"
#include "modules/calendars/props.h"
#include "modules/calendars/reports.h"
#include "modules/calendars/schedule/boxes.h"
#include "q/calendar.h"
#include "q/schedule.h"
#include "webdav/conditions.h"
#include "webdav/principal.h"
#include "webdav/property.h"
#include "webdav/store.h"
#include "webdav/xml.h"

static const struct condition VALID_DEFAULT_CALENDAR = { 403, NS_CALDAV,
    "valid-schedule-default-calendar-URL",
    N_("Invitations can come into a calendar of your own alone.") };

/* ---------------------------------------------------------------- where they are */

fallible
box_get_url(struct request *rq, const struct dav_node *node, const char *box, struct xml_out *x,
    enum dav_got *got)
{
    const char *mail;
    int64_t person;

    if (principal_person(node, &person, &mail) && person == rq->who->person &&
        access_enters(rq->who, AREA_CALENDARS))
        xml_href(x, arena_printf(rq->arena, "%s%s/", home_href(rq, &calendars_home), box));
    else
        *got = DAV_ABSENT;
    return NULL;
}

/* ---------------------------------------------------------------- into which calendar */

static fallible
get_default(struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    struct rows rows;

    TRY(q_schedule_default(rq->db, rq->arena, node->policy.person, &rows));
    if (rows.n == 0) {
        *got = DAV_ABSENT;
        return NULL;
    }
    xml_href(x, arena_printf(rq->arena, "%s%s/", home_href(rq, &calendars_home),
                    uri_encode(rq->arena, schedule_default_row(&rows, 0).name)));
    return NULL;
}

/* The calendar of an address, absolute or not, as long as it is one of hers. */
static fallible
find_own(struct request *rq, const struct dav_node *inbox, const char *address, int64_t *calendar)
{
    const struct config *c = rq->app->config;
    const struct path_limits limits = { (int)c->path_segments, c->name_max, c->path_max };
    struct path plain, path;
    struct dav_node node;
    struct uri uri;

    *calendar = 0;
    address = text_trim(rq->arena, address);
    if (address[0] != '/') {
        if (!uri_parse(rq->arena, address, &uri) || !request_is_our_host(rq, uri.host, uri.port))
            return NULL;
        address = uri.path;
    }
    if (uri_path(rq->arena, address, strlen(address), &limits, &plain) != NULL)
        return NULL;
    path = dav_path(rq->arena, &plain);
    struct error *e = dav_find(rq, &path, &node);
    if (e != NULL)
        return e->cond == &NOT_FOUND ? NULL : e;
    if (node.exists && node.kind == &calendar_kind && node.policy.person == inbox->policy.person)
        *calendar = node.id;
    return NULL;
}

/* RFC 6638, 9.2. */
static fallible
set_default(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    const struct xml_in *href = value == NULL ? NULL : xml_child(value, NS_DAV, "href");
    int64_t calendar = 0;
    struct rows rows;

    if (href != NULL)
        TRY(find_own(rq, node, href->text, &calendar));
    if (value != NULL && calendar == 0)
        return REFUSE(rq->arena, VALID_DEFAULT_CALENDAR);
    return q_schedule_choose(rq->db, rq->arena, node->policy.person,
        calendar == 0 ? NULL : &calendar, &rows);
}

/* ---------------------------------------------------------------- whether it makes her busy */

/* RFC 6638, 9.1: until somebody says so, what is in a calendar counts. */
fallible
transp_get(struct request *rq, const struct dav_node *node, struct xml_out *x,
    enum dav_got *got UNUSED)
{
    const char *value;

    TRY(prop_stored(rq, node, NS_CALDAV, "schedule-calendar-transp", &value));
    xml_leaf(x, NS_CALDAV,
        value != NULL && strstr(value, "transparent") != NULL ? "transparent" : "opaque", NULL);
    return NULL;
}

fallible
transp_set(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    if (value != NULL && (value->first == NULL || value->first->next != NULL ||
                             (!xml_is(value->first, NS_CALDAV, "opaque") &&
                                 !xml_is(value->first, NS_CALDAV, "transparent"))))
        return REFUSE(rq->arena, BAD_REQUEST);
    return dead_set(
        rq, node, &(struct prop_name){ NS_CALDAV, "schedule-calendar-transp" }, value);
}

/* ---------------------------------------------------------------- schedule-tag */

/* Tags of the nodes that are about to be answered. */
struct tags {
    struct rows rows;
};

fallible
tag_ask(struct request *rq, const struct dav_node *node UNUSED, const struct xml_in *e UNUSED,
    void **result)
{
    *result = NEW(rq->arena, struct tags);
    return NULL;
}

fallible
tag_prepare(struct request *rq, const struct dav_node *node, int n, void *asked)
{
    struct tags *tags = asked;
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)n + 1);

    if (tags == NULL)
        return NULL;
    for (int i = 0; i < n; i++)
        id[i] = node[i].id;
    return q_schedule_tags(rq->db, rq->arena, (struct ints){ id, n }, &tags->rows);
}

/* The rows are sorted. */
static const char *
find_tag(const struct rows *rows, int64_t node)
{
    int from = 0, to = rows->n;

    while (from < to) {
        int at = from + (to - from) / 2;
        struct schedule_tags_row row = schedule_tags_row(rows, at);
        if (row.node == node)
            return row.schedule_tag;
        if (row.node < node)
            from = at + 1;
        else
            to = at;
    }
    return NULL;
}

fallible
tag_get(struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    const struct tags *tags = prop_asked(rq);
    const int64_t id = node->id;
    struct rows rows;

    if (tags != NULL && tags->rows.result != NULL)
        rows = tags->rows;
    else
        TRY(q_schedule_tags(rq->db, rq->arena, (struct ints){ &id, 1 }, &rows));
    const char *tag = find_tag(&rows, node->id);
    if (tag == NULL)
        *got = DAV_ABSENT;
    else
        xml_text(x, arena_printf(rq->arena, "\"%s\"", tag));
    return NULL;
}

/* ---------------------------------------------------------------- kinds */

static fallible
item_read(struct request *rq, const struct dav_node *node, struct response *rs)
{
    return event_kind.read(rq, node, rs);
}

static fallible
item_remove(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(store_remove(rq, node));
    db_defer(rq->db);
    return q_calendar_object_forget(rq->db, rq->arena, node->id, &rows);
}

static const struct dav_property inbox_properties[] = {
    HOME_DISPLAYNAME,
    { NS_CALDAV, "schedule-default-calendar-URL", ON_COLLECTION, .get = get_default,
        .set = set_default },
    { .name = NULL },
};

const struct dav_kind inbox_item_kind = {
    .name = "inbox-item",
    .row_max = NULL,
    .properties = event_properties,
    .reports = event_reports,
    .read = item_read,
    .remove = item_remove,
};

static const struct dav_type inbox_type = { NS_CALDAV, "schedule-inbox" },
                             outbox_type = { NS_CALDAV, "schedule-outbox" };

/* RFC 6638, 6. Who may deliver to somebody and ask when she is busy is not said by rights to her
 * inbox, which nobody else sees. */
static const struct dav_privilege inbox_privileges[] = {
    { NS_CALDAV, "schedule-deliver", "Deliver messages", NULL },
    { NS_CALDAV, "schedule-deliver-invite", "Deliver invitations", "schedule-deliver" },
    { NS_CALDAV, "schedule-deliver-reply", "Deliver answers", "schedule-deliver" },
    { NS_CALDAV, "schedule-query-freebusy", "Ask when she is busy", "schedule-deliver" },
    { .name = NULL },
};
static const struct dav_privilege outbox_privileges[] = {
    { NS_CALDAV, "schedule-send", "Send messages", NULL },
    { NS_CALDAV, "schedule-send-invite", "Send invitations", "schedule-send" },
    { NS_CALDAV, "schedule-send-reply", "Send answers", "schedule-send" },
    { NS_CALDAV, "schedule-send-freebusy", "Ask when others are busy", "schedule-send" },
    { .name = NULL },
};

const struct dav_kind inbox_kind = {
    .name = "inbox",
    .collection = true,
    .type = &inbox_type,
    .privileges = inbox_privileges,
    .properties = inbox_properties,
    .reports = event_reports,
    .member = &inbox_item_kind,
    .children = store_children,
    .several = store_several,
    .changes = store_changes,
    .quota = store_quota,
};

static const struct dav_property outbox_properties[] = { HOME_DISPLAYNAME, { .name = NULL } };

const struct dav_kind outbox_kind = {
    .name = "outbox",
    .collection = true,
    .type = &outbox_type,
    .privileges = outbox_privileges,
    .properties = outbox_properties,
    .children = store_children,
    .several = store_several,
    .changes = store_changes,
    .quota = store_quota,
};
