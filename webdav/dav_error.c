#include <string.h>

#include "html/lang.h"
#include "html/out.h"
#include "http/route.h"
#include "webdav/multistatus.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

static void
say(struct out *out, const char *sentence)
{
    if (sentence == NULL)
        return;
    out_raw(out, sentence, strlen(sentence));
    out_raw(out, "\n", 1);
}

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

        multistatus_error(x, cond, e->href);
        xml_end(x);
        return;
    }
    struct out *out = response_text(rs, "text/plain; charset=utf-8");

    response_status(rs, cond->status);
    dav_headers(rq, rs);
    say(out, tr(rq->lang, cond->title));
    say(out, e->detail);
}
