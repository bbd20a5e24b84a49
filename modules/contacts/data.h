#ifndef CONTACTS_DATA_H
#define CONTACTS_DATA_H

#include "base/error.h"
#include "webdav/dav.h"

/*
 * address-data (RFC 6352, 10.4): a card in the version of vCard that was asked for, 3.0 when none
 * was, and of its properties those that were. Operations of the property.
 */
fallible data_ask(struct request *, const struct dav_node *, const struct xml_in *, void **asked);
fallible data_prepare(struct request *, const struct dav_node *, int n, void *asked);
fallible data_get(struct request *, const struct dav_node *, struct xml_out *, enum dav_got *got);

#endif
