#ifndef ICAL_FILTER_H
#define ICAL_FILTER_H

#include "ical/match.h"
#include "ical/object.h"
#include "ical/timing.h"

/*
 * What calendar objects and contacts are looked for by (RFC 4791, 9.7 and 9.9; RFC 6352, 10.5). All
 * names are in capital letters. A filter without anything inside asks only that it is there.
 */

struct ical_param_filter {
    const char *name;
    bool absent;                    /* is-not-defined */
    const struct ical_match *match; /* NULL: none */
};

struct ical_prop_filter {
    const char *group; /* cards; NULL: of any, or of none */
    const char *name;
    bool absent;
    bool any;                       /* of the matches and parameters; otherwise all */
    const struct ical_range *range; /* NULL: none */
    const struct ical_match *match;
    int n_matches;
    const struct ical_param_filter *param;
    int n_params;
};

struct ical_filter {
    const char *name; /* of a component: "VCALENDAR" is the outermost */
    bool absent;
    bool any;                       /* of the properties; otherwise all */
    const struct ical_range *range; /* NULL: none */
    const struct ical_prop_filter *prop;
    int n_props;
    const struct ical_filter *part;
    int n_parts;
};

/* Can there be a time-range on a component, on a property of that name? */
bool ical_filter_has_time(const char *component);
bool ical_filter_has_date(const char *property);

/*
 * Does an object (of one outermost component) match? `here`: the zone by which goes what has none;
 * NULL: UTC. Of a recurrence one instance is enough for a range of time; when there are thousands
 * and none of those looked at is in it, it matches. Takes nothing of the arena for good.
 */
bool ical_filter_matches(struct arena *, const struct ical_filter *,
    const struct ical_component *object, const struct ical_zone *here);

#endif
