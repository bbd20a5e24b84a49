#ifndef AUTH_PRINCIPAL_H
#define AUTH_PRINCIPAL_H

#include <stddef.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"

struct arena;
struct bytes;
struct db;

/*
 * Loads who somebody is and what she may: by her id, or (person 0) by the hash
 * of her session. *who is `nobody` when she has no access any more.
 * With a session also what a state admin may look into at this moment.
 * *used_long_ago: the session's mark of use should be renewed. Inside a transaction.
 */
fallible principal_load(struct db *, struct arena *, int64_t person, const struct bytes *session,
    const struct principal **who, bool *used_long_ago);

/* A copy that lives as long as the arena. */
const struct principal *principal_copy(struct arena *, const struct principal *);

/* A copy in one block of malloc, for a cache: free() ends it. NULL without memory. */
struct principal *principal_keep(const struct principal *, size_t *size);

#endif
