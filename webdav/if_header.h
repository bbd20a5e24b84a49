#ifndef WEBDAV_IF_HEADER_H
#define WEBDAV_IF_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct arena;

/* One condition of a list: a state token or an entity tag, perhaps negated. */
struct if_condition {
    bool is_not;
    const char *token; /* NULL: an entity tag */
    const char *etag;  /* as sent: "\"x\"" or "W/\"x\"" */
};

/* Conditions that must all hold. */
struct if_list {
    const char *resource; /* of a tagged list, as sent; NULL: the request's own */
    const struct if_condition *condition;
    int n;
};

/* The If header (RFC 4918, 10.4): true when one of the lists is. */
struct if_header {
    const struct if_list *list;
    int n;
};

struct if_limits {
    size_t bytes;
    int lists, conditions;
};

/* BAD_REQUEST when it is malformed or has too many parts, HEADERS_TOO_LARGE when it is too long. */
fallible if_parse(struct arena *, const char *header, const struct if_limits *, struct if_header *);

/* What a list is compared with: the state of its resource. */
struct if_state {
    const char *etag;         /* without quotes; NULL: none */
    const char *const *token; /* of the locks that cover it and are the asking person's */
    int n;
    /*
     * Tokens of others decide nothing, negated or not: what they protect is refused
     * by the lock itself, and the answer is 423 whatever was tried (A19, A32).
     */
    const char *const *foreign;
    int n_foreign;
};
bool if_list_holds(const struct if_list *, const struct if_state *);

/* Does the header submit this token, whatever the list says of the rest? Not behind a Not. */
bool if_submits(const struct if_header *, const char *token);

#endif
