#include <stdio.h>
#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/auth.h"
#include "auth/devices.h"
#include "auth/page.h"
#include "auth/pages.h"
#include "auth/session.h"
#include "auth/setup.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "q/account.h"
#include "q/audit.h"

#define FORM_MAX KB(16)
#define EVENTS   20 /* of the newest */

fallible
account_param_id(struct request *rq, int64_t *id)
{
    if (!text_to_int(rq->param[0], INT64_MAX, id))
        return REFUSE(rq->arena, NOT_FOUND);
    return NULL;
}

/* What an entry that is hers alone tells; msgids with the title. */
static const char *
event_text(struct request *rq, struct audit_of_person_row row)
{
    switch (audit_find(row.what)) {
    case AUDIT_APP_PASSWORD_MADE:
        return arena_printf(rq->arena, tr(rq->lang, "App password “%s” made"), row.title);
    case AUDIT_APP_PASSWORD_REMOVED:
        return arena_printf(rq->arena,
            row.by_operator
                ? tr(rq->lang, "App password “%s” removed by the operator of the server")
                : tr(rq->lang, "App password “%s” removed"),
            row.title);
    case AUDIT_PERSON_EXPORTED:
        return tr(rq->lang, "Your data exported");
    default:
        return row.what; /* of a later version */
    }
}

static fallible
read_events(struct request *rq, struct account_sheet *sheet)
{
    struct rows rows;

    TRY(q_audit_of_person(rq->db, rq->arena, rq->who->person, EVENTS, &rows));
    struct account_event *event = NEW_ARRAY(rq->arena, struct account_event, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct audit_of_person_row row = audit_of_person_row(&rows, i);
        event[i] = (struct account_event){
            .when = time_people(rq->arena, row.at, rq->app->config->time_zone, rq->lang->tag),
            .text = event_text(rq, row),
        };
    }
    sheet->event = event;
    sheet->n_events = rows.n;
    return NULL;
}

static bool
chairs_something(const struct principal *who)
{
    for (int i = 0; i < who->n_roles; i++)
        if (who->roles[i].role == ROLE_CHAIR)
            return true;
    return false;
}

static fallible
get_account(struct request *rq, struct response *rs)
{
    struct bytes here;
    struct rows rows;
    struct view v;
    const struct crumb home = { tr(rq->lang, "Start page"), "/" };

    bool known = session_hash(rq, &here);
    TRY(q_sessions_of(rq->db, rq->arena, rq->who->person, known ? &here : NULL, &rows));
    struct session_row *session = NEW_ARRAY(rq->arena, struct session_row, (size_t)rows.n + 1);
    const char *zone = rq->app->config->time_zone;
    for (int i = 0; i < rows.n; i++) {
        struct sessions_of_row row = sessions_of_row(&rows, i);

        session[i] = (struct session_row){
            .id = arena_printf(rq->arena, "%lld", (long long)row.id),
            .created = time_people(rq->arena, row.created, zone, rq->lang->tag),
            .used = time_people(rq->arena, row.used, zone, rq->lang->tag),
            .here = row.here,
        };
    }
    struct account_sheet sheet = { .uid = rq->who->uid,
        .mail = rq->who->mail,
        .session = session,
        .n = rows.n,
        .chairs = chairs_something(rq->who) };
    TRY(read_events(rq, &sheet));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Your account"), &v);
    v.crumbs = &home;
    v.n_crumbs = 1;
    page_account(o, &v, &sheet);
    return NULL;
}

static fallible
post_session_end(struct request *rq, struct response *rs)
{
    struct rows rows;
    int64_t id;

    TRY(account_param_id(rq, &id));
    TRY(q_session_end_other(rq->db, rq->arena, rq->who->person, id, &rows));
    if (rows.n == 0)
        return FAIL(
            rq->arena, NOT_FOUND, "%s", tr(rq->lang, "That browser is signed out already."));
    response_redirect(rs, "/account?done=session-ended");
    return NULL;
}

/* App passwords stay: who has lost a telephone takes back that one alone. */
static fallible
post_sign_out_everywhere(struct request *rq, struct response *rs)
{
    struct rows rows;

    TRY(q_session_end_all(rq->db, rq->arena, rq->who->person, &rows));
    TRY(session_end(rq, rs));
    response_header(rs, "Clear-Site-Data", "\"cache\"");
    response_redirect(rs, "/?done=signed-out-everywhere");
    return NULL;
}

/* Her own rows, and no chapter's. */
static fallible
own_scope(struct request *rq)
{
    rq->scope.person = rq->who->person;
    return NULL;
}

#define SHOW(path, handler)                                                                        \
    {                                                                                              \
        .method = GET, .pattern = path, .login = LOGIN_PAGE, .need = SIGNED_IN, .tx = READ_ONLY,   \
        .scope = own_scope, .run = handler                                                         \
    }
#define SEND(path, handler)                                                                        \
    {                                                                                              \
        .method = POST, .pattern = path, .login = LOGIN_PAGE, .need = SIGNED_IN, .tx = READ_WRITE, \
        .body = BODY_MEMORY, .body_max = FORM_MAX, .scope = own_scope, .run = handler              \
    }

const struct route account_routes[] = {
    SHOW("/account", get_account),
    SEND("/account/sessions/{id}/end", post_session_end),
    SEND("/account/sign-out-everywhere", post_sign_out_everywhere),
    SHOW("/account/devices", devices_get),
    SEND("/account/devices", devices_post),
    SEND("/account/devices/{id}/remove", devices_post_remove),
    SHOW("/account/devices/setup", setup_get),
    SEND("/account/devices/setup", setup_post),
    { .method = GET,
        .pattern = "/setup/{token}",
        .login = LOGIN_NONE,
        .need = ANYBODY,
        .tx = READ_ONLY,
        .secret = true,
        .scope = setup_scope,
        .run = setup_offer_get },
    { .method = POST,
        .pattern = "/setup/{token}",
        .login = LOGIN_NONE,
        .need = ANYBODY,
        .tx = READ_WRITE,
        .body = BODY_MEMORY,
        .body_max = FORM_MAX,
        .secret = true,
        .scope = setup_scope,
        .run = setup_offer_post },
    ROUTES_END,
};
