#ifndef ICAL_BUSY_H
#define ICAL_BUSY_H

#include "ical/object.h"
#include "ical/timing.h"

struct buf;

/* What an event is to the calendar of whoever has it. The numbers stand in the database
 * (occurrence.takes) and never change. */
enum ical_taken { TAKEN_NOTHING = 0, TAKEN_BUSY = 1, TAKEN_TENTATIVE = 2 };
enum ical_taken ical_taken_by(const struct ical_component *event);

/*
 * When somebody is busy (RFC 4791, 7.10; RFC 5545, 3.6.4): of events only when they are and how
 * certain that is, nothing of what they are.
 */
struct ical_busy;

#define ICAL_BUSY_MAX 10000 /* periods that are told */

/* `here`: the zone by which goes what has none; NULL: UTC. */
struct ical_busy *ical_busy_new(struct arena *, struct ical_range, const struct ical_zone *here);

/* Adds what an object takes up. False: there are more periods than are told. Takes nothing of the
 * arena for good. */
bool ical_busy_add(struct ical_busy *, const struct ical_component *object);

/* The same of what is known of one event without its object. */
bool ical_busy_take(struct ical_busy *, enum ical_taken, struct ical_range);

/* The periods by themselves, by their start; those that touch are one. They live with the arena. */
struct ical_period {
    struct ical_range span;
    bool sure; /* false: perhaps */
};
int ical_busy_periods(struct ical_busy *, const struct ical_period **);

/*
 * A VCALENDAR with one VFREEBUSY; stamp: seconds since 1970. Periods that touch are one. method and
 * whole lines of it that say whose it is: of an answer to somebody (RFC 5546, 3.3.3), or NULL.
 */
void ical_busy_write(
    struct ical_busy *, int64_t stamp, const char *method, const char *lines, struct buf *);

#endif
