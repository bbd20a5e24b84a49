#include "base/arena.h"
#include "http/route.h"
#include "webdav/serve.h"

/* For what cannot be seen or is not there at all: says nothing about it (cl-B4). */
static const char everything[] =
    "GET, HEAD, PUT, DELETE, OPTIONS, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK, REPORT";

/* OPTIONS never fails: clients take 403, 404, 405 and redirects for "no share here". */
fallible
method_options(struct request *rq, struct dav_state *s, struct response *rs)
{
    const char *allow = everything;
    struct error *e = dav_find(rq, &s->path, &s->node);

    if (e == NULL && s->node.exists && (s->node.rights & MAY_READ))
        allow = dav_allow(rq->arena, &s->node);
    else if (e != NULL && e->cond->status >= 500)
        return e;
    response_status(rs, 200);
    dav_headers(rq, rs);
    response_header(rs, "Allow", allow);
    response_header(rs, "Accept-Ranges", "bytes");
    return NULL;
}
