#ifndef WEBDAV_REPORT_H
#define WEBDAV_REPORT_H

#include <stdbool.h>

#include "webdav/dav.h"

/* The reports that webdav has for all kinds: method_report.c. Ends with a NULL name. */
extern const struct dav_report reports_common[];
/* Does such a report make sense on this node? */
bool report_applies(const struct dav_report *, const struct dav_node *);

/* Of those about principals: which properties they want. They have Depth 0 only. BAD_REQUEST. */
struct prop_request;
fallible report_principals_begin(
    struct request *, const struct xml_in *root, struct prop_request *);

/* report_sync.c, report_expand.c, report_principal.c, report_search.c */
typedef fallible dav_report_run(
    struct request *, const struct dav_node *, const struct xml_in *, struct response *);
dav_report_run report_sync, report_expand, report_principal_match, report_principal_search,
    report_search_properties;

/* report_multiget.c: members of a collection by their addresses; for tables of kinds under the name
 * it has for them (RFC 4791, 7.9; RFC 6352, 8.7). */
dav_report_run report_multiget;

#endif
