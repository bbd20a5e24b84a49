#ifndef BASE_URI_H
#define BASE_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct arena;

/*
 * A path, percent-decoded once and normalised: no empty, "." or ".." part, no
 * NUL, "/" or "\" inside a part, UTF-8 checked. This is the only place that
 * knows percent signs.
 */
struct path {
    const char *const *part;
    int n;
    bool slash; /* the address ended in a slash */
};

/* What a path may not exceed; see struct config. */
struct path_limits {
    int segments;
    size_t segment, whole;
};

/*
 * Decodes the path of a request target (origin form, without query) or of a
 * Destination. Several slashes count as one. BAD_REQUEST when it is malformed,
 * ADDRESS_TOO_LONG past a limit.
 */
fallible uri_path(
    struct arena *, const char *raw, size_t n, const struct path_limits *, struct path *);

/* The canonical address of a path: upper-case %XX for all but A-Z a-z 0-9 - . _ ~ @ (cl-C3). */
const char *uri_href(struct arena *, const struct path *, bool slash);

/* One part, encoded in the same way. */
const char *uri_encode(struct arena *, const char *part);

/* Undoes %XX and, in a form, '+'. NULL when malformed or when it holds a NUL or is not UTF-8. */
const char *uri_decode(struct arena *, const char *s, size_t n, bool form);

/* An absolute http or https address, taken apart. host is lower case, without userinfo, brackets
 * and final dot. */
struct uri {
    const char *scheme, *host;
    int port;          /* the scheme's when none is given */
    const char *path;  /* raw, "/" when empty */
    const char *query; /* raw, NULL when absent */
};

/* false when s is not such an address. */
bool uri_parse(struct arena *, const char *s, struct uri *);

/* The host and port of a Host header (RFC 9110, 7.2), checked and lower-cased; false when
 * malformed. */
bool uri_host(struct arena *, const char *header, const char **host, int *port /* -1: none */);

#endif
