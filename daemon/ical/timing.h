#ifndef ICAL_TIMING_H
#define ICAL_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "ical/object.h"
#include "ical/value.h"
#include "ical/zone.h"

/*
 * When a component of a calendar is, apart from its recurrence, and what that means for a range of
 * time (RFC 4791, 9.9). Times are seconds since 1970; those of what floats or is a whole day are as
 * if its clock showed UTC.
 */

/* From then until just before `to`. INT64_MIN and INT64_MAX: it is open. */
struct ical_range {
    int64_t from, to;
};

/* How it is compared with a range of time. */
enum ical_shape {
    SHAPE_NEVER,     /* a journal without a date */
    SHAPE_SPAN,      /* an event */
    SHAPE_POINT,     /* without a length; a task with a start alone */
    SHAPE_TASK,      /* from its start until it is due */
    SHAPE_TASK_LONG, /* with a start and a duration */
    SHAPE_DUE,       /* a task that is due */
    SHAPE_DONE,      /* by when it was made and done */
    SHAPE_MADE,      /* by when it was made: from then on */
    SHAPE_ALWAYS,    /* a task without any time */
    SHAPE_OFFER,     /* free and busy time */
};

/* Does what is there from `start` to `end` overlap the range? INT64_MIN and INT64_MAX: it is open.
 */
bool ical_overlaps(enum ical_shape, int64_t start, int64_t end, int64_t from, int64_t to);

struct ical_timing {
    enum ical_shape shape;
    struct ical_time start;
    const struct ical_zone *zone; /* of the start; NULL: it floats, or is a date */
    bool nominal;                 /* `length`, not `exact`, says how long it is */
    struct ical_duration length;
    int64_t exact; /* seconds, not negative */
};

/*
 * Of a VEVENT, VTODO, VJOURNAL or VFREEBUSY. Why it cannot be said, as a msgid; NULL: it can.
 * The zones are those of the object.
 */
const char *ical_timing_read(struct arena *, const struct ical_component *calendar,
    const struct ical_component *, struct ical_timing *);

/* A time of that property, and its zone; as ical_timing_read(). */
const char *ical_time_of(struct arena *, const struct ical_component *calendar,
    const struct ical_line *, struct ical_time *, const struct ical_zone **);

/* A PERIOD, "20261121T180000Z/PT1H" or with its end (RFC 5545, 3.3.9), of clocks of that zone. */
bool ical_read_period(const char *s, int n, const struct ical_zone *, struct ical_range *);

/* The second at which it is so late. */
int64_t ical_when(struct ical_time, const struct ical_zone *);

/* When an instance that starts at `wall` starts and ends. */
void ical_timing_place(const struct ical_timing *, int64_t wall, int64_t *start, int64_t *end);

#endif
