#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

/*
 * Private to daemon/http: a request together with what serves it. The event
 * threads, the workers and the spool threads pass it on to each other by way of
 * `step`; who holds it is its only user.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/client.h"
#include "http/guard.h"
#include "http/request.h"

struct MHD_Connection;
struct MHD_Response;
struct connection;
struct front;
struct response;
struct stream;
struct upload;

enum step {
    ARRIVING,  /* the event thread takes the body, or soon answers */
    ADMITTING, /* a worker decides whether the body may come */
    ADMITTED,  /* it has; see `reply` whether it refused */
    RUNNING,   /* spool, then a worker; the connection is suspended */
    READY,     /* the reply is made */
    SENDING
};

/* A body on its way and afterwards: in memory, or with the spool. */
struct body {
    char *p; /* malloc; NUL-terminated once complete */
    size_t n, room, max;
    int64_t announced; /* Content-Length or X-Expected-Entity-Length; -1 unknown */
    int64_t received;
    bool complete;
    struct upload *upload;              /* NULL: in memory */
    const struct blob_content *content; /* settled */
    const char *inline_bytes;
    struct form *form; /* read at first use */
};

struct exchange {
    struct request rq; /* first: a request is cast back, see exchange_of() */
    struct front *front;
    struct exchange *next; /* in the queue */
    struct MHD_Connection *mhd;
    struct connection *connection;
    _Atomic enum step step;

    struct head head;
    struct framing framing;
    struct address peer, real;
    const char *allow;
    struct error *found;   /* what kept it from finding a route */
    struct db_scope scope; /* as `scope` of the route left it: a repetition starts from it */
    bool entered;          /* authenticated and scoped */

    bool refused; /* the rest of the body is thrown away; `reply` is what they get */
    bool close;   /* and then the connection ends */
    int64_t drained, drain_max;

    int64_t queued; /* time_monotonic() when it was handed over */
    struct response *rs;
    struct MHD_Response *reply;
    struct stream *stream; /* what the reply's body comes from; NULL: it is there already */
    int status;
    int64_t sent;              /* length of the reply */
    const struct error *error; /* what the reply is about; NULL when it went well */
};

static inline struct exchange *
exchange_of(const struct request *rq)
{
    return (struct exchange *)(uintptr_t)rq;
}

/* Does its head announce a body that is not empty? */
static inline bool
exchange_has_body(const struct exchange *ex)
{
    return ex->framing.chunked || ex->framing.length > 0;
}

/* From the head to the route, or to a reply at once. Any error is to be refused with. */
fallible exchange_open(struct exchange *);
/* Makes the reply to an error without worker and database. */
void exchange_refuse(struct exchange *, const struct error *);

/* A header of several lines as one list (RFC 9110, 5.3); NULL when absent. */
const char *request_header_list(const struct request *, const char *name);

#endif
