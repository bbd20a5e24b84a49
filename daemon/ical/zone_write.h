#ifndef ICAL_ZONE_WRITE_H
#define ICAL_ZONE_WRITE_H

#include "ical/zone.h"

struct buf;

/*
 * A VTIMEZONE (RFC 5545, 3.6.5) of a zone for what begins in `year` or later: as its clocks are put
 * forward and back in that time, without an end.
 */
void ical_write_zone(struct buf *, const struct ical_zone *, const char *tzid, int year);

#endif
