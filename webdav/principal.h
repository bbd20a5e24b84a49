#ifndef WEBDAV_PRINCIPAL_H
#define WEBDAV_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "webdav/dav.h"

/* /dav/principals/: people under users/{uid}/, chapters under chapters/{slug}/, boards and groups of
 * chapters under groups/{slug}+{name}/. */
extern const struct dav_mount principal_mount;

/* The address of the asking person's principal. Asserts that somebody is signed in. */
const char *principal_self(struct request *);
/* The principal that owns what has this policy: a chapter or a person. NULL when it cannot be seen.
 */
fallible principal_owner(struct request *, const struct policy *, const char **href);

/* A person, a chapter or a group? Not the collections that they are in. */
bool principal_is(const struct dav_node *);
/* Who a principal is: her number and mail (NULL: she has none); false for what is a group. */
bool principal_person(const struct dav_node *, int64_t *id, const char **mail);

/*
 * Everybody whom the asking person may find: herself, all chapters, groups of chapters in whose board
 * she is, or that she is in. Who else is a member is political data (GDPR, Art. 9).
 */
fallible principal_all(struct request *, struct dav_list *);

/* Addresses of principals that stand for the asking person (RFC 3744, 5.5.1): hers and those of
 * the chapters that she is a member of. */
struct principal_selves {
    const char **href;
    int n;
};
fallible principal_selves(struct request *, struct principal_selves *);
bool principal_among(const struct principal_selves *, const char *href);

#endif
