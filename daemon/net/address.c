/* Which addresses belong to the public internet (IANA's special-purpose registries, RFC 6890). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "net/net.h"

struct network4 {
    uint32_t address;
    int bits;
};

/* Not for the public, or not to be routed. */
static const struct network4 special4[] = {
    { 0x00000000, 8 },  /* this network */
    { 0x0a000000, 8 },  /* private */
    { 0x64400000, 10 }, /* between providers and customers (RFC 6598) */
    { 0x7f000000, 8 },  /* loopback */
    { 0xa9fe0000, 16 }, /* link-local: also the metadata of cloud machines */
    { 0xac100000, 12 }, /* private */
    { 0xc0000000, 24 }, /* protocol assignments */
    { 0xc0000200, 24 }, /* documentation */
    { 0xc0586300, 24 }, /* 6to4 relays */
    { 0xc0a80000, 16 }, /* private */
    { 0xc6120000, 15 }, /* benchmarks */
    { 0xc6336400, 24 }, /* documentation */
    { 0xcb007100, 24 }, /* documentation */
    { 0xe0000000, 4 },  /* multicast */
    { 0xf0000000, 4 },  /* reserved, broadcast */
};

struct network6 {
    unsigned char address[4];
    int bits;
};

/* The same inside 2000::/3. Whatever is outside of that (loopback, mapped and translated IPv4,
 * fc00::/7, fe80::/10, multicast) is not public to begin with. */
static const struct network6 special6[] = {
    { { 0x20, 0x01, 0x00, 0x00 }, 23 }, /* protocol assignments: Teredo, ORCHID, benchmarks */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
    { { 0x20, 0x02, 0x00, 0x00 }, 16 }, /* 6to4: IPv4 in disguise */
    { { 0x3f, 0xff, 0x00, 0x00 }, 20 }, /* documentation */
};

static bool
is_public4(uint32_t address)
{
    for (size_t i = 0; i < COUNT_OF(special4); i++)
        if ((address ^ special4[i].address) >> (32 - special4[i].bits) == 0)
            return false;
    return true;
}

static bool
is_public6(const unsigned char address[16])
{
    uint32_t head = (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 |
                    (uint32_t)address[2] << 8 | address[3];

    if (address[0] >> 5 != 1)
        return false;
    for (size_t i = 0; i < COUNT_OF(special6); i++) {
        const unsigned char *a = special6[i].address;
        uint32_t special = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];
        if ((head ^ special) >> (32 - special6[i].bits) == 0)
            return false;
    }
    return true;
}

static bool
same(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)(const void *)b)->sin_addr.s_addr;
    return a->sa_family == AF_INET6 &&
           memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
               &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr, 16) == 0;
}

/*
 * The kernel chooses whom a packet would come from: of what goes to an address of this
 * machine, that address itself. Nothing is sent. (A list of interfaces would need a
 * kind of socket that the service may not open.)
 */
static bool
is_our_own(const struct sockaddr *address, socklen_t n)
{
    CLEANUP(close_fd) int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
    socklen_t from_n = sizeof from;

    if (fd < 0)
        return true; /* who knows */
    if (connect(fd, address, n) != 0)
        return false; /* no way leads there: it cannot be us */
    return getsockname(fd, (struct sockaddr *)&from, &from_n) != 0 ||
           same((const struct sockaddr *)&from, address);
}

bool
net_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        return is_public4(ntohl(in->sin_addr.s_addr)) && !is_our_own(address, sizeof *in);
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)address;
        return is_public6(in->sin6_addr.s6_addr) && !is_our_own(address, sizeof *in);
    }
    return false;
}
