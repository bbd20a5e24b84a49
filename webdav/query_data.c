#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "webdav/query.h"
#include "webdav/xml.h"

const struct condition CALENDAR_DATA_UNSUPPORTED = { 403, NS_CALDAV, "supported-calendar-data",
    N_("Calendars are iCalendar (text/calendar, version 2.0) alone.") },
                       CALENDAR_DATA_MALFORMED = { 400,
                           .title =
                               N_("The part of the calendar data is not said in a valid way.") };

static fallible
malformed(struct arena *arena)
{
    return REFUSE(arena, CALENDAR_DATA_MALFORMED);
}

static int
count(const struct xml_in *e, const char *ns, const char *name)
{
    int n = 0;

    for (const struct xml_in *c = e->first; c != NULL; c = c->next)
        n += xml_is(c, ns, name);
    return n;
}

static fallible
read_name(struct arena *arena, const struct xml_in *e, const char **name)
{
    const char *given = xml_attr(e, "name");

    if (given == NULL || *given == '\0')
        return malformed(arena);
    *name = text_casemap_ascii(arena, given);
    return NULL;
}

/* All <prop> in an element. */
static fallible
read_props(struct arena *arena, const struct xml_in *e, const char *ns, struct ical_part *part)
{
    struct ical_wanted *prop = NEW_ARRAY(arena, struct ical_wanted, (size_t)count(e, ns, "prop"));

    part->prop = prop;
    for (const struct xml_in *c = e->first; c != NULL; c = c->next) {
        if (!xml_is(c, ns, "prop"))
            continue;
        const char *no_value = xml_attr(c, "novalue");
        struct ical_wanted *p = &prop[part->n_props++];
        TRY(read_name(arena, c, &p->name));
        p->no_value = no_value != NULL && strcmp(no_value, "yes") == 0;
    }
    part->all_props = xml_child(e, ns, "allprop") != NULL;
    return part->all_props && part->n_props > 0 ? malformed(arena) : NULL;
}

/* <comp>: as deep as the XML may be. */
static fallible
read_part(struct arena *arena, const struct xml_in *e, struct ical_part *part)
{
    struct ical_part *inner =
        NEW_ARRAY(arena, struct ical_part, (size_t)count(e, NS_CALDAV, "comp"));

    *part = (struct ical_part){ .part = inner };
    TRY(read_name(arena, e, &part->name));
    TRY(read_props(arena, e, NS_CALDAV, part));
    for (const struct xml_in *c = e->first; c != NULL; c = c->next)
        if (xml_is(c, NS_CALDAV, "comp"))
            TRY(read_part(arena, c, &inner[part->n_parts++]));
    part->all_parts = xml_child(e, NS_CALDAV, "allcomp") != NULL;
    return part->all_parts && part->n_parts > 0 ? malformed(arena) : NULL;
}

/* A range of which both ends are said. */
static fallible
read_whole_range(struct arena *arena, const struct xml_in *e, struct ical_range *range)
{
    if (xml_attr(e, "start") == NULL || xml_attr(e, "end") == NULL)
        return malformed(arena);
    return query_read_range(arena, e, &CALENDAR_DATA_MALFORMED, range);
}

static fallible
read_recurrence(struct arena *arena, const struct xml_in *e, struct ical_select *s)
{
    const struct xml_in *expand = xml_child(e, NS_CALDAV, "expand"),
                        *limit = xml_child(e, NS_CALDAV, "limit-recurrence-set"),
                        *busy = xml_child(e, NS_CALDAV, "limit-freebusy-set");

    if (expand != NULL && limit != NULL)
        return malformed(arena);
    if (expand != NULL || limit != NULL) {
        s->recurrence = expand != NULL ? SELECT_EXPANDED : SELECT_LIMITED;
        TRY(read_whole_range(arena, expand != NULL ? expand : limit, &s->range));
    }
    if (busy == NULL)
        return NULL;
    struct ical_range *range = NEW(arena, struct ical_range);
    s->busy = range;
    return read_whole_range(arena, busy, range);
}

fallible
query_read_calendar_data(struct arena *arena, const struct xml_in *e, struct ical_select *s)
{
    const char *type = xml_attr(e, "content-type"), *version = xml_attr(e, "version");
    const struct xml_in *comp = xml_child(e, NS_CALDAV, "comp");

    *s = (struct ical_select){ .part = NULL };
    if ((type != NULL && !text_same_nocase(type, "text/calendar")) ||
        (version != NULL && strcmp(version, "2.0") != 0))
        return REFUSE(arena, CALENDAR_DATA_UNSUPPORTED);
    TRY(read_recurrence(arena, e, s));
    if (comp == NULL)
        return NULL;
    struct ical_part *part = NEW(arena, struct ical_part);
    s->part = part;
    TRY(read_part(arena, comp, part));
    return count(e, NS_CALDAV, "comp") > 1 || strcmp(part->name, ical_calendar.component) != 0
               ? malformed(arena)
               : NULL;
}

fallible
query_read_address_data(struct arena *arena, const struct xml_in *e, struct ical_select *s)
{
    struct ical_part *part = NEW(arena, struct ical_part);

    *s = (struct ical_select){ .part = NULL };
    part->name = ical_card.component;
    TRY(read_props(arena, e, NS_CARDDAV, part));
    if (part->n_props > 0)
        s->part = part;
    return NULL;
}
