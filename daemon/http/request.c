#include "http/request.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/app.h"
#include "http/exchange.h"

const char *const method_names[METHODS] = {
    [GET] = "GET",
    [HEAD] = "HEAD",
    [POST] = "POST",
    [PUT] = "PUT",
    [DELETE] = "DELETE",
    [OPTIONS] = "OPTIONS",
    [PROPFIND] = "PROPFIND",
    [PROPPATCH] = "PROPPATCH",
    [MKCOL] = "MKCOL",
    [MKCALENDAR] = "MKCALENDAR",
    [COPY] = "COPY",
    [MOVE] = "MOVE",
    [LOCK] = "LOCK",
    [UNLOCK] = "UNLOCK",
    [REPORT] = "REPORT",
    [PATCH] = "PATCH",
};

const char *
request_header(const struct request *rq, const char *name)
{
    const struct head *head = &exchange_of(rq)->head;

    for (int i = 0; i < head->n_fields; i++) {
        if (text_same_nocase(head->field[i].name, name))
            return head->field[i].value;
    }
    return NULL;
}

const char *
request_header_list(const struct request *rq, const char *name)
{
    const struct head *head = &exchange_of(rq)->head;
    const char *list = NULL;

    for (int i = 0; i < head->n_fields; i++) {
        if (!text_same_nocase(head->field[i].name, name))
            continue;
        const char *value = head->field[i].value;
        list = list == NULL ? value : arena_printf(rq->arena, "%s, %s", list, value);
    }
    return list;
}

const char *
request_cookie(const struct request *rq, const char *name)
{
    const char *at = request_header(rq, "Cookie");
    size_t length = strlen(name);

    while (at != NULL && *at != '\0') {
        at += strspn(at, "; ");
        size_t n = strcspn(at, ";");
        if (n > length && at[length] == '=' && memcmp(at, name, length) == 0)
            return arena_copy(rq->arena, at + length + 1, n - length - 1);
        at += n;
    }
    return NULL;
}

const char *
request_query(const struct request *rq, const char *name)
{
    const char *s = rq->query;

    while (s != NULL && *s != '\0') {
        size_t n = strcspn(s, "&"), key = strcspn(s, "=&");
        const char *decoded = uri_decode(rq->arena, s, key, true);
        if (decoded != NULL && strcmp(decoded, name) == 0)
            return key == n ? "" : uri_decode(rq->arena, s + key + 1, n - key - 1, true);
        s += n + (s[n] == '&');
    }
    return NULL;
}

const char *
request_origin(const struct request *rq)
{
    const struct client *c = &rq->client;
    bool v6 = strchr(c->host, ':') != NULL;

    if (c->port < 0)
        return arena_printf(rq->arena, v6 ? "%s://[%s]" : "%s://%s", c->scheme, c->host);
    return arena_printf(rq->arena, v6 ? "%s://[%s]:%d" : "%s://%s:%d", c->scheme, c->host, c->port);
}

static int
port_of(const char *scheme, int port)
{
    return port >= 0 ? port : strcmp(scheme, "https") == 0 ? 443 : 80;
}

/* A proxy may speak https to a client and not tell us: 443 there is 80 here. */
static bool
is_usual(int port)
{
    return port == 80 || port == 443;
}

bool
request_is_our_host(const struct request *rq, const char *host, int port)
{
    const struct client *c = &rq->client;
    int seen = port_of(c->scheme, c->port);

    if (port >= 0 && port != seen && !(is_usual(port) && is_usual(seen)))
        return false;
    return text_same_nocase(host, c->host)
        || client_is_our_host(rq->arena, rq->app->config, c->loopback, host);
}
