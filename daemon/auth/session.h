#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include <stdbool.h>

#include "base/error.h"

struct bytes;
struct principal;
struct request;
struct response;

/*
 * A browser that is signed in holds a random number of 128 bit in a cookie;
 * the table keeps its hash only. It ends after 30 days, or 7 days without use.
 */

/* The cookie's value as sent, if it has the form of one of ours; else NULL. */
const char *session_cookie(struct request *);

/* Who is signed in here; `nobody` when nobody is. A short transaction of its own. */
fallible session_find(struct request *, const struct principal **who);

/* Signs in under a new number, whatever the browser held. Inside the handler's transaction. */
fallible session_begin(struct request *, struct response *, const struct principal *who);

/* Signs out: here, now, and for every copy of the cookie. Inside the handler's transaction. */
fallible session_end(struct request *, struct response *);

/* What the table knows this browser's session by; false when it has none. */
bool session_hash(struct request *, struct bytes *);

/* Gives a browser without a session a number that its forms can be tied to; signs nobody in. */
const char *session_for_forms(struct request *, struct response *);

/* True when passwords and sessions may pass here: over https, or without leaving the machine. */
bool session_is_private(const struct request *);

#endif
