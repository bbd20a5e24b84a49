#include <string.h>

#include "auth/access.h"
#include "auth/app_password.h"
#include "auth/auth.h"
#include "auth/basic.h"
#include "auth/login.h"
#include "auth/session.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/route.h"

/* Wrong, impossible and unknown logins get the same answer. */
static fallible
by_basic(struct request *rq)
{
    struct credentials credentials;
    const struct principal *who;

    switch (basic_read(rq->arena, request_header(rq, "Authorization"), &credentials)) {
    case BASIC_ABSENT:
    case BASIC_REFUSED:
        return REFUSE(rq->arena, NOT_AUTHENTICATED);
    case BASIC_MALFORMED:
        return FAIL(
            rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "The Authorization header is malformed."));
    case BASIC_GIVEN:
        break;
    }
    if (!session_is_private(rq))
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang, "Passwords are accepted over https only. Please use the https address."));
    if (rq->app->config->app_passwords_only && !app_password_looks_like(credentials.password))
        return FAIL(rq->arena, NOT_AUTHENTICATED, "%s",
            tr(rq->lang, "Programs sign in with an app password here: make one on the page "
                         "\"Devices\" of your account."));
    TRY(login_check(rq, &credentials, &who));
    if (who == NULL || (who->until != 0 && who->until <= time_now()))
        return REFUSE(rq->arena, NOT_AUTHENTICATED);
    rq->who = who;
    return NULL;
}

fallible
who_authenticate(struct request *rq)
{
    rq->who = &nobody;
    switch (rq->route->login) {
    case LOGIN_NONE:
        return NULL;
    case LOGIN_PAGE:
        return session_find(rq, &rq->who);
    case LOGIN_DAV:
        return by_basic(rq);
    }
    return NULL;
}
