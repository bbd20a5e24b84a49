#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct request;

/* What is at the address now. */
struct state {
    bool exists;
    const char *etag; /* without quotes; NULL when it has none */
    int64_t modified; /* microseconds; 0 unknown */
};

/* The headers that tell when something may be written; each NULL when absent. */
struct preconditions {
    const char *match, *none_match, *unmodified_since;
};
struct preconditions preconditions_of(const struct request *);
bool preconditions_any(const struct request *);

/* The same as conditional_check() for a write with preconditions that were told earlier. */
fallible preconditions_check(struct arena *, const struct preconditions *, const struct state *);

/*
 * If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order
 * of RFC 9110, 13.2.2. PRECONDITION_FAILED, or *not_modified for GET and HEAD.
 */
fallible conditional_check(const struct request *, const struct state *, bool *not_modified);

#endif
