#ifndef CALENDARS_DATA_H
#define CALENDARS_DATA_H

#include "base/error.h"
#include "webdav/dav.h"

/* calendar-data (RFC 4791, 9.6): what of an object is answered with, wherever it is asked for. */

/* Instances that one answer expands to, and their bytes (D16). */
#define DATA_INSTANCES_MAX 10000
#define DATA_EXPANDED_MAX  MB(8)

struct ical_zone;
struct prop_request;

/* A report says by which zone times go that have none: by that they are expanded, too. */
void calendar_data_here(const struct prop_request *, const struct ical_zone *here);

/* Operations of the property. TOO_MANY_MATCHES. */
fallible calendar_data_ask(
    struct request *, const struct dav_node *, const struct xml_in *, void **asked);
fallible calendar_data_prepare(struct request *, const struct dav_node *, int n, void *asked);
fallible calendar_data_get(
    struct request *, const struct dav_node *, struct xml_out *, enum dav_got *got);

#endif
