#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/uri.h"
#include "db/db.h"

struct app;
struct arena;
struct body;
struct lang;
struct principal;
struct route;

/* Every method the server knows, in one list: see method_names. */
enum method {
    GET,
    HEAD,
    POST,
    PUT,
    DELETE,
    OPTIONS,
    PROPFIND,
    PROPPATCH,
    MKCOL,
    MKCALENDAR,
    COPY,
    MOVE,
    LOCK,
    UNLOCK,
    REPORT,
    PATCH,
    METHODS
};
extern const char *const method_names[METHODS];

/* Who is at the other end, as far as proxies we trust tell. */
struct client {
    const char *scheme;  /* "http" or "https", as the client sees us */
    const char *host;    /* without port */
    int port;            /* -1: the scheme's */
    const char *network; /* its /24 or /64, for throttling alone; never logged */
    bool loopback;
};

/*
 * One request. Written by the front while it arrives, then owned by one worker
 * thread until the handler returns, then by the front again. Never by two.
 */
struct request {
    struct arena *arena; /* ends when the reply has been sent */
    const struct app *app;
    const char *id; /* appears in every log line, and on every error page */
    enum method method;
    const char *href; /* the address, normalised and encoded by us, without query */
    struct path path;
    const char *query; /* raw; NULL when absent */
    const struct route *route;
    const char *param[4]; /* what the {names} of the route matched, in order */
    struct path rest;     /* what "**" matched */
    struct client client;
    const struct lang *lang;
    int64_t started; /* time_monotonic() */

    /* Set by app->authenticate before anything else runs; never NULL, nobody has no rights. */
    const struct principal *who;

    struct body *body; /* NULL when the request has none */

    /* What the transaction may touch: set from {chapter} of the route; a `prepare` may change it.
     */
    struct db_scope scope;
    /* The worker's: a handler, `admit` and authorize are inside a transaction, the steps before begin their own. */
    struct db *db;

    /* Space set aside while the body came, for the write that follows: see webdav/quota.h. lease 0:
     * none. */
    struct {
        int64_t chapter, lease, bytes;
        bool lasting; /* whose lease it is outlives the request, which does not give it back */
    } space;

    int64_t chapter; /* id of the route's {chapter}, set by app->authorize; 0 outside any */
    void
        *own; /* of the layer that serves the route, from scope to run; kept when it is run again */
};

/* A header's value, or NULL. Of several lines with this name the first. */
const char *request_header(const struct request *, const char *name);
/* A cookie's value, the first of this name; NULL when absent. */
const char *request_cookie(const struct request *, const char *name);
/* A field of the query, decoded; NULL when absent or malformed. */
const char *request_query(const struct request *, const char *name);
/* "https://host:port" as the client sees us, for where an absolute address is needed. */
const char *request_origin(const struct request *);
/* Is this host (and port, -1: none) one under which this installation answers? */
bool request_is_our_host(const struct request *, const char *host, int port);

#endif
