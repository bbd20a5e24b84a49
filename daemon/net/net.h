#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct config;
struct sockaddr;

/*
 * Asking other servers over HTTP, and handing mails over by SMTP: the only way out of this process besides the
 * database and the directory. Two kinds, which share nothing:
 *   - net_fetch() asks what somebody typed. It reaches public addresses only.
 *   - struct net_server is a server that the settings name, struct net_relay one for mail. It may be anywhere,
 *     and nothing that somebody typed ever gets there.
 * Neither knows proxies of the environment, .netrc or cookies, and both check
 * certificates. They block: for jobs and threads of their own, never for a
 * thread that others wait for.
 */

/* Once, before there are threads; and at the end. */
fallible net_start(struct arena *);
void net_stop(void);

extern const struct condition NET_BAD_ADDRESS, /* no address that we ask */
    NET_PRIVATE,                               /* it leads where nobody may be sent */
    NET_MOVED,                                 /* a redirect that is not followed */
    NET_UNREACHABLE,                           /* no answer, or none in time */
    NET_BAD_ANSWER;                            /* malformed, compressed, or larger than allowed */

/* ---- answers ---- */

struct net_header {
    const char *name, *value;
};

struct net_answer {
    int status;
    const char *body; /* NUL-terminated; what no sink has taken */
    size_t n;
    const struct net_header *header; /* of the final answer */
    int n_headers;
    bool sent; /* the body that we send has begun to leave */
};

/* The first header of this name, or NULL. */
const char *net_header(const struct net_answer *, const char *name);

/* ---- what somebody typed ---- */

/* Is it an address of the public internet: no loopback, private, link-local, multicast,
 * documentation or translated one, and none of this machine's own? */
bool net_is_public(const struct sockaddr *);

/*
 * Checks an address that somebody typed and writes it in the one form in which it
 * is asked: https (http if `plain`) at the scheme's own port, at most 2 KiB, no
 * login, no fragment, ASCII only. NET_BAD_ADDRESS.
 */
fallible net_url(struct arena *, const char *typed, bool plain, const char **url);

struct net_limits {
    size_t bytes;  /* of the body */
    int64_t time;  /* seconds for all of it, name and redirects included */
    int redirects; /* to the same host; each is checked like the first address */
};

/*
 * GETs an address that somebody typed. The address is checked on the socket that
 * is about to connect, whatever name or redirect led to it, so that a name server
 * that changes its mind gains nothing. Every call makes its own connection. A login
 * (user and password, or NULL) is sent over https alone. Whatever the status, it is
 * an answer; what is compressed is none.
 */
struct net_login {
    const char *user, *password;
};
fallible net_fetch(const struct config *, struct arena *, const char *typed,
    const struct net_login *, const struct net_limits *, struct net_answer *);

/* ---- a server that the settings name ---- */

struct net_server;

struct net_server_options {
    const char *url;             /* "https://host:port", no path */
    const char *ca_file;         /* for https */
    const char *sigv4;           /* "aws:amz:REGION:s3": how libcurl signs; NULL: not at all */
    const char *user, *password; /* to sign with */
};

struct net_server *net_server_new(const struct net_server_options *);
void net_server_free(struct net_server *); /* NULL is allowed */

/* Takes a body piece by piece as it comes; an error ends the exchange and is its result. */
struct net_sink {
    fallible (*take)(void *cls, struct arena *, const char *p, size_t n);
    void *cls;
};

struct net_ask {
    const char *method; /* GET, HEAD, PUT, POST, DELETE */
    const char *path;   /* with query, encoded; as it is signed */
    const struct net_header *header;
    int n_headers;
    /* What is sent with PUT and POST: memory, or n bytes of a file from `first` on. */
    const void *p;
    int fd; /* used when p is NULL */
    int64_t first, n;
    /* GET: only these bytes; ranged false: all. */
    bool ranged;
    int64_t from, to;
    const struct net_sink *sink; /* of a 200 or 206; other bodies, and without it, go to `body` */
    int64_t patience;            /* seconds; for a body either way as long again for each 4 MiB */
};

/* One exchange. Whatever the status, it is an answer. NET_UNREACHABLE, NET_BAD_ANSWER. */
fallible net_ask(struct net_server *, struct arena *, const struct net_ask *, struct net_answer *);

/* ---- a mail server that the settings name ---- */

struct net_relay;

struct net_relay_options {
    const char *url;             /* "smtp://host:port" or "smtps://host:port", no path */
    const char *ca_file;         /* for TLS */
    const char *user, *password; /* NULL: it wants none */
    const char *helo;            /* the name we give ourselves */
    bool starttls;               /* without TLS nothing is said, be it a login or a mail */
    int64_t patience;            /* seconds for one mail, from begin to end */
};

/* A connection is kept for the next mail. Belongs to one thread. */
struct net_relay *net_relay_new(const struct net_relay_options *);
void net_relay_free(struct net_relay *); /* NULL is allowed */

enum net_delivery {
    NET_TAKEN,       /* it is theirs now */
    NET_LATER,       /* not now (4xx), as far as this mail goes */
    NET_REFUSED,     /* never (5xx) */
    NET_RELAY_FAILS, /* it would be the same with any other mail: nothing has been handed over */
    NET_UNKNOWN      /* silence after the mail was handed over */
};

struct net_outcome {
    enum net_delivery delivery;
    int status;           /* of the last answer (RFC 5321, 4.2); 0: there was none */
    const char *enhanced; /* "5.1.1" (RFC 3463), or "" */
    const char *said;     /* that answer: may name people, so it is for nobody but the operator */
    const char *cause;    /* libcurl's words; for the log */
};

/* Hands over one mail of n bytes with CRLF at the ends of lines. Both addresses as mail/address.h writes them. */
struct net_outcome net_relay_send(struct net_relay *, struct arena *, const char *from,
    const char *to, const char *bytes, size_t n);
/* As far as NOOP: NET_TAKEN or NET_RELAY_FAILS. */
struct net_outcome net_relay_try(struct net_relay *, struct arena *);

#endif
