#include "auth/patterns.h"

#include <stddef.h>
#include <string.h>

#include "auth/page.h"
#include "auth/pages.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "html/qr.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"

#define FORM_MAX  KB(16)
#define NAME_MAX_ 400

static fallible
show(struct request *rq, struct response *rs, const char *typed, const char *wrong)
{
    static const char here[] = "/patterns";
    const struct crumb crumbs[] = { { tr(rq->lang, "Start page"), "/" },
        { tr(rq->lang, "Your account"), "/account" } };
    struct view v;
    struct qr qr;

    TRY(qr_make(rq->arena, arena_printf(rq->arena, "%s%s", request_origin(rq), here), &qr));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Patterns"), &v);

    v.crumbs = crumbs;
    v.n_crumbs = 2;
    page_patterns(o, &v,
        &(struct patterns_sheet){ .here = here, .typed = typed, .wrong = wrong, .qr = &qr });
    return NULL;
}

static fallible
get_patterns(struct request *rq, struct response *rs)
{
    return show(rq, rs, "", NULL);
}

/* The form that is shown works as every form does: refused with 422 and what was typed, or a redirect. */
static fallible
post_patterns(struct request *rq, struct response *rs)
{
    const char *name;

    TRY(form_maybe(rq, "sample", NAME_MAX_, &name));
    if (name == NULL || *text_trim(rq->arena, name) != '\0') {
        response_redirect(rs, "/patterns?done=sample");
        return NULL;
    }
    response_status(rs, 422);
    return show(rq, rs, name, tr(rq->lang, "Please enter a name, so that others find it."));
}

const struct route pattern_routes[] = {
    { GET, "/patterns", LOGIN_PAGE, NEED_STATE_ADMIN, READ_ONLY, BODY_NONE, .run = get_patterns },
    { POST, "/patterns", LOGIN_PAGE, NEED_STATE_ADMIN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .run = post_patterns },
    ROUTES_END,
};
