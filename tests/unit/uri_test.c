#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/uri.h"
#include "tests/check.h"

static const struct path_limits limits = { .segments = 4, .segment = 10, .whole = 100 };

/* The canonical address of a raw path, or the status it is refused with. */
static const char *
canonical(struct arena *a, const char *raw)
{
    struct path path;
    struct error *e = uri_path(a, raw, strlen(raw), &limits, &path);

    return e != NULL ? arena_printf(a, "%d", e->cond->status) : uri_href(a, &path, path.slash);
}

TEST(uri_path_is_normalised)
{
    static const char *const pairs[][2] = {
        { "/", "/" },
        { "//", "/" },
        { "/a", "/a" },
        { "/a/", "/a/" },
        { "//a///b//", "/a/b/" },
        { "/%61%2d%7e%40", "/a-~@" },
        { "/a%20b", "/a%20b" },
        { "/a+b", "/a%2Bb" },
        { "/a&b;c=d", "/a%26b%3Bc%3Dd" },
        { "/%c3%bc", "/%C3%BC" },
        { "/\xc3\xbc", "/%C3%BC" },
        { "/%252e%252e", "/%252e%252e" }, /* A02: decoded once */
        { "/...", "/..." },
        { "/.a", "/.a" },
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        CHECK_TEXT(canonical(a, pairs[i][0]), pairs[i][1]);
    arena_free(a);
}

/* security A01 to A05 */
TEST(uri_path_refuses_what_is_malformed)
{
    static const char *const bad[] = { "", "a", "a/b", "*", "/a/../b", "/..", "/.", "/a/.",
        "/%2e%2e/b", "/.%2e/b", "/..%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00b", "/a%0", "/a%",
        "/a%zz", "/%c0%af", "/%e0%80%af", "/%ed%a0%80", "/%ff", "/a%0ab", "/a\tb", "/%e2%80%ae",
        "/a?b", "/a#b" };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!CHECK_TEXT(canonical(a, bad[i]), "400"))
            CHECK_TEXT(bad[i], "refused");
    CHECK_INT(uri_path(a, "/a\0b", 4, &limits, &(struct path){ 0 })->cond->status, 400);
    arena_free(a);
}

/* security A07, P15 */
TEST(uri_path_limits_are_exact)
{
    struct arena *a = arena_new();
    struct path_limits l = { .segments = 4, .segment = 10, .whole = 20 };
    struct path path;

    CHECK_TEXT(canonical(a, "/1/2/3/4/"), "/1/2/3/4/");
    CHECK_TEXT(canonical(a, "/1/2/3/4/5"), "414");
    CHECK_TEXT(canonical(a, "/1234567890"), "/1234567890");
    CHECK_TEXT(canonical(a, "/12345678901"), "414");
    CHECK_TEXT(canonical(a, "/%31%32%33%34%35%36%37%38%39%30"), "/1234567890");
    CHECK(uri_path(a, "/2345678/1234567890/", 20, &l, &path) == NULL && path.n == 2);
    CHECK_INT(uri_path(a, "/2345678/1234567890//", 21, &l, &path)->cond->status, 414);
    arena_free(a);
}

TEST(uri_decode_of_forms)
{
    struct arena *a = arena_new();

    CHECK_TEXT(uri_decode(a, "a+b%2B", 6, true), "a b+");
    CHECK_TEXT(uri_decode(a, "a+b%2B", 6, false), "a+b+");
    CHECK_TEXT(uri_decode(a, "", 0, true), "");
    CHECK_TEXT(uri_decode(a, "a%2", 3, true), NULL);
    CHECK_TEXT(uri_decode(a, "a%2f", 3, true), NULL);
    CHECK_TEXT(uri_decode(a, "%00", 3, true), NULL);
    CHECK_TEXT(uri_decode(a, "%ff", 3, true), NULL);
    CHECK_TEXT(uri_decode(a, "\xff", 1, true), NULL);
    CHECK_TEXT(uri_encode(a, "ä /b"), "%C3%A4%20%2Fb");
    arena_free(a);
}

TEST(uri_parse_takes_addresses_apart)
{
    struct arena *a = arena_new();
    struct uri u;

    CHECK(uri_parse(a, "HTTPS://Example.ORG/a/b%20?q=1&r", &u));
    CHECK_TEXT(u.scheme, "https");
    CHECK_TEXT(u.host, "example.org");
    CHECK_INT(u.port, 443);
    CHECK_TEXT(u.path, "/a/b%20");
    CHECK_TEXT(u.query, "q=1&r");

    CHECK(uri_parse(a, "http://[::1]:8080", &u));
    CHECK_TEXT(u.host, "::1");
    CHECK_INT(u.port, 8080);
    CHECK_TEXT(u.path, "/");
    CHECK_TEXT(u.query, NULL);

    /* A09: userinfo and a final dot do not make another host of it. */
    CHECK(uri_parse(a, "http://jena@evil@erfurt.example.:80/x", &u));
    CHECK_TEXT(u.host, "erfurt.example");
    CHECK(uri_parse(a, "http://h?q", &u));
    CHECK_TEXT(u.path, "/");
    CHECK_TEXT(u.query, "q");
    arena_free(a);
}

/* security A10 */
TEST(uri_parse_refuses)
{
    static const char *const bad[] = { "", "/", "//", "/d", "x", "http", "http:", "http:/",
        "http://", "http:///a", "http://:80/", "ftp://h/", "http://h:99999/", "http://h:0/",
        "http://h:8a/", "http://h b/", "http://h/a b", "http://h/#f", "http://[::1",
        "http://[::1]x/", "http://[]/", "http://[fe80::1%25eth0]/", "http://h%41/", "http://a..b/",
        "http://.a/", "http://h\\x/", "http://\xc3\xbc/", "http://h:80:80/" };
    struct arena *a = arena_new();
    struct uri u;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!CHECK(!uri_parse(a, bad[i], &u)))
            CHECK_TEXT(bad[i], "refused");
    arena_free(a);
}

TEST(uri_host_headers)
{
    struct arena *a = arena_new();
    const char *host;
    int port;

    CHECK(uri_host(a, "Chapters.Example.org", &host, &port));
    CHECK_TEXT(host, "chapters.example.org");
    CHECK_INT(port, -1);
    CHECK(uri_host(a, "127.0.0.1:8080", &host, &port));
    CHECK_TEXT(host, "127.0.0.1");
    CHECK_INT(port, 8080);
    CHECK(uri_host(a, "[2001:DB8::1]:443", &host, &port));
    CHECK_TEXT(host, "2001:db8::1");
    CHECK(uri_host(a, "h:", &host, &port));
    CHECK_INT(port, -1);
    CHECK(!uri_host(a, "", &host, &port));
    CHECK(!uri_host(a, ".", &host, &port));
    CHECK(!uri_host(a, "a@b", &host, &port));
    CHECK(!uri_host(a, "a/b", &host, &port));
    CHECK(!uri_host(a, "a,b", &host, &port));
    CHECK(!uri_host(a, "a:65536", &host, &port));
    CHECK(!uri_host(a, "a:-1", &host, &port));
    arena_free(a);
}
