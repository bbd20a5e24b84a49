#include "base/arena.h"
#include "http/route.h"
#include "webdav/serve.h"
#include "webdav/upload.h"

/* For what cannot be seen or is not there at all: says nothing about it (cl-B4). */
static const char everything[] =
    "GET, HEAD, PUT, DELETE, OPTIONS, PROPFIND, PROPPATCH, MKCOL, MKCALENDAR, COPY, "
    "MOVE, LOCK, UNLOCK, REPORT";

/* Of a collection also what makes members: by PUT clients tell whether they may write (cl-B5). */
static const char *
allowed(struct request *rq, const struct dav_node *node)
{
    struct dav_node member = *node;
    const char *allow = dav_allow(rq->arena, node);

    member.exists = false;
    if (!dav_has_method(&member, PUT) || dav_has_method(node, PUT))
        return allow;
    return arena_printf(
        rq->arena, "%s, PUT%s", allow, dav_has_method(&member, MKCALENDAR) ? ", MKCOL, MKCALENDAR"
                                        : dav_has_method(&member, MKCOL)    ? ", MKCOL"
                                                                            : "");
}

/* OPTIONS never fails: clients take 403, 404, 405 and redirects for "no share here". */
fallible
method_options(struct request *rq, struct dav_state *s, struct response *rs)
{
    const char *allow = everything;
    struct error *e = dav_find(rq, &s->path, &s->node);

    if (e == NULL && s->node.exists && (s->node.rights & MAY_READ))
        allow = allowed(rq, &s->node);
    else if (e != NULL && e->cond->status >= 500)
        return e;
    response_status(rs, 200);
    dav_headers(rq, rs);
    upload_headers(rq, rs);
    response_header(rs, "Allow", allow);
    response_header(rs, "Accept-Ranges", "bytes");
    return NULL;
}
