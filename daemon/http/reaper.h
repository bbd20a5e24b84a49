#ifndef HTTP_REAPER_H
#define HTTP_REAPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/client.h"

struct config;
struct reaper;

enum phase {
    IDLE,     /* between requests, or before the first byte of one */
    BODY,     /* a body is coming */
    DRAINING, /* a body is coming that nobody wants */
    BUSY,     /* we are at work: no deadline of the client's */
    REPLYING
};

/* A connection: made and removed by an event thread, looked at by the reaper. */
struct connection {
    struct connection *next, *previous;
    int fd;
    struct address peer;
    bool tls;
    char *target; /* of the request that arrives; malloc, grows */
    size_t target_room;
    _Atomic enum phase phase;
    atomic_int requests;    /* that have begun */
    atomic_ullong received; /* bytes of bodies */
    _Atomic int64_t rested; /* time_monotonic() when the last request ended */

    /* The reaper's own. */
    enum phase seen;
    int seen_requests;
    int64_t since;         /* phase seen since */
    int64_t window;        /* began then ... */
    uint64_t window_bytes; /* ... with so many received or acknowledged */
    uint64_t head_bytes;   /* received from the network when it fell idle */
    int64_t head_since;    /* when the next head began to arrive; 0 not yet */
    bool closed;           /* by the client, at the last look ... */
    uint64_t closed_bytes; /* ... with so much received */
    bool cut;
};

/*
 * The library's own time-out is about silence; a client that sends a byte a
 * second lives for ever. This thread looks at each connection once a second and
 * shuts those down that are too slow in sending a head, a body, or in reading,
 * and the ones longest idle when there are more than config->idle_connections, or
 * so many connections that there would soon be no room for new ones.
 */
struct reaper *reaper_start(const struct config *, atomic_ullong *count);
void reaper_stop(struct reaper *);
void reaper_free(struct reaper *);

void reaper_add(struct reaper *, struct connection *);
void reaper_remove(struct reaper *, struct connection *);
int reaper_connections(struct reaper *);
/* From now on a connection is ended as soon as it has been idle for half a second. */
void reaper_quiesce(struct reaper *);

#endif
