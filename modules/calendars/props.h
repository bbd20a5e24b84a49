#ifndef CALENDARS_PROPS_H
#define CALENDARS_PROPS_H

#include "base/error.h"
#include "webdav/dav.h"

/* Live properties (RFC 4791, 5.2 and 9; RFC 7809, 5): tables for kinds. */
extern const struct dav_property calendar_properties[], calendar_home_properties[], event_properties[];

/* supported-calendar-component-set as TAKES_... (object.h): of what is stored, NULL: all. */
unsigned component_set_of(const char *value);
/* Of a calendar that is being made; NULL or without it: all but VFREEBUSY. SUPPORTED_CALENDAR_COMPONENT
 * when nothing is left that a calendar can take. */
fallible component_set_make(
    struct request *, int64_t calendar, const struct xml_in *properties);

#endif
