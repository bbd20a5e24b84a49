#ifndef HTTP_BODY_IN_H
#define HTTP_BODY_IN_H

/* Private to daemon/http: how a body arrives. See http/body.h for what handlers see. */
#include "http/exchange.h"

struct spool;

/* Sets rq->body, when one is announced. TOO_LARGE, UNSUPPORTED_TYPE, BAD_REQUEST. */
fallible body_begin(struct exchange *);
/* Must a worker agree before any of it is taken? */
bool body_needs_admission(const struct exchange *);
/* Then: is it too large? TOO_LARGE. */
fallible body_fits(const struct exchange *);
/* After that: an upload gets its place in the spool. TRY_LATER when there is none. */
fallible body_admitted(struct exchange *, struct spool *);
/* Takes up to n bytes; fewer when the connection has been suspended meanwhile. */
fallible body_take(struct exchange *, const char *p, size_t n, size_t *taken);
/* All of it is there: BAD_REQUEST when it is not what was announced. */
fallible body_end(struct exchange *);

#endif
