#ifndef AUTH_LDAP_IN_H
#define AUTH_LDAP_IN_H

/* Private to auth/ldap*.c, the only files that know libldap. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ldap.h>

#include "auth/ldap.h"

struct arena;
struct watchdog;

#define SECOND     INT64_C(1000000)
#define SECRET_MAX 1024

/* A connection, and when it last was of use. */
struct handle {
    LDAP *ld;
    int64_t used;
};

/*
 * What one thread asks with. People are found on one connection, as the
 * service account, and bind on another: a bind changes who a connection is.
 */
struct slot {
    bool taken;
    int64_t since, deadline;
    struct handle service, login;
};

struct directory {
    const struct config *config;
    struct watchdog *watchdog;
    char secret[SECRET_MAX + 1]; /* of the service account */
    char *state_admins;          /* key of their group; NULL: nobody is one */
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int n_slots, n_taken, n_waiting;
    bool down; /* the last question got no answer: one at a time until one does */
    struct slot slot[];
};

/* Runs `call`, which sets rc, while the watchdog would end it. */
#define WATCHED(d, ld, until, rc, call)                                                            \
    do {                                                                                           \
        struct watch watch_;                                                                       \
        int fd_ = -1;                                                                              \
        ldap_get_option((ld), LDAP_OPT_DESC, &fd_);                                                \
        watchdog_on((d)->watchdog, &watch_, fd_, (until));                                         \
        (rc) = (call);                                                                             \
        if (watchdog_off((d)->watchdog, &watch_) && (rc) != LDAP_SUCCESS)                          \
            (rc) = LDAP_TIMEOUT;                                                                   \
    } while (0)

/* ---- ldap_conn.c: all return a result code of LDAP; deadlines are on time_monotonic() ---- */

/* Connects, with TLS if configured. */
int handle_open(struct directory *, struct handle *, int64_t deadline);
void handle_close(struct handle *);
int handle_bind(
    struct directory *, struct handle *, const char *dn, const char *password, int64_t deadline);
/* A connection on which the service account is signed in; *fresh when it was opened just now. */
int handle_service(struct directory *, struct handle *, int64_t deadline, bool *fresh);
/* A search as the service account; a connection found dead is opened again, once. */
int handle_search(struct directory *, struct handle *, int64_t deadline, const char *base,
    int scope, const char *filter, const char *const *attributes, int at_most, LDAPMessage **found);
/* May a connection that has rested so long still be used? Firewalls forget them silently. */
bool handle_is_usable(const struct handle *);

/* ---- ldap_entry.c ---- */

/* The attributes of a person, NULL last, in the arena. */
const char *const *person_attributes(const struct config *, struct arena *);
/* False when the entry lacks what makes somebody a person to us. */
bool person_read(const struct directory *, struct arena *, LDAP *, LDAPMessage *entry,
    struct directory_person *);
/* The groups that name her as a member, for servers without memberOf. */
int person_search_groups(struct directory *, struct handle *, int64_t deadline, struct arena *,
    struct directory_person *);

#endif
