#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "net/net.h"
#include "tests/check.h"

static bool
is_public(const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return net_is_public((const struct sockaddr *)&v4);
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        return net_is_public((const struct sockaddr *)&v6);
    return false;
}

/* The last address before each special network, its first and last, and the first behind it. */
TEST(net_addresses_at_the_edges)
{
    static const struct {
        const char *before, *first, *last, *behind;
    } edges[] = {
        { NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0" },
        { "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0" },
        { "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0" },
        { "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0" },
        { "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0" },
        { "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0" },
        { "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0" },
        { "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0" },
        { "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0" },
        { "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0" },
        { "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0" },
        { "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0" },
        { "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0" },
        { "223.255.255.255", "224.0.0.0", "255.255.255.255", NULL },
        { NULL, "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::" },
        { "2000:ffff:ffff::1", "2001::", "2001:1ff:ffff:ffff::1", "2001:200::" },
        { "2001:db7:ffff::1", "2001:db8::", "2001:db8:ffff::1", "2001:db9::" },
        { "2001:ffff:ffff::1", "2002::", "2002:ffff:ffff::1", "2003::" },
        { "3ffe:ffff:ffff::1", "3fff::", "3fff:fff:ffff::1", "3fff:1000::" },
        { "3fff:ffff:ffff::1", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
    };

    for (size_t i = 0; i < COUNT_OF(edges); i++) {
        CHECK(edges[i].before == NULL || is_public(edges[i].before));
        CHECK(!is_public(edges[i].first));
        CHECK(!is_public(edges[i].last));
        CHECK(edges[i].behind == NULL || is_public(edges[i].behind));
    }
}

TEST(net_addresses_in_disguise)
{
    static const char *const hidden[] = { "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::127.0.0.1",
        "64:ff9b::127.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1",
        "fec0::1", "fc00::1", "ff02::1", "::1", "::" };

    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        CHECK(!is_public(hidden[i]));
    struct sockaddr local = { .sa_family = AF_UNIX };
    CHECK(!net_is_public(&local));
}

TEST(net_urls_are_written_in_one_form)
{
    static const char *const urls[][2] = {
        { "https://Web.Test", "https://web.test/" },
        { "HTTPS://web.test:443/a%20b?c=d&e", "https://web.test/a%20b?c=d&e" },
        { "http://web.test:80?x", "http://web.test/?x" },
        { "https://[2606:2800::1]/x", "https://[2606:2800::1]/x" },
        { "https://web.test./x", "https://web.test/x" },
        { "https://web.test/a@b", "https://web.test/a@b" },
    };
    struct arena *arena = arena_new();
    const char *url;

    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        CHECK(net_url(arena, urls[i][0], true, &url) == NULL);
        CHECK_TEXT(url, urls[i][1]);
    }
    struct error *e = net_url(arena, "http://web.test/", false, &url);
    CHECK(e != NULL && e->cond == &NET_BAD_ADDRESS);
    arena_free(arena);
}
