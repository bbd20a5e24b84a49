#ifndef ICAL_ZONE_H
#define ICAL_ZONE_H

#include <stdint.h>

#include "ical/object.h"

/*
 * What a TZID means: the zone of the system's tzdata of that name, or of the name that Windows, or
 * an old program, has for it; only when there is none, what a VTIMEZONE of the object says (RFC
 * 5545, 3.6.5). So a client cannot bend a known zone, and its rules are looked at in few objects.
 */
struct ical_zone;

extern const struct ical_zone ical_utc;

/*
 * calendar: the object, for its VTIMEZONEs. NULL when nobody says what the TZID means.
 * Takes the offsets of a VTIMEZONE up to the year 2100.
 */
const struct ical_zone *ical_zone_find(
    struct arena *, const struct ical_component *calendar, const char *tzid);

/* Its name in tzdata ("Europe/Berlin"); NULL: the object's own. */
const char *ical_zone_name(const struct ical_zone *);

/* Seconds east of UTC at that time (seconds since 1970). */
int ical_zone_offset(const struct ical_zone *, int64_t when);

/*
 * When clocks there show `wall`: the first time where they show it twice, and, where they never do,
 * as if they had not been put forward yet (RFC 5545, 3.3.5).
 */
int64_t ical_zone_when(const struct ical_zone *, int64_t wall);

#endif
