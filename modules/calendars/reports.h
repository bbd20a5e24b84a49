#ifndef CALENDARS_REPORTS_H
#define CALENDARS_REPORTS_H

#include "webdav/dav.h"

/* Reports of calendars and of what is in them (RFC 4791, 7). */
extern const struct dav_report calendar_reports[], event_reports[];

#endif
