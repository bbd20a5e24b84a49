#ifndef ICAL_INSTANCES_H
#define ICAL_INSTANCES_H

#include "ical/object.h"
#include "ical/timing.h"

/*
 * The recurrence set of an object (RFC 5545, 3.8.5): its start, RRULE and RDATE, without EXRULE and
 * EXDATE, with the instances that were changed by themselves or with all that follow.
 */

struct ical_instance {
    int64_t start, end;
    struct ical_time recurrence;            /* as its RECURRENCE-ID is, or would be */
    struct ical_time id;                    /* the same in UTC, unless it floats or is a date */
    const struct ical_component *component; /* that says what it is */
    enum ical_shape shape;
    bool floats; /* start and end are what clocks on the wall show, wherever */
};

struct ical_instances {
    struct ical_instance *p; /* by their start */
    int n;
    int64_t until; /* all that start before that are here; as was asked for, or less */
};

struct ical_set;

/* Of components with one UID. Why not, as a msgid; NULL: *set is it. */
const char *ical_set_read(struct arena *, const struct ical_component *calendar,
    const struct ical_component *const *component, int n, struct ical_set **set);

/* Of a component of the calendar and all others of its name that have its UID. */
const char *ical_set_of(struct arena *, const struct ical_component *calendar,
    const struct ical_component *, struct ical_set **);
/* Do the two belong to one set? */
bool ical_set_joins(const struct ical_component *, const struct ical_component *);

/* Those that overlap the range, 14 h more each way when they float: not more than `most`. */
const char *ical_set_instances(
    struct ical_set *, int64_t from, int64_t to, int most, struct ical_instances *);

/* When it starts and ends where clocks show the time of that zone: what floats goes by them. */
struct ical_range ical_instance_span(const struct ical_instance *, const struct ical_zone *here);
/* Does it overlap the range there? */
bool ical_instance_in(
    const struct ical_instance *, const struct ical_zone *here, struct ical_range);

/* The earliest start there can be; are there perhaps instances after `to`? */
int64_t ical_set_first(const struct ical_set *);
bool ical_set_goes_on(const struct ical_set *, int64_t to);

#endif
