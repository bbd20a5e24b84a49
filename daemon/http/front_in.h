#ifndef HTTP_FRONT_IN_H
#define HTTP_FRONT_IN_H

/* Private to daemon/http: what the parts of the front share. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/client.h"
#include "http/route.h"

struct exchange;
struct reaper;
struct spool;
struct streams;
struct tls;
struct workers;

/* A socket that listens. */
struct listener {
    struct front *front;
    struct MHD_Daemon *daemon;
    int fd;
    bool tls;
    bool ours;        /* not one that systemd keeps open for the next of us */
    int port;         /* 0: a unix socket */
    const char *path; /* of a unix socket that we made and remove; or NULL */
};

enum {
    ROUTE_CLASSES = 4,
    STATUS_CLASSES = 6
}; /* by enum login, 3: none found; 1xx to 5xx, 0: cut off */

struct metrics {
    atomic_ullong requests[ROUTE_CLASSES][STATUS_CLASSES];
    atomic_ullong duration_us[ROUTE_CLASSES];
    atomic_ullong received, sent;
    atomic_ullong lost_races, reaped;
};

struct front {
    const struct app *app;
    struct arena *arena; /* what lives as long as the front */
    const struct networks *trusted, *metrics_networks;
    struct listener *listener;
    int n_listeners;
    struct db_news news; /* of the workers' connections */
    struct workers *crew[CREWS];
    struct spool *spool;
    struct streams *streams;
    struct reaper *reaper;
    struct tls *tls; /* NULL: no listener has it */
    const char *const *asset_etags; /* one for each of assets[] */
    bool reads_leniently;          /* the library, of this version: see layout.h */
    const char *boot;               /* begins the id of each request */
    atomic_ullong requests;         /* so far: continues the id */
    atomic_int running;             /* requests between head and last byte */
    atomic_bool quiescing, stopped;
    struct metrics metrics;
};

/* listen.c: opens all listeners into front->listener. */
fallible listen_open(struct arena *, struct front *);

/* metrics.c: counts a request that has ended, and writes its line of the log. */
void metrics_count(struct exchange *, bool complete);
fallible metrics_show(struct request *, struct response *);
fallible health_show(struct request *, struct response *);

/* static.c */
void static_start(struct front *);
fallible static_show(struct request *, struct response *);

#endif
