#include "http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/uri.h"

struct network {
    struct address address;
    int bits; /* of 128 */
};

struct networks {
    const struct network *network;
    int n;
};

static const unsigned char v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool
is_v4(const struct address *a)
{
    return memcmp(a->b, v4_prefix, sizeof v4_prefix) == 0;
}

struct address
address_of(const struct sockaddr *sa)
{
    struct address a = { .local = false };

    if (sa != NULL && sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        memcpy(a.b, v4_prefix, sizeof v4_prefix);
        memcpy(a.b + 12, &in.sin_addr, 4);
    } else if (sa != NULL && sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(a.b, &in6.sin6_addr, 16);
    } else {
        a.local = true;
    }
    return a;
}

bool
address_read(const char *s, struct address *address)
{
    char text[INET6_ADDRSTRLEN];
    size_t n = strlen(s);

    *address = (struct address){ .local = false };
    if (n > 2 && s[0] == '[' && s[n - 1] == ']') {
        s++;
        n -= 2;
    }
    if (n >= sizeof text)
        return false;
    memcpy(text, s, n);
    text[n] = '\0';
    if (inet_pton(AF_INET, text, address->b + 12) == 1) {
        memcpy(address->b, v4_prefix, sizeof v4_prefix);
        return true;
    }
    return inet_pton(AF_INET6, text, address->b) == 1;
}

bool
address_is_loopback(const struct address *a)
{
    return a->local || (is_v4(a) ? a->b[12] == 127 : memcmp(a->b, &in6addr_loopback, 16) == 0);
}

static bool
read_network(struct arena *arena, const char *word, struct network *network)
{
    const char *slash = strchr(word, '/');
    const char *text = slash == NULL ? word : arena_copy(arena, word, (size_t)(slash - word));
    int64_t bits;

    *network = (struct network){ .bits = 128 };
    if (strcmp(word, "unix") == 0) {
        network->address.local = true;
        return true;
    }
    if (!address_read(text, &network->address))
        return false;
    if (slash == NULL)
        return true;
    bool v4 = is_v4(&network->address) && strchr(text, ':') == NULL;
    if (!text_to_int(slash + 1, v4 ? 32 : 128, &bits))
        return false;
    network->bits = (int)bits + (v4 ? 96 : 0);
    return true;
}

fallible
networks_read(struct arena *arena, const struct words *words, const char *setting,
    const struct networks **networks)
{
    struct networks *list = NEW(arena, struct networks);
    struct network *network = NEW_ARRAY(arena, struct network, (size_t)words->n);

    for (int i = 0; i < words->n; i++) {
        if (!read_network(arena, words->word[i], &network[i]))
            return FAIL(arena, BAD_REQUEST,
                "%s: \"%s\" is neither an address nor a network such as 192.0.2.0/24 nor \"unix\"",
                setting, words->word[i]);
    }
    *list = (struct networks){ network, words->n };
    *networks = list;
    return NULL;
}

static bool
in_network(const struct network *net, const struct address *a)
{
    if (net->address.local || a->local)
        return net->address.local && a->local;
    int whole = net->bits / 8, rest = net->bits % 8;
    if (memcmp(net->address.b, a->b, (size_t)whole) != 0)
        return false;
    return rest == 0 || (net->address.b[whole] ^ a->b[whole]) >> (8 - rest) == 0;
}

bool
networks_have(const struct networks *networks, const struct address *a)
{
    for (int i = 0; i < networks->n; i++) {
        if (in_network(&networks->network[i], a))
            return true;
    }
    return false;
}

/* What throttling counts by: nobody gets a new bucket by taking the next address of her own
 * network. */
static const char *
bucket(struct arena *arena, const struct address *a)
{
    char text[INET6_ADDRSTRLEN];
    struct address net = *a;

    if (a->local)
        return "unix";
    if (is_v4(a)) {
        net.b[15] = 0;
        inet_ntop(AF_INET, net.b + 12, text, sizeof text);
        return arena_printf(arena, "%s/24", text);
    }
    memset(net.b + 8, 0, 8);
    inet_ntop(AF_INET6, net.b, text, sizeof text);
    return arena_printf(arena, "%s/64", text);
}

/* The last element of the last line with this name; NULL. */
static const char *
last_of(struct arena *arena, const struct head *head, const char *name)
{
    for (int i = head->n_fields - 1; i >= 0; i--) {
        if (!text_same_nocase(head->field[i].name, name))
            continue;
        const char *comma = strrchr(head->field[i].value, ',');
        return text_trim(arena, comma == NULL ? head->field[i].value : comma + 1);
    }
    return NULL;
}

/* Walks the list of proxies from the one that talks to us outwards, as far as they are ours. */
static struct address
real_address(struct arena *arena, const struct networks *trusted, const struct address *peer,
    const struct head *head)
{
    struct address real = *peer;

    for (int i = head->n_fields - 1; i >= 0; i--) {
        const char *const *part;
        if (!text_same_nocase(head->field[i].name, "X-Forwarded-For"))
            continue;
        int n = text_split(arena, head->field[i].value, ", \t", &part);
        while (n-- > 0) {
            struct address next;
            if (!networks_have(trusted, &real) || !address_read(part[n], &next))
                return real;
            real = next;
        }
    }
    return real;
}

bool
client_is_our_host(
    struct arena *arena, const struct config *config, bool loopback, const char *host)
{
    struct address a;
    struct uri base;

    for (int i = 0; i < config->hosts.n; i++) {
        if (text_same_nocase(config->hosts.word[i], host))
            return true;
    }
    if (config->base_url != NULL && uri_parse(arena, config->base_url, &base) &&
        text_same_nocase(base.host, host))
        return true;
    return loopback &&
           (strcmp(host, "localhost") == 0 || (address_read(host, &a) && address_is_loopback(&a)));
}

fallible
client_find(struct arena *arena, const struct config *config, const struct networks *trusted,
    const struct address *peer, bool tls, const struct head *head, const char *authority,
    struct client *client, struct address *real)
{
    bool believed = networks_have(trusted, peer);
    const char *proto = believed ? last_of(arena, head, "X-Forwarded-Proto") : NULL;
    const char *host = believed ? last_of(arena, head, "X-Forwarded-Host") : NULL;

    /* Many a proxy passes on what its client made up: only a name of ours counts. */
    if (host == NULL || !uri_host(arena, host, &client->host, &client->port) ||
        !client_is_our_host(arena, config, false, client->host))
        host = authority;
    *real = believed ? real_address(arena, trusted, peer, head) : *peer;
    *client = (struct client){
        .scheme = (proto == NULL ? tls : text_same_nocase(proto, "https")) ? "https" : "http",
        .host = "localhost",
        .port = -1,
        .network = bucket(arena, real),
        .loopback = address_is_loopback(real),
    };
    if (host == NULL) /* HTTP/1.0 */
        return NULL;
    if (!uri_host(arena, host, &client->host, &client->port))
        return FAIL(arena, BAD_REQUEST, "The Host line is malformed.");
    /* A proxy on this machine may ask in its own name, also for somebody else. */
    if (!client_is_our_host(arena, config, address_is_loopback(peer), client->host))
        return REFUSE(arena, MISDIRECTED);
    return NULL;
}
