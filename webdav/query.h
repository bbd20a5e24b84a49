#ifndef WEBDAV_QUERY_H
#define WEBDAV_QUERY_H

#include "ical/filter.h"
#include "ical/select.h"

struct xml_in;

/*
 * What is asked of calendars and address books, out of the XML of RFC 4791 (9.6 to 9.9) and RFC
 * 6352 (10.4, 10.5). Nothing of it needs a database.
 */

/* Preconditions of RFC 4791, 7.8, and of RFC 6352, 8.6. */
extern const struct condition CALENDAR_VALID_FILTER, CALENDAR_SUPPORTED_FILTER,
    CALENDAR_SUPPORTED_COLLATION, CALENDAR_DATA_UNSUPPORTED, CALENDAR_DATA_MALFORMED,
    CARD_VALID_FILTER, CARD_SUPPORTED_FILTER, CARD_SUPPORTED_COLLATION;

/* More filters inside each other and side by side than any client has. */
#define QUERY_FILTERS_MAX 200

/* CALDAV:filter. CALENDAR_VALID_FILTER, _SUPPORTED_FILTER, _SUPPORTED_COLLATION. */
fallible query_read_filter(struct arena *, const struct xml_in *, struct ical_filter *);
/* CARDDAV:filter, in the same way. */
fallible query_read_card_filter(struct arena *, const struct xml_in *, struct ical_filter *);

/* CALDAV:time-range and the like: from `start` to `end`, one of them at least, in UTC. Fails with
 * that condition. */
fallible query_read_range(
    struct arena *, const struct xml_in *, const struct condition *invalid, struct ical_range *);

/* CALDAV:calendar-data. CALENDAR_DATA_UNSUPPORTED for another type or version, _MALFORMED. */
fallible query_read_calendar_data(struct arena *, const struct xml_in *, struct ical_select *);
/* The properties that a CARDDAV:address-data names; its type and version are the caller's. */
fallible query_read_address_data(struct arena *, const struct xml_in *, struct ical_select *);

#endif
