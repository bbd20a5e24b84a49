#ifndef CONTACTS_REPORTS_H
#define CONTACTS_REPORTS_H

#include "webdav/dav.h"

/* Reports of address books and of what is in them (RFC 6352, 8). */
extern const struct dav_report addressbook_reports[], card_reports[];

#endif
