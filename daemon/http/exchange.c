/* From a head to a request that knows its route. No byte of the body has been looked at. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "html/lang.h"
#include "html/out.h"
#include "http/app.h"
#include "http/body_in.h"
#include "http/exchange.h"
#include "http/front_in.h"
#include "http/layout.h"
#include "http/reaper.h"
#include "http/response_out.h"
#include "http/route.h"

static fallible
say_why(struct request *rq, struct response *rs UNUSED)
{
    return exchange_of(rq)->found;
}

/*
 * How much of a refused body is thrown away before the connection is closed over
 * it. A stranger gets the small limit; not so through a proxy of ours: it makes 502
 * of an answer that comes with a closed connection, so that whoever is asked for a
 * password would not learn of it, and it has limits of its own for its clients.
 */
static int64_t
drain_max(const struct exchange *ex)
{
    const struct config *config = ex->rq.app->config;
    bool proxied = networks_have(ex->front->trusted, &ex->peer) &&
                   request_header(&ex->rq, "X-Forwarded-For") != NULL;

    return (int64_t)(proxied ? config->drain_max : config->drain_max_anonymous);
}

/* Errors on the way to a route are shown like others, to the person who is signed in. */
static const struct route no_route = {
    .method = GET,
    .pattern = "",
    .login = LOGIN_PAGE,
    .need = ANYBODY,
    .tx = NO_TX,
    .body = BODY_NONE,
    .run = say_why,
};

/* Host and port, path and query of the target; the authority is NULL in origin form. */
static void
split_target(struct arena *arena, const char *target, enum target_form form, const char **authority,
    const char **path, size_t *path_n, const char **query)
{
    *authority = NULL;
    if (form == TARGET_ABSOLUTE) {
        const char *host = strstr(target, "//") + 2;
        size_t n = strcspn(host, "/?");
        *authority = arena_copy(arena, host, n);
        target = host + n;
    }
    size_t n = strcspn(target, "?");
    *path = n == 0 ? "/" : target;
    *path_n = n == 0 ? 1 : n;
    *query = target[n] == '?' ? target + n + 1 : NULL;
}

static fallible
find_address(struct exchange *ex)
{
    struct request *rq = &ex->rq;
    const struct config *config = rq->app->config;
    const struct path_limits limits = { (int)config->path_segments, config->name_max,
        config->path_max };
    const char *authority, *path;
    size_t n;

    split_target(rq->arena, ex->head.target, ex->framing.form, &authority, &path, &n, &rq->query);
    TRY(client_find(rq->arena, config, ex->front->trusted, &ex->peer, ex->connection->tls,
        &ex->head, authority != NULL ? authority : ex->framing.host, &rq->client, &ex->real));
    if (ex->framing.form == TARGET_SERVER) {
        rq->href = "*";
        return NULL;
    }
    TRY(uri_path(rq->arena, path, n, &limits, &rq->path));
    rq->href = uri_href(rq->arena, &rq->path, rq->path.slash);
    return NULL;
}

static fallible
find_route(struct exchange *ex)
{
    struct request *rq = &ex->rq;
    struct error *e = route_find(rq, &ex->allow);

    if (e != NULL && !exchange_has_body(ex)) {
        ex->found = e;
        rq->route = &no_route;
        return NULL;
    }
    return e;
}

/* Answers OPTIONS where no route does: it is never an error (cl-B4). */
static void
answer_options(struct exchange *ex)
{
    response_header(ex->rs, "Allow",
        ex->allow != NULL ? ex->allow
                          : "GET, HEAD, POST, PUT, DELETE, OPTIONS, PROPFIND, PROPPATCH, MKCOL, "
                            "MKCALENDAR, COPY, MOVE, LOCK, UNLOCK, REPORT, PATCH");
    if (response_end(&ex->rq, ex->rs) == NULL)
        reply_make(ex);
}

/*
 * Does it cross a net in clear, without a proxy of ours in between that would know more?
 * Nothing of it is looked at then but its address, least of all a password.
 */
static bool
is_in_clear(const struct exchange *ex)
{
    const struct request *rq = &ex->rq;

    return !ex->connection->tls && !address_is_loopback(&ex->peer) &&
           !networks_have(ex->front->trusted, &ex->peer) &&
           (rq->route == NULL || rq->route->login != LOGIN_NONE || rq->route->secret);
}

/* Who only reads is shown the way; who has sent something is told, and sends it again by himself. */
static fallible
send_to_tls(struct exchange *ex)
{
    struct request *rq = &ex->rq;
    const char *base = rq->app->config->base_url;
    bool reads = rq->method == GET || rq->method == HEAD || rq->method == OPTIONS ||
                 rq->method == PROPFIND || rq->method == REPORT;

    if (!reads || base == NULL || !text_starts(base, "https://"))
        return REFUSE(rq->arena, UPGRADE_REQUIRED);
    int n = (int)strcspn(base + strlen("https://"), "/") + (int)strlen("https://");
    response_status(ex->rs, 308);
    response_header(ex->rs, "Location",
        arena_printf(rq->arena, "%.*s%s%s%s", n, base, strcmp(rq->href, "*") == 0 ? "/" : rq->href,
            rq->query == NULL ? "" : "?", rq->query == NULL ? "" : rq->query));
    TRY(response_end(rq, ex->rs));
    ex->refused = true;
    reply_make(ex);
    return NULL;
}

/* What the visitor chose (POST /language keeps it in a cookie), else what her browser asks for. */
static const struct lang *
language_of(struct request *rq)
{
    const char *tag = request_cookie(rq, "language");
    const struct lang *chosen = tag == NULL ? NULL : lang_find(tag);

    return chosen != NULL ? chosen
                          : lang_accept(request_header(rq, "Accept-Language"), rq->app->lang);
}

fallible
exchange_open(struct exchange *ex)
{
    struct request *rq = &ex->rq;

    rq->lang = language_of(rq);
    rq->href = "/";
    rq->scope.chapters = "";
    /* Until the body is found well framed, nothing behind the head can be trusted. */
    ex->close = true;
    if (ex->front->reads_leniently)
        TRY(layout_check(rq->arena, &ex->head));
    TRY(guard_check(rq->arena, &ex->head, &ex->framing));
    rq->method = ex->framing.method;
    TRY(find_address(ex));
    ex->close = false;
    ex->drain_max = drain_max(ex);
    struct error *e = ex->framing.form == TARGET_SERVER ? NULL : find_route(ex);
    if (is_in_clear(ex))
        return send_to_tls(ex);
    if (rq->method == OPTIONS && (rq->route == NULL || rq->route == &no_route) && !exchange_has_body(ex)) {
        answer_options(ex);
        return NULL;
    }
    if (e != NULL)
        return e;
    if (rq->route == NULL) /* OPTIONS * with a body */
        return REFUSE(rq->arena, UNSUPPORTED_TYPE);
    if (rq->route->login == LOGIN_DAV && request_header(rq, "Authorization") == NULL)
        return REFUSE(rq->arena, NOT_AUTHENTICATED);
    return body_begin(ex);
}

void
exchange_refuse(struct exchange *ex, const struct error *e)
{
    ex->refused = true;
    ex->error = e;
    response_error(ex, ex->rs, e, true);
    reply_make(ex);
}
