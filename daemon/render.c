#include "render.h"

#include <string.h>

#include "auth/auth.h"
#include "auth/page.h"
#include "base/error.h"
#include "base/macros.h"
#include "html/lang.h"
#include "html/pages.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "webdav/dav.h"

/* What to do next, where the condition alone can tell. */
static const char *
advice(int status)
{
    switch (status) {
    case 403:
        return N_("If you think that you should be allowed to, ask the board of the chapter.");
    case 404:
        return N_("Perhaps it was moved or deleted, or it is not meant for you.");
    case 412:
        return N_("Go back, load the page again and repeat what you did.");
    case 413:
    case 507:
        return N_("Nothing was stored. Delete something first, or ask the state admin for more space.");
    case 429:
    case 503:
        return N_("Nothing was lost. Please try again in a minute.");
    case 500:
        return N_("Please try again. If it happens again, tell whoever runs this server.");
    default:
        return NULL;
    }
}

static bool
wants(const struct request *rq, const char *type)
{
    const char *accept = request_header(rq, "Accept");

    return accept != NULL && strstr(accept, type) != NULL;
}

static void
render_page(struct request *rq, struct response *rs, const struct error *e)
{
    struct view v;
    /* Who came by a link is told what is the matter with it: she has nobody here to ask, and no
     * login. */
    bool stranger = rq->route != NULL && rq->route->secret && e->detail != NULL;
    const char *title = tr(rq->lang, e->cond->title),
               *next = stranger ? NULL : advice(e->cond->status);
    struct out *o = page_begin(rq, rs, title, &v);

    response_status(rs, e->cond->status);
    page_error(o, &v, e->cond->status, title, e->detail, next == NULL ? NULL : tr(rq->lang, next),
        v.person == NULL && !stranger && (e->cond->status == 403 || e->cond->status == 404));
}

void
render_error(struct request *rq, struct response *rs, const struct error *e)
{
    bool dav = rq->route != NULL ? rq->route->login == LOGIN_DAV
                                 : rq->path.n > 0 && strcmp(rq->path.part[0], "dav") == 0;

    if (e->cond == &SIGN_IN_FIRST)
        response_redirect(rs, e->href);
    else if (dav)
        dav_render_error(rq, rs, e);
    else if (wants(rq, "text/html"))
        render_page(rq, rs, e);
    else
        problem_render(rq, rs, e);
}
