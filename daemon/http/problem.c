#include <string.h>

#include "html/lang.h"
#include "html/out.h"
#include "http/response_out.h"

static void
write_member(struct out *o, const char *name, const char *value)
{
    if (value == NULL)
        return;
    out_raw(o, ",", 1);
    out_json(o, name);
    out_raw(o, ":", 1);
    out_json(o, value);
}

void
problem_render(struct request *rq, struct response *rs, const struct error *e)
{
    const char *accept = request_header(rq, "Accept"), *title = tr(rq->lang, e->cond->title);

    response_status(rs, e->cond->status);
    if (accept != NULL && strstr(accept, "json") != NULL) {
        struct out *o = response_text(rs, "application/problem+json");
        out_raw(o, "{\"status\":", 10);
        out_int(o, e->cond->status);
        write_member(o, "title", title);
        write_member(o, "detail", e->detail);
        write_member(o, "request", rq->id);
        out_raw(o, "}\n", 2);
        return;
    }
    struct out *o = response_text(rs, "text/plain; charset=utf-8");
    out_raw(o, title, strlen(title));
    out_raw(o, "\n", 1);
    if (e->detail != NULL) {
        out_raw(o, e->detail, strlen(e->detail));
        out_raw(o, "\n", 1);
    }
}
