#ifndef ICAL_SELECT_H
#define ICAL_SELECT_H

#include "ical/object.h"
#include "ical/timing.h"

struct buf;

/*
 * What of an object a client wants to have (calendar-data: RFC 4791, 9.6; address-data: RFC 6352,
 * 10.4), and writing it: lines stand there as they were sent, their folds too. All names are in
 * capital letters.
 */

struct ical_wanted {
    const char *name; /* of a property */
    bool no_value;
};

struct ical_part {
    const char *name; /* of a component: "VCALENDAR" is the outermost */
    bool all_props, all_parts;
    const struct ical_wanted *prop;
    int n_props;
    const struct ical_part *part;
    int n_parts;
};

struct ical_select {
    const struct ical_part *part; /* NULL: all of it */
    enum {
        SELECT_RULES,   /* a recurrence is what was sent */
        SELECT_LIMITED, /* of the changed instances those that matter in the range (9.6.6) */
        SELECT_EXPANDED /* each instance in the range is a component of its own (9.6.5) */
    } recurrence;
    struct ical_range range;
    const struct ical_range
        *busy;     /* of free and busy times those in this range (9.6.7); NULL: all */
    bool no_zones; /* of zones that everybody knows no VTIMEZONE (RFC 7809, 3.1.2) */
};

/* The whole object as it is? Then nobody needs to read it. */
bool ical_select_is_all(const struct ical_select *);

/*
 * Writes that of an object that was read from `bytes`. `here`: as in ical_filter_matches().
 * *instances: how many may still be made by expanding; they are counted off. False when they, or
 * the room in the buffer, are not enough: then what was written is worth nothing.
 */
bool ical_select_write(struct arena *, const struct ical_select *,
    const struct ical_component *object, const char *bytes, const struct ical_zone *here,
    int *instances, struct buf *to);

#endif
