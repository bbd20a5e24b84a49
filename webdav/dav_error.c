#include "http/route.h"
#include "webdav/multistatus.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* The element where an RFC has one; a sentence for people otherwise: some clients show it. */
void
dav_render_error(struct request *rq, struct response *rs, const struct error *e)
{
    const struct condition *cond = e->cond;
    const struct dav_state *s = rq->own;

    if (cond == &METHOD_NOT_ALLOWED && s != NULL && s->node.kind != NULL)
        response_header(rs, "Allow", dav_allow(rq->arena, &s->node));
    if (cond->name != NULL || cond == &STORAGE_FULL) {
        struct xml_out *x = dav_xml(rq, rs, cond->status);

        multistatus_error(x, cond, e->href, e->detail);
        xml_end(x);
        return;
    }
    problem_render(rq, rs, e);
    dav_headers(rq, rs);
}
