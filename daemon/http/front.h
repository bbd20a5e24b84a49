#ifndef HTTP_FRONT_H
#define HTTP_FRONT_H

#include <stdbool.h>

#include "base/error.h"
#include "http/route.h"

struct app;
struct arena;
struct front;

/*
 * The HTTP server: listeners, event threads, spool threads, workers and the
 * reaper of slow connections. `app` outlives it. Uses the sockets systemd hands
 * over (LISTEN_FDS) when there are any, else those of config->listen.
 * An error names the listener and what to do about it.
 */
fallible front_start(struct arena *, const struct app *, struct front **);

/*
 * Looks after what may change while it runs: the certificate's files. To be called every
 * front_turn() seconds by the thread that started it; now: they are read in any case.
 */
void front_look(struct front *, bool now);
int front_turn(const struct front *);

/* The TCP port of a listener, as the system gave it; 0 for a unix socket. For tests. */
int front_port(const struct front *, int listener);

/*
 * Ending, in this order: front_quiesce() takes no new connections and lets what
 * runs come to its end, each answer with "Connection: close"; the caller waits
 * as long as it likes for front_idle(); front_stop() answers what is still
 * queued with 503, waits for the handlers that run, cuts the rest and frees all.
 */
void front_quiesce(struct front *);
bool front_idle(const struct front *);
void front_stop(struct front *);

/* /healthz, /metrics and /static/{name}: for struct app. */
extern const struct route http_routes[];

#endif
