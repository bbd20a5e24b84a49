#include "base/macros.h"
#include "base/uri.h"
#include "http/route.h"
#include "tests/check.h"
#include "tests/unit/request_fake.h"

static fallible
run(struct request *rq UNUSED, struct response *rs UNUSED)
{
    return NULL;
}

#define ROUTE(m, p)                                                                                \
    {                                                                                              \
        .method = m, .pattern = p, .run = run                                                      \
    }

static const struct route first[] = {
    ROUTE(GET, "/"),
    ROUTE(GET, "/c/{chapter}"),
    ROUTE(GET, "/c/{chapter}/files/**"),
    ROUTE(POST, "/c/{chapter}/files/**"),
    ROUTE(GET, "/c/new"),
    ROUTE(GET, "/c/{chapter}/{what}/edit"),
    ROUTES_END,
}, second[] = {
    ROUTE(OPTIONS, "/**"),
    ROUTE(PROPFIND, "/dav/**"),
    ROUTE(GET, "/dav/files/{chapter}"),
    ROUTES_END,
};
static const struct route *const tables[] = { first, second, NULL };

/* "pattern param param|rest parts", or the status; Allow behind it. */
static const char *
found(struct arena *keep, enum method method, const char *raw)
{
    static const struct path_limits limits = { 20, 100, 1000 };
    const struct app app = { .routes = tables };
    struct request *rq = fake_request(&app, method, NO_LINES);
    const char *allow, *text;

    if (uri_path(rq->arena, raw, strlen(raw), &limits, &rq->path) != NULL)
        return "malformed";
    struct error *e = route_find(rq, &allow);
    if (e != NULL) {
        text = arena_printf(
            keep, "%d %s", e->cond->status, e->cond == &METHOD_NOT_ALLOWED ? allow : "");
    } else {
        text = rq->route->pattern;
        for (int i = 0; i < 4 && rq->param[i] != NULL; i++)
            text = arena_printf(keep, "%s %s", text, rq->param[i]);
        for (int i = 0; i < rq->rest.n; i++)
            text = arena_printf(keep, "%s|%s", text, rq->rest.part[i]);
        if (route_chapter(rq) != NULL)
            text = arena_printf(keep, "%s (%s)", text, route_chapter(rq));
    }
    arena_free(rq->arena);
    return text;
}

TEST(route_finds_the_most_exact_pattern)
{
    struct arena *a = arena_new();

    CHECK_TEXT(found(a, GET, "/"), "/");
    CHECK_TEXT(found(a, HEAD, "/"), "/");
    CHECK_TEXT(found(a, GET, "/c/jena"), "/c/{chapter} jena (jena)");
    CHECK_TEXT(found(a, GET, "/c/jena/"), "/c/{chapter} jena (jena)");
    CHECK_TEXT(found(a, GET, "/c/new"), "/c/new");
    CHECK_TEXT(found(a, GET, "/c/jena/files"), "/c/{chapter}/files/** jena (jena)");
    CHECK_TEXT(found(a, GET, "/c/jena/files/a/b"), "/c/{chapter}/files/** jena|a|b (jena)");
    CHECK_TEXT(found(a, GET, "/c/jena/files/edit"), "/c/{chapter}/files/** jena|edit (jena)");
    CHECK_TEXT(found(a, GET, "/c/jena/wiki/edit"), "/c/{chapter}/{what}/edit jena wiki (jena)");
    CHECK_TEXT(found(a, PROPFIND, "/dav/files/jena"), "/dav/**|files|jena");
    CHECK_TEXT(found(a, GET, "/dav/files/jena"), "/dav/files/{chapter} jena (jena)");
    CHECK_TEXT(found(a, OPTIONS, "/any/thing"), "/**|any|thing");
    arena_free(a);
}

/* "*" and "," would widen the scope of the transaction, and its tree locks, to other chapters. */
TEST(route_takes_no_list_for_a_chapter)
{
    struct arena *a = arena_new();

    CHECK_TEXT(found(a, GET, "/c/*"), "/c/{chapter} * ()");
    CHECK_TEXT(found(a, GET, "/c/jena,erfurt"), "/c/{chapter} jena,erfurt ()");
    arena_free(a);
}

TEST(route_names_what_is_allowed)
{
    struct arena *a = arena_new();

    CHECK_TEXT(found(a, PUT, "/c/jena/files/x"), "405 GET, HEAD, POST, OPTIONS");
    CHECK_TEXT(found(a, DELETE, "/dav/files/jena"), "405 GET, HEAD, OPTIONS, PROPFIND");
    /* OPTIONS is answered everywhere and makes no address exist. */
    CHECK_TEXT(found(a, GET, "/any/thing"), "404 ");
    CHECK_TEXT(found(a, GET, "/c/jena/wiki/edit/more"), "404 ");
    CHECK_TEXT(found(a, GET, "/C/jena"), "404 ");
    arena_free(a);
}
