#ifndef ICAL_ZONE_LACKING_H
#define ICAL_ZONE_LACKING_H

#include <stdbool.h>
#include <stddef.h>

#include "ical/object.h"

/*
 * Time zones by reference (RFC 7809): objects that name zones and say nothing of them, as programs
 * send them that know tzdata.
 */

/* Does a time of it name a zone that neither the object nor tzdata says anything of? */
bool ical_names_unknown_zone(struct arena *, const struct ical_component *calendar);

/*
 * An object, read from n bytes, with a VTIMEZONE in front of its components for each zone of tzdata
 * that it only names. *whole is `bytes` itself when it lacks none. ICAL_TOO_MUCH for more than
 * an object may have.
 */
fallible ical_add_zones(struct arena *, const struct ical_component *calendar, const char *bytes,
    size_t n, const char **whole, size_t *length);

/* An object with a VTIMEZONE alone, as tzdata has it from `year` on (calendar-timezone); NULL: it
 * has no such zone. */
const char *ical_zone_object(struct arena *, const char *tzid, int year);

#endif
