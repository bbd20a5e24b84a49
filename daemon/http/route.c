#include "http/route.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "http/app.h"
#include "http/exchange.h"

/* A match: the larger the score, the more exactly the pattern names the path. */
struct match {
    const struct route *route;
    uint64_t score;
    const char *param[COUNT_OF(((struct request *)NULL)->param)];
    struct path rest;
};

/* What a part of a pattern is worth, from the first part of the path on. */
enum { REST = 0, END = 1, NAMED = 2, LITERAL = 3, PARTS_SCORED = 32 };

static uint64_t
add_score(uint64_t score, int part, unsigned worth)
{
    return part < PARTS_SCORED ? score | (uint64_t)worth << (2 * (PARTS_SCORED - 1 - part)) : score;
}

static bool
matches(const char *pattern, const struct path *path, struct match *m)
{
    int part = 0, params = 0;

    for (const char *s = pattern + 1; *s != '\0'; part++) {
        size_t n = strcspn(s, "/");
        if (n == 2 && memcmp(s, "**", 2) == 0) {
            int left = path->n - part;
            m->rest = (struct path){ left > 0 ? path->part + part : NULL, left, path->slash };
            m->score = add_score(m->score, part, REST);
            return true;
        }
        if (part == path->n)
            return false;
        const char *have = path->part[part];
        if (*s == '{') {
            m->param[params++] = have;
            m->score = add_score(m->score, part, NAMED);
        } else if (strlen(have) == n && memcmp(have, s, n) == 0) {
            m->score = add_score(m->score, part, LITERAL);
        } else {
            return false;
        }
        s += n + (s[n] == '/');
    }
    m->score = add_score(m->score, part, END);
    return part == path->n;
}

static bool
serves(const struct route *route, enum method method)
{
    return route->method == method || (method == HEAD && route->method == GET);
}

static const char *
allow_list(struct arena *arena, unsigned methods)
{
    struct buf b = buf_new(arena, 256);

    if (methods & 1u << GET)
        methods |= 1u << HEAD;
    methods |= 1u << OPTIONS;
    for (int m = 0; m < METHODS; m++) {
        if (methods & 1u << m)
            buf_printf(&b, "%s%s", b.n == 0 ? "" : ", ", method_names[m]);
    }
    return buf_string(&b);
}

fallible
route_find(struct request *rq, const char **allow)
{
    struct match best = { .route = NULL };
    unsigned methods = 0;

    for (const struct route *const *table = rq->app->routes; *table != NULL; table++) {
        for (const struct route *r = *table; r->run != NULL; r++) {
            struct match m = { .route = r };
            if (!matches(r->pattern, &rq->path, &m))
                continue;
            methods |= 1u << r->method;
            if (!serves(r, rq->method))
                continue;
            if (best.route == NULL || m.score > best.score ||
                (m.score == best.score && r->method == rq->method))
                best = m;
        }
    }
    *allow = NULL;
    if (best.route == NULL || rq->method == OPTIONS)
        *allow = allow_list(rq->arena, methods);
    if (best.route == NULL) {
        /* OPTIONS is answered nearly everywhere: it alone does not make an address exist. */
        if ((methods & ~(1u << OPTIONS)) == 0)
            return REFUSE(rq->arena, NOT_FOUND);
        return REFUSE(rq->arena, METHOD_NOT_ALLOWED);
    }
    rq->route = best.route;
    memcpy(rq->param, best.param, sizeof rq->param);
    rq->rest = best.rest;
    return NULL;
}

bool
route_is_secret(const struct request *rq)
{
    for (const struct route *const *table = rq->app->routes; *table != NULL; table++)
        for (const struct route *r = *table; r->run != NULL; r++) {
            struct match m = { .route = r };
            if (r->secret && matches(r->pattern, &rq->path, &m))
                return true;
        }
    return false;
}

const char *
route_chapter(const struct request *rq)
{
    static const char name[] = "/{chapter}";

    if (rq->route == NULL)
        return NULL;
    const char *at = strstr(rq->route->pattern, name);
    if (at == NULL)
        return NULL;
    int param = 0;
    for (const char *s = rq->route->pattern; s < at; s++)
        param += *s == '{';
    return text_is_slug(rq->param[param]) ? rq->param[param] : "";
}
