#include "auth/csrf.h"

#include <string.h>
#include <strings.h>

#include "auth/session.h"
#include "base/arena.h"
#include "base/token.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/form.h"
#include "http/request.h"

#define TOKEN_CHARS_MAX 64

/* A keyed hash with the cookie as the key: who has the token cannot find the cookie. */
const char *
csrf_token_of(struct request *rq, const char *cookie)
{
    static const char purpose[] = "chapterd form token";
    unsigned char mac[SHA256_SIZE];

    hmac_sha256(cookie, strlen(cookie), purpose, sizeof purpose - 1, mac);
    return hex_encode(rq->arena, mac, SHA256_SIZE);
}

const char *
csrf_token(struct request *rq, struct response *rs)
{
    return csrf_token_of(rq, session_for_forms(rq, rs));
}

static bool
is_ours(struct request *rq, const char *origin)
{
    struct uri uri;

    return uri_parse(rq->arena, origin, &uri) && strcmp(uri.scheme, rq->client.scheme) == 0 &&
           request_is_our_host(rq, uri.host, uri.port);
}

fallible
csrf_check_origin(struct request *rq)
{
    const char *site = request_header(rq, "Sec-Fetch-Site");
    const char *origin = request_header(rq, "Origin");

    /* A browser that says where the form was knows best; our Referrer-Policy makes Origin "null".
     */
    bool foreign = site != NULL
                       ? strcasecmp(site, "same-origin") != 0 && strcasecmp(site, "none") != 0
                       : origin != NULL && strcmp(origin, "null") != 0 && !is_ours(rq, origin);

    if (foreign)
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang, "This form was sent by another site. Nothing was changed."));
    return NULL;
}

fallible
csrf_check(struct request *rq)
{
    const char *cookie = session_cookie(rq), *sent = NULL;

    TRY(csrf_check_origin(rq));
    sent = request_header(rq, CSRF_HEADER);
    if (sent == NULL)
        TRY(form_maybe(rq, CSRF_FIELD, TOKEN_CHARS_MAX, &sent));
    if (cookie != NULL && sent != NULL) {
        const char *wanted = csrf_token_of(rq, cookie);
        if (strlen(sent) == strlen(wanted) && same_secret(sent, wanted, strlen(wanted)))
            return NULL;
    }
    return FAIL(rq->arena, FORBIDDEN, "%s",
        tr(rq->lang,
            "This form is no longer valid, nothing was changed. Please go back, reload the "
            "page and send it again. Cookies must be allowed for this site."));
}
