#ifndef CALENDARS_PRINCIPAL_H
#define CALENDARS_PRINCIPAL_H

#include "webdav/dav.h"

/* For the mount: what principals have because of calendars, and by which of it they are found. */
extern const struct dav_property calendars_principal_properties[];
extern const struct dav_searched calendars_principal_searched[];

#endif
