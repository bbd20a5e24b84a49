/* What calendars say of themselves: RFC 4791, 5.2; RFC 7809, 5; RFC 6638, 9.1; and how Apple's programs show them. */
#include "modules/calendars/props.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/zone.h"
#include "http/app.h"
#include "http/request.h"
#include "ical/match.h"
#include "ical/value.h"
#include "ical/zone_lacking.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/data.h"
#include "modules/calendars/object.h"
#include "modules/calendars/schedule/boxes.h"
#include "q/property.h"
#include "webdav/conditions.h"
#include "webdav/property.h"
#include "webdav/xml.h"

#define GETTER(name)                                                                               \
    static fallible name(struct request *rq UNUSED, const struct dav_node *node UNUSED,            \
        struct xml_out *x UNUSED, enum dav_got *got UNUSED)

static const char *const components[] = { "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY" };

/* ---------------------------------------------------------------- what it takes */

unsigned
component_set_of(const char *value)
{
    unsigned set = 0;

    for (size_t i = 0; value != NULL && i < COUNT_OF(components); i++)
        if (strstr(value, components[i]) != NULL)
            set |= object_bit(components[i]);
    return value == NULL ? TAKES_ALL : set;
}

fallible
component_set_make(struct request *rq, int64_t calendar, const struct xml_in *properties)
{
    const struct xml_in *wish = xml_child(properties, NS_CALDAV, "supported-calendar-component-set");
    const char *value = "";
    struct rows rows;

    if (wish == NULL)
        return NULL;
    for (const struct xml_in *comp = wish->first; comp != NULL; comp = comp->next) {
        const char *name = xml_attr(comp, "name");
        unsigned bit = name == NULL ? 0 : object_bit(name);

        if (xml_is(comp, NS_CALDAV, "comp") && bit != 0 &&
            (*value == '\0' || !(component_set_of(value) & bit)))
            value = arena_printf(rq->arena, "%s %s", value, name);
    }
    if (*value == '\0')
        return REFUSE(rq->arena, SUPPORTED_CALENDAR_COMPONENT);
    return q_property_store(rq->db, rq->arena, calendar, NS_CALDAV,
        "supported-calendar-component-set", value + 1, NULL, &rows);
}


GETTER(get_component_set)
{
    const char *value;
    unsigned set;

    TRY(prop_stored(rq, node, NS_CALDAV, "supported-calendar-component-set", &value));
    set = component_set_of(value);
    for (size_t i = 0; i < COUNT_OF(components); i++)
        if (set & object_bit(components[i])) {
            xml_open(x, NS_CALDAV, "comp");
            xml_attribute(x, "name", components[i]);
            xml_close(x);
        }
    return NULL;
}

GETTER(get_data_types)
{
    xml_open(x, NS_CALDAV, "calendar-data");
    xml_attribute(x, "content-type", "text/calendar");
    xml_attribute(x, "version", "2.0");
    xml_close(x);
    return NULL;
}

GETTER(get_size_max)
{
    xml_text(x, arena_printf(rq->arena, "%zu", rq->app->config->calendar_object_max));
    return NULL;
}

/* What iCalendar can say at all. */
GETTER(get_time_min)
{
    xml_text(x, "00010101T000000Z");
    return NULL;
}

GETTER(get_time_max)
{
    xml_text(x, "99991231T235959Z");
    return NULL;
}

GETTER(get_attendees_max)
{
    xml_text(x, arena_printf(rq->arena, "%d", ical_limits.attendees));
    return NULL;
}

/* RFC 4791, 7.5.1. */
GETTER(get_collations)
{
    for (int i = 0; i < COLLATIONS; i++)
        xml_leaf(x, NS_CALDAV, "supported-collation", ical_collations[i]);
    return NULL;
}

/* ---------------------------------------------------------------- its time zone */

static fallible
get_stored(struct request *rq, const struct dav_node *node, const char *ns, const char *name,
    struct xml_out *x, enum dav_got *got)
{
    const char *value;

    TRY(prop_stored(rq, node, ns, name, &value));
    if (value == NULL)
        *got = DAV_ABSENT;
    else
        xml_raw(x, value);
    return NULL;
}

/* As it is kept: what it says ends its lines with CRLF, which XML would take for LF. */
static const char *
as_xml(struct arena *arena, const char *text)
{
    struct buf b = buf_new(arena, 2 * strlen(text) + 1);

    for (const char *c = text; *c != '\0'; c++)
        if (*c == '\r')
            buf_text(&b, "&#13;");
        else
            buf_char(&b, *c);
    return buf_string(&b);
}

static const char *
zone_from_now(struct arena *arena, const char *tzid)
{
    int year, month, day;

    ical_civil(time_now() / 1000000 / ICAL_DAY, &year, &month, &day);
    return ical_zone_object(arena, tzid, year);
}

/* Without one of its own it goes by that of the installation (here.h). */
GETTER(get_timezone)
{
    const char *value;

    TRY(prop_stored(rq, node, NS_CALDAV, "calendar-timezone", &value));
    xml_raw(x, value != NULL
                   ? value
                   : as_xml(rq->arena, zone_from_now(rq->arena, rq->app->config->time_zone)));
    return NULL;
}

/* What is kept of a zone that has no name in tzdata is empty. */
GETTER(get_timezone_id)
{
    const char *value;

    TRY(prop_stored(rq, node, NS_CALDAV, "calendar-timezone-id", &value));
    if (value == NULL)
        xml_text(x, rq->app->config->time_zone);
    else if (*value == '\0')
        *got = DAV_ABSENT;
    else
        xml_raw(x, value);
    return NULL;
}

