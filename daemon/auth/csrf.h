#ifndef AUTH_CSRF_H
#define AUTH_CSRF_H

#include <stdbool.h>

#include "base/error.h"

struct request;
struct response;

/* The name of the hidden field that every form carries. */
#define CSRF_FIELD "token"
/* And of the header in which a script of ours sends it instead. */
#define CSRF_HEADER "X-Form-Token"

/*
 * The value for it: <input type="hidden" name="token" value="{{token}}">.
 * Tied to the browser's cookie; a browser that has none is given one.
 */
const char *csrf_token(struct request *, struct response *);

/*
 * Was this sent by a page of ours? Looks at Sec-Fetch-Site and Origin, where
 * the browser sends them. FORBIDDEN otherwise.
 */
fallible csrf_check_origin(struct request *);

/* The same and the form token, in the form's field. FORBIDDEN with what to do about it. */
fallible csrf_check(struct request *);

/* The token for a cookie; for tests. */
const char *csrf_token_of(struct request *, const char *cookie);

#endif
