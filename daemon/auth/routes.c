#include <string.h>

#include "auth/access.h"
#include "auth/app_password.h"
#include "auth/auth.h"
#include "auth/basic.h"
#include "auth/csrf.h"
#include "auth/login.h"
#include "auth/next.h"
#include "auth/page.h"
#include "auth/pages.h"
#include "auth/passwords.h"
#include "auth/session.h"
#include "base/arena.h"
#include "base/macros.h"
#include "html/lang.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"

#define FORM_MAX KB(16)
#define NEXT_MAX 4096

/* What came of a posted sign-in, from prepare to run. */
struct attempt {
    const struct principal *who; /* NULL: it did not work */
    const char *user, *next;
    int status;
    const char *problem;
};

static fallible
show_form(struct request *rq, struct response *rs, const struct attempt *a)
{
    struct view v;
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Sign in"), &v);

    v.here = a->next;
    response_status(rs, a->status);
    page_login(o, &v,
        &(struct login_form){ .token = v.token[0] != '\0' ? v.token : csrf_token(rq, rs),
            .next = a->next,
            .user = a->user,
            .problem = a->problem });
    return NULL;
}

static fallible
get_login(struct request *rq, struct response *rs)
{
    const char *next = next_or_home(request_query(rq, "next"));

    if (rq->who->person != 0) {
        response_redirect(rs, next);
        return NULL;
    }
    return show_form(rq, rs, &(struct attempt){ .user = "", .next = next, .status = 200 });
}

/* What went wrong is told on the form itself, where one can try again. */
static fallible
explain(struct request *rq, struct attempt *a, struct error *e)
{
    if (e == NULL && a->who != NULL)
        return NULL;
    if (e == NULL) {
        a->status = 403;
        a->problem = tr(rq->lang, "The login name or the password is wrong.");
        return NULL;
    }
    if (e->cond != &TOO_MANY && e->cond != &TRY_LATER)
        return e;
    a->status = e->cond->status;
    a->problem =
        e->cond == &TOO_MANY && e->detail != NULL
            ? e->detail
            : tr(rq->lang,
                  "Nobody can sign in at the moment, because the directory does not answer. "
                  "Please try again in a minute.");
    return NULL;
}

/* Asks the directory, outside any transaction; so the form is checked here already. */
static fallible
prepare_login(struct request *rq)
{
    struct attempt *a = NEW(rq->arena, struct attempt);
    struct credentials c;
    const char *next, *password;

    TRY(csrf_check(rq));
    TRY(form_text(rq, "user", USER_BYTES_MAX * 4, &c.user));
    TRY(form_text(rq, "password", PASSWORD_BYTES_MAX * 4, &password));
    TRY(form_maybe(rq, "next", NEXT_MAX, &next));
    credentials_wipe_later(rq->arena, (char *)(uintptr_t)password); /* the form is ours alone */
    c.password = password;
    *a = (struct attempt){ .user = c.user, .next = next_or_home(next), .status = 200 };
    rq->own = a;

    struct error *e = NULL;
    if (!session_is_private(rq))
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang, "Passwords are accepted over https only. Please use the https address."));
    if (app_password_looks_like(c.password)) {
        a->status = 403;
        a->problem =
            tr(rq->lang, "This is an app password: it is for programs and devices. Here you "
                         "sign in with your own password.");
        return NULL;
    }
    if (credentials_possible(&c))
        e = login_check(rq, &c, &a->who);
    return explain(rq, a, e);
}

static fallible
post_login(struct request *rq, struct response *rs)
{
    const struct attempt *a = rq->own;

    if (a->who == NULL) {
        if (a->status != 403)
            response_header(rs, "Retry-After", "30");
        return show_form(rq, rs, a);
    }
    TRY(session_begin(rq, rs, a->who));
    response_redirect(rs, a->next);
    return NULL;
}

static fallible
post_logout(struct request *rq, struct response *rs)
{
    TRY(session_end(rq, rs));
    response_header(rs, "Clear-Site-Data", "\"cache\"");
    response_redirect(rs, "/?done=signed-out");
    return NULL;
}

/* Changes nothing but this browser's own pages, so the visitor needs no session and no token. */
static fallible
post_language(struct request *rq, struct response *rs)
{
    const char *tag, *next;

    TRY(csrf_check_origin(rq));
    TRY(form_text(rq, "language", 16, &tag));
    TRY(form_maybe(rq, "next", NEXT_MAX, &next));
    const struct lang *lang = lang_find(tag);
    if (lang == NULL)
        return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "This language is not available."));
    response_header(rs, "Set-Cookie",
        arena_printf(rq->arena, "language=%s; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax%s",
            lang->tag, strcmp(rq->client.scheme, "https") == 0 ? "; Secure" : ""));
    response_redirect(rs, next_or_home(next));
    return NULL;
}

const struct route auth_routes[] = {
    { .method = GET,
        .pattern = "/login",
        .login = LOGIN_PAGE,
        .need = ANYBODY,
        .tx = NO_TX,
        .run = get_login },
    { .method = POST,
        .pattern = "/login",
        .login = LOGIN_PAGE,
        .need = ANYBODY,
        .tx = READ_WRITE,
        .body = BODY_MEMORY,
        .body_max = FORM_MAX,
        .prepare = prepare_login,
        .run = post_login },
    { .method = POST,
        .pattern = "/logout",
        .login = LOGIN_PAGE,
        .need = ANYBODY,
        .tx = READ_WRITE,
        .body = BODY_MEMORY,
        .body_max = FORM_MAX,
        .run = post_logout },
    { .method = POST,
        .pattern = "/language",
        .login = LOGIN_NONE,
        .need = ANYBODY,
        .tx = NO_TX,
        .body = BODY_MEMORY,
        .body_max = FORM_MAX,
        .run = post_language },
    ROUTES_END,
};
