#ifndef CONTACTS_PROPS_H
#define CONTACTS_PROPS_H

#include "webdav/dav.h"

/* Live properties (RFC 6352, 6.2 and 7.1): tables for kinds and for principals. */
extern const struct dav_property addressbook_properties[], card_properties[],
    contacts_principal_properties[];

#endif
