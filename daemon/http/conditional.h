#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct request;

/* What is at the address now. */
struct state {
    bool exists;
    const char *etag; /* without quotes; NULL when it has none */
    int64_t modified; /* microseconds; 0 unknown */
};

/*
 * If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order
 * of RFC 9110, 13.2.2. PRECONDITION_FAILED, or *not_modified for GET and HEAD.
 */
fallible conditional_check(const struct request *, const struct state *, bool *not_modified);

#endif
