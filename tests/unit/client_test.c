#include <netinet/in.h>

#include "base/macros.h"
#include "http/client.h"
#include "tests/check.h"
#include "tests/unit/request_fake.h"

static struct address
address(const char *text)
{
    struct address a;

    CHECK(address_read(text, &a));
    return a;
}

static const struct networks *
networks(struct arena *a, const char *const *word, int n)
{
    const struct networks *list = NULL;
    const struct words words = { word, n };

    return networks_read(a, &words, "trusted_proxies", &list) == NULL ? list : NULL;
}

TEST(client_networks)
{
    static const char *const word[] = { "10.1.0.0/20", "192.0.2.7", "2001:db8::/33", "::1", "unix",
        "172.16.0.0/12" };
    static const struct {
        const char *address;
        bool in;
    } cases[] = {
        { "10.1.15.255", true },
        { "10.1.16.0", false },
        { "192.0.2.7", true },
        { "192.0.2.6", false },
        { "2001:db8:7fff::1", true },
        { "2001:db8:8000::1", false },
        { "::1", true },
        { "::2", false },
        { "172.31.255.255", true },
        { "172.32.0.0", false },
        { "::ffff:10.1.0.1", true },
        { "[::1]", true },
    };
    struct arena *a = arena_new();
    const struct networks *list = networks(a, word, COUNT_OF(word));

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address it = address(cases[i].address);
        CHECK(networks_have(list, &it) == cases[i].in);
    }
    CHECK(networks_have(list, &(struct address){ .local = true }));
    static const char *const bad[] = { "10.0.0.0/33", "::/129", "10.0.0", "x", "10.0.0.0/", "",
        "1/2/3" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(networks(a, &bad[i], 1) == NULL);
    arena_free(a);
}

struct seen {
    int status;
    struct client client;
};

/* What a request over this connection looks like. */
static struct seen
seen(struct arena *a, const char *peer, const char *host, const char *const lines[])
{
    static const char *const trusted[] = { "10.0.0.0/8", "unix" }, *const names[] = {
        "chapters.example"
    };
    const struct config config = { .base_url = "https://main.example/", .hosts = { names, 1 } };
    struct request *rq = fake_request(NULL, GET, lines);
    struct address from = { .local = true }, real;
    struct seen s;

    if (peer != NULL)
        from = address(peer);
    arena_defer(a, (void (*)(void *))arena_free, rq->arena);
    s.status = status_of(client_find(rq->arena, &config, networks(a, trusted, 2), &from, false,
        &exchange_of(rq)->head, host, &s.client, &real));
    return s;
}

TEST(client_of_a_stranger_is_the_peer)
{
    struct arena *a = arena_new();
    struct seen s = seen(a, "203.0.113.9", "Chapters.Example:8080",
        LINES("X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https",
            "X-Forwarded-Host: main.example")); /* B22, B23 */

    CHECK_INT(s.status, 200);
    CHECK_TEXT(s.client.scheme, "http");
    CHECK_TEXT(s.client.host, "chapters.example");
    CHECK_INT(s.client.port, 8080);
    CHECK_TEXT(s.client.network, "203.0.113.0/24");
    CHECK(!s.client.loopback);
    arena_free(a);
}

TEST(client_behind_proxies_of_ours)
{
    struct arena *a = arena_new();
    struct seen s = seen(a, "10.0.0.1", "inner",
        LINES("X-Forwarded-For: 1.1.1.1, 2001:db8:1:2:3::4", "X-Forwarded-For: 10.9.9.9",
            "X-Forwarded-Proto: https", "X-Forwarded-Host: main.example"));

    CHECK_INT(s.status, 200);
    CHECK_TEXT(s.client.scheme, "https");
    CHECK_TEXT(s.client.host, "main.example");
    CHECK_INT(s.client.port, -1);
    CHECK_TEXT(s.client.network, "2001:db8:1:2::/64");
    s = seen(a, NULL, "main.example", LINES("X-Forwarded-For: nonsense"));
    CHECK_TEXT(s.client.network, "unix");
    CHECK(s.client.loopback);
    s = seen(a, NULL, "main.example", LINES("X-Forwarded-For: 198.51.100.1"));
    CHECK(!s.client.loopback);
    arena_free(a);
}

TEST(client_hosts)
{
    static const struct {
        const char *peer, *host;
        int status;
    } cases[] = {
        { "1.2.3.4", "chapters.example", 200 },
        { "1.2.3.4", "main.example:443", 200 },
        { "1.2.3.4", "evil.example", 421 },
        { "1.2.3.4", "localhost", 421 },
        { "1.2.3.4", "127.0.0.1", 421 },
        { "127.0.0.1", "localhost:80", 200 },
        { "127.0.0.1", "127.0.0.5", 200 },
        { "::1", "[::1]:8080", 200 },
        { "127.0.0.1", "1.2.3.4", 421 },
        { "1.2.3.4", "a, b", 400 },
        { "1.2.3.4", "main.example/x", 400 },
        { "1.2.3.4", "u@main.example", 400 },
        { "1.2.3.4", "main.example:99999", 400 },
        { "1.2.3.4", "", 400 },
        { "1.2.3.4", "[::1", 400 },
    };
    struct arena *a = arena_new();

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_INT(seen(a, cases[i].peer, cases[i].host, NO_LINES).status, cases[i].status);
    arena_free(a);
}
