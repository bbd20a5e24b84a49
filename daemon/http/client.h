#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/config.h"
#include "base/error.h"
#include "http/guard.h"
#include "http/request.h"

/* An address without port. IPv4 is kept as ::ffff:a.b.c.d, so that there is one kind. */
struct address {
    unsigned char b[16];
    bool local; /* the other end of a unix socket; b means nothing */
};

struct networks; /* a list of "192.0.2.0/24", "2001:db8::1", "unix" */

/* BAD_REQUEST names the word that is none; `setting` is for the message. */
fallible networks_read(
    struct arena *, const struct words *, const char *setting, const struct networks **);
bool networks_have(const struct networks *, const struct address *);

struct address address_of(const struct sockaddr *);
/* An address in text form, brackets allowed; false when it is none. */
bool address_read(const char *s, struct address *);
bool address_is_loopback(const struct address *);

/*
 * Who is at the other end, from the peer and the head of the request. Only a
 * peer in `trusted` is believed about X-Forwarded-For, -Proto and -Host; of
 * several addresses the last one that is not itself trusted counts. tls: the
 * connection itself is encrypted.
 * authority: host and port that the target or the Host header names. MISDIRECTED
 * and BAD_REQUEST.
 */
fallible client_find(struct arena *, const struct config *, const struct networks *trusted,
    const struct address *peer, bool tls, const struct head *, const char *authority,
    struct client *, struct address *real);

/* One of config->hosts, that of base_url, or for a client on this machine a name of it. */
bool client_is_our_host(struct arena *, const struct config *, bool loopback, const char *host);

#endif