/* RFC 7809, 5.2: the two always say the same, whichever was set. NULL: neither is set any more. */
static fallible
keep_timezone_id(struct request *rq, const struct dav_node *node, const char *tzid)
{
    struct rows rows;

    if (tzid == NULL)
        return q_property_remove(
            rq->db, rq->arena, node->id, NS_CALDAV, "calendar-timezone-id", &rows);
    return q_property_store(rq->db, rq->arena, node->id, NS_CALDAV, "calendar-timezone-id",
        zone_exists(tzid) ? tzid : "", NULL, &rows);
}

/* RFC 4791, 5.2.2: an iCalendar object with exactly one VTIMEZONE. */
static fallible
set_timezone(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    struct ical_component *calendar;
    const char *tzid = NULL;

    if (value != NULL) {
        TRY(ical_read(rq->arena, rq->lang, &ical_calendar, &ical_limits, value->text,
            strlen(value->text), &calendar));
        const struct ical_component *zone = calendar->child;
        if (zone == NULL || zone->next != NULL || strcmp(zone->name, "VTIMEZONE") != 0)
            return REFUSE(rq->arena, ICAL_MALFORMED);
        tzid = ical_value(zone, "TZID");
        tzid = tzid == NULL ? "" : tzid;
    }
    TRY(keep_timezone_id(rq, node, tzid));
    return dead_set(rq, node, &(struct prop_name){ NS_CALDAV, "calendar-timezone" }, value);
}

static fallible
set_timezone_id(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    const char *tzid = value == NULL ? NULL : text_trim(rq->arena, value->text), *zone;
    struct rows rows;

    TRY(keep_timezone_id(rq, node, tzid));
    if (tzid == NULL)
        return q_property_remove(
            rq->db, rq->arena, node->id, NS_CALDAV, "calendar-timezone", &rows);
    zone = zone_from_now(rq->arena, tzid);
    if (zone == NULL)
        return REFUSE(rq->arena, VALID_TIMEZONE);
    return q_property_store(rq->db, rq->arena, node->id, NS_CALDAV, "calendar-timezone",
        as_xml(rq->arena, zone), NULL, &rows);
}

/* RFC 7809, 5.1: without one, that which everybody has (IANA's). */
GETTER(get_timezone_services)
{
    const char *service = rq->app->config->timezone_service;

    if (service == NULL)
        *got = DAV_ABSENT;
    else
        xml_href(x, service);
    return NULL;
}

/* ---------------------------------------------------------------- how she sees it */

GETTER(get_color)
{
    struct home_choice choice;

    TRY(home_choice(rq, node, &choice));
    if (choice.color == NULL)
        return get_stored(rq, node, NS_APPLE, "calendar-color", x, got);
    xml_text(x, choice.color);
    return NULL;
}

GETTER(get_order)
{
    struct home_choice choice;

    TRY(home_choice(rq, node, &choice));
    if (choice.order == NULL)
        return get_stored(rq, node, NS_APPLE, "calendar-order", x, got);
    xml_text(x, choice.order);
    return NULL;
}

static const char *
own_text(struct request *rq, const struct xml_in *value)
{
    const char *text = value == NULL ? "" : text_trim(rq->arena, value->text);

    return *text == '\0' ? NULL : text;
}

static fallible
set_color(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    struct home_choice choice;

    TRY(home_choice(rq, node, &choice));
    choice.color = own_text(rq, value);
    return home_choose(rq, node, &choice);
}

static fallible
set_order(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    struct home_choice choice;

    TRY(home_choice(rq, node, &choice));
    choice.order = own_text(rq, value);
    return home_choose(rq, node, &choice);
}

const struct dav_property calendar_properties[] = {
    HOME_DISPLAYNAME,
    { NS_CALDAV, "supported-calendar-component-set", ON_COLLECTION | STORED | AT_MAKING,
        .get = get_component_set },
    { NS_CALDAV, "supported-calendar-data", ON_COLLECTION, .get = get_data_types },
    { NS_CALDAV, "supported-collation-set", ON_COLLECTION, .get = get_collations },
    { NS_CALDAV, "max-resource-size", ON_COLLECTION, .get = get_size_max },
    { NS_CALDAV, "min-date-time", ON_COLLECTION, .get = get_time_min },
    { NS_CALDAV, "max-date-time", ON_COLLECTION, .get = get_time_max },
    { NS_CALDAV, "max-attendees-per-instance", ON_COLLECTION, .get = get_attendees_max },
    { NS_CALDAV, "calendar-timezone", ON_COLLECTION | STORED, .get = get_timezone,
        .set = set_timezone },
    { NS_CALDAV, "calendar-timezone-id", ON_COLLECTION | STORED, .get = get_timezone_id,
        .set = set_timezone_id },
    { NS_CALDAV, "schedule-calendar-transp", ON_COLLECTION | STORED, .get = transp_get,
        .set = transp_set },
    { NS_APPLE, "calendar-color", ON_COLLECTION | STORED | OF_PERSON, .get = get_color,
        .set = set_color },
    { NS_APPLE, "calendar-order", ON_COLLECTION | STORED | OF_PERSON, .get = get_order,
        .set = set_order },
    { .name = NULL },
};

const struct dav_property calendar_home_properties[] = {
    { NS_CALDAV, "timezone-service-set", ON_COLLECTION, .get = get_timezone_services },
    { .name = NULL },
};

const struct dav_property event_properties[] = {
    { NS_CALDAV, "supported-collation-set", ON_MEMBER, .get = get_collations },
    { NS_CALDAV, "calendar-data", ON_MEMBER, .get = calendar_data_get, .ask = calendar_data_ask,
        .prepare = calendar_data_prepare },
    { NS_CALDAV, "schedule-tag", ON_MEMBER, .get = tag_get, .ask = tag_ask,
        .prepare = tag_prepare },
    { .name = NULL },
};
