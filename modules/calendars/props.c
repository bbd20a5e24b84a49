/* What calendars say of themselves: RFC 4791, 5.2; RFC 6638, 9.1; and how Apple's programs show them. */
#include "modules/calendars/props.h"

#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/app.h"
#include "http/request.h"
#include "ical/match.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/data.h"
#include "modules/calendars/object.h"
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

GETTER(get_timezone)
{
    return get_stored(rq, node, NS_CALDAV, "calendar-timezone", x, got);
}

/* RFC 4791, 5.2.2: an iCalendar object with exactly one VTIMEZONE. */
static fallible
set_timezone(struct request *rq, const struct dav_node *node, const struct xml_in *value)
{
    struct ical_component *calendar;

    if (value != NULL) {
        TRY(ical_read(rq->arena, rq->lang, &ical_calendar, &ical_limits, value->text,
            strlen(value->text), &calendar));
        const struct ical_component *zone = calendar->child;
        if (zone == NULL || zone->next != NULL || strcmp(zone->name, "VTIMEZONE") != 0)
            return REFUSE(rq->arena, ICAL_MALFORMED);
    }
    return dead_set(rq, node, &(struct prop_name){ NS_CALDAV, "calendar-timezone" }, value);
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
    { NS_APPLE, "calendar-color", ON_COLLECTION | STORED | OF_PERSON, .get = get_color,
        .set = set_color },
    { NS_APPLE, "calendar-order", ON_COLLECTION | STORED | OF_PERSON, .get = get_order,
        .set = set_order },
    { .name = NULL },
};

const struct dav_property event_properties[] = {
    { NS_CALDAV, "supported-collation-set", ON_MEMBER, .get = get_collations },
    { NS_CALDAV, "calendar-data", ON_MEMBER, .get = calendar_data_get, .ask = calendar_data_ask,
        .prepare = calendar_data_prepare },
    { .name = NULL },
};
