#ifndef AUTH_DEADLINE_H
#define AUTH_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Libraries that talk over a socket and cannot be told when to stop: libldap
 * ignores its own time limits while a TLS handshake runs. So we connect
 * ourselves, and a watchdog shuts the socket down at the deadline, which ends
 * whatever the library waits for. Deadlines are on time_monotonic().
 */

/* A connected blocking TCP socket, or -1 with errno (EHOSTUNREACH: no such name). */
int connect_by(const char *host, int port, int64_t deadline);
/* The same for a unix socket. */
int connect_unix_by(const char *path, int64_t deadline);

/* One thread for any number of sockets. */
struct watchdog;
struct watchdog *watchdog_new(void);   /* NULL when there is no thread to be had */
void watchdog_free(struct watchdog *); /* nothing is watched any more; NULL is allowed */

/* One socket that is watched; the caller's, untouched until watchdog_off(). */
struct watch {
    int fd;
    int64_t deadline;
    bool ended; /* by us */
    struct watch *next;
};

void watchdog_on(struct watchdog *, struct watch *, int fd, int64_t deadline);
/* Call before the socket is closed. True when the deadline had passed. */
bool watchdog_off(struct watchdog *, struct watch *);

#endif
