#ifndef NET_NET_IN_H
#define NET_NET_IN_H

/* Private to daemon/net: one exchange by libcurl. */
#include <curl/curl.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/version.h"
#include "net/net.h"

#define NET_HEADERS_MAX  100
#define NET_HEADER_BYTES KB(64)
#define NET_USER_AGENT   "chapterd/" VERSION
#define NET_CONNECT_MS   5000L
#define NET_BODY_MAX     MB(8) /* of a body that no sink takes, from a server of ours */

struct transfer {
    struct arena *arena;
    CURL *easy;
    struct curl_slist *lines;  /* what we send; freed by transfer_end */
    const struct net_ask *ask; /* NULL: a GET without more */
    int64_t sent;
    const struct net_sink *sink;
    size_t most; /* of a body that no sink takes */
    int64_t taken;
    struct buf body;
    struct net_header header[NET_HEADERS_MAX];
    int n_headers;
    size_t header_bytes;
    bool refused;        /* the address is none we connect to */
    bool too_much;       /* a limit of ours ended it */
    struct error *error; /* the sink's */
};

/* Sets what holds for every exchange; the handle is as new. */
void transfer_begin(struct transfer *, CURL *, struct arena *, const char *url);
/* Runs it. */
fallible transfer_run(struct transfer *, struct net_answer *);
void transfer_end(struct transfer *);

#endif
