#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct gnutls_session_int;

/*
 * A certificate with its chain and its private key, from two PEM files. Constant
 * once read. Ends with tls_pair_free().
 */
struct tls_pair;

/*
 * INTERNAL names the file, what is wrong with it and what to do. The key must
 * belong to the first certificate and have no password. A certificate whose time
 * is over is read like any other.
 */
fallible tls_pair_read(
    struct arena *, const char *certificate, const char *key, struct tls_pair **);
void tls_pair_free(struct tls_pair *); /* NULL is allowed */

/* In seconds since 1970: when its first certificate ends. */
int64_t tls_pair_ends(const struct tls_pair *);
/* Is it for this host, by a DNS name or an address in it? */
bool tls_pair_names(const struct tls_pair *, const char *host);

/* From so many days before its end on a certificate is reported as due (F38). */
enum { TLS_WARNING_DAYS = 21 };

/*
 * What TLS listeners show. Files that change are read again once they have been
 * the same for two looks in a row; files that cannot be used leave the pair as it
 * is, with a line in the log that says why. A pair that was replaced stays in memory
 * until tls_stop(), because handshakes may be using it: some KiB a renewal.
 */
struct tls;

/* Reads the first pair. The paths must outlive it. */
fallible tls_start(struct arena *, const char *certificate, const char *key, struct tls **);
void tls_stop(struct tls *); /* once no connection uses it; NULL is allowed */

/*
 * To be called every few seconds, always by the same thread. now: look at the
 * files whether they have changed or not. Also warns once a day when it is time.
 */
void tls_look(struct tls *, bool now);

/* For monitors: when the pair in use ends, and whether the last files could not be used. */
int64_t tls_ends(const struct tls *);
bool tls_stale(const struct tls *);

/*
 * What libmicrohttpd is given: the versions and ciphers, and the function that
 * chooses the pair for a handshake (MHD_OPTION_HTTPS_CERT_CALLBACK).
 */
extern const char tls_priorities[];
void *tls_certificate_callback(void);

/* For a connection that has just been accepted, before its handshake. */
void tls_prepare(const struct tls *, struct gnutls_session_int *);

#endif
