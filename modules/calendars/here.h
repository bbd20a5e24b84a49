#ifndef CALENDARS_HERE_H
#define CALENDARS_HERE_H

#include "base/error.h"
#include "ical/zone.h"

struct dav_node;
struct request;
struct xml_in;

/*
 * The time zone by which goes what says none: floating times, whole days (RFC 4791, 7.3).
 */

/* That of a calendar, or of what is in it (calendar-timezone); without one that of the
 * installation. */
fallible here_of_calendar(struct request *, const struct dav_node *, const struct ical_zone **here);
/* That which a report names (CALDAV:timezone, CALDAV:timezone-id) before that of the calendar.
 * ICAL_MALFORMED, VALID_TIMEZONE. */
fallible here_of_report(struct request *, const struct dav_node *, const struct xml_in *root,
    const struct ical_zone **here);

#endif
