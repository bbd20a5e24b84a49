#include "modules/calendars/here.h"

#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/app.h"
#include "http/request.h"
#include "ical/object.h"
#include "modules/calendars/object.h"
#include "q/calendar_query.h"
#include "webdav/dav.h"
#include "webdav/xml.h"

/* An object with exactly one VTIMEZONE (RFC 4791, 5.2.2 and 9.8). */
static fallible
read_zone(struct request *rq, const char *text, const struct ical_zone **here)
{
    struct ical_component *calendar;

    TRY(ical_read(
        rq->arena, rq->lang, &ical_calendar, &ical_limits, text, strlen(text), &calendar));
    const struct ical_component *zone = calendar->child;
    const char *tzid = zone == NULL ? NULL : ical_value(zone, "TZID");
    if (tzid == NULL || zone->next != NULL || strcmp(zone->name, "VTIMEZONE") != 0)
        return REFUSE(rq->arena, ICAL_MALFORMED);
    *here = ical_zone_find(rq->arena, calendar, tzid);
    return *here == NULL ? REFUSE(rq->arena, ICAL_MALFORMED) : NULL;
}

/* What is kept is XML. */
static fallible
read_kept(struct request *rq, const char *value, const struct ical_zone **here)
{
    const struct xml_limits limits = { .depth = 2, .attributes = 8, .elements = 2 };
    const char *text = arena_printf(rq->arena, "<x>%s</x>", value);
    const struct xml_in *root;

    TRY(xml_parse(rq->arena, text, strlen(text), &limits, &root));
    return read_zone(rq, root->text, here);
}

fallible
here_of_calendar(struct request *rq, const struct dav_node *node, const struct ical_zone **here)
{
    const struct ical_component nothing = { .child = NULL };
    struct rows rows;

    TRY(q_calendar_zone(rq->db, rq->arena, node->collection ? node->id : node->parent_id, &rows));
    if (rows.n > 0)
        return read_kept(rq, calendar_zone_row(&rows, 0).value, here);
    *here = ical_zone_find(rq->arena, &nothing, rq->app->config->time_zone);
    return NULL;
}

fallible
here_of_report(struct request *rq, const struct dav_node *node, const struct xml_in *root,
    const struct ical_zone **here)
{
    const struct xml_in *zone = xml_child(root, NS_CALDAV, "timezone"),
                        *id = xml_child(root, NS_CALDAV, "timezone-id");
    const struct ical_component nothing = { .child = NULL };

    if (zone != NULL)
        return read_zone(rq, zone->text, here);
    if (id == NULL)
        return here_of_calendar(rq, node, here);
    *here = ical_zone_find(rq->arena, &nothing, text_trim(rq->arena, id->text));
    return *here == NULL ? REFUSE(rq->arena, VALID_TIMEZONE) : NULL;
}
