#ifndef WEBDAV_PRINCIPAL_H
#define WEBDAV_PRINCIPAL_H

#include "base/error.h"
#include "webdav/dav.h"

/* /dav/principals/: people under users/{uid}/, chapters under chapters/{slug}/. */
extern const struct dav_mount principal_mount;

/* The address of the asking person's principal. Asserts that somebody is signed in. */
const char *principal_self(struct request *);
/* The principal that owns what has this policy: a chapter or a person. NULL when it cannot be seen.
 */
fallible principal_owner(struct request *, const struct policy *, const char **href);

/* The asking person herself, if her name or mail holds `words`: others are not shown. */
fallible principal_search(struct request *, const char *words, struct dav_list *);

#endif
