#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "http/request.h"

/*
 * What a request says about itself before anything of it is believed. The
 * library under us accepts heads that two readers could read in two ways; this
 * is where they end. After a refusal by the guard the connection is closed.
 */
struct field {
    const char *name, *value; /* NUL-terminated copies */
    size_t name_n, value_n;   /* a value with a NUL inside is longer than its text */
};

struct head {
    const char *method, *target, *version;
    const struct field *field;
    int n_fields;
    size_t size; /* of all of it where it lies, from the method on; 0: it lies nowhere (layout.h) */
};

enum target_form { TARGET_PATH, TARGET_ABSOLUTE, TARGET_SERVER /* "*" */ };

struct framing {
    enum method method;
    enum target_form form;
    bool chunked, expects_continue;
    int64_t length;   /* Content-Length; -1 when absent */
    const char *host; /* the Host header, raw; NULL in HTTP/1.0 */
};

#define GUARD_FIELDS       100
#define GUARD_HEAD         ((size_t)32 * 1024)
#define GUARD_REQUEST_LINE ((size_t)8 * 1024)

/* BAD_REQUEST, LENGTH_REQUIRED, ADDRESS_TOO_LONG, UNSUPPORTED_TYPE, HEADERS_TOO_LARGE,
 * NOT_IMPLEMENTED. */
fallible guard_check(struct arena *, const struct head *, struct framing *);

/* RFC 9110, 5.6.2. */
bool guard_is_token(const char *s, size_t n);

#endif
