/*
 * TLS for installations without a proxy in front. libmicrohttpd makes the
 * handshakes; here is which certificate they show, and how it is renewed.
 */
#include "http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/token.h"

#define FILE_MAX  KB(256)
#define CHAIN_MAX 16
#define DAY       INT64_C(86400)

/*
 * TLS 1.2 with forward secrecy and authenticated ciphers alone, and TLS 1.3:
 * what every client of the last ten years has, Windows 10 included. Not a
 * setting: there is nothing to gain by less.
 */
const char tls_priorities[] =
    "SECURE128:SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:"
    "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE";

struct tls_pair {
    struct tls_pair *replaced; /* the one before it */
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned n;
    gnutls_privkey_t key;
    gnutls_x509_crt_t first;
    unsigned char print[SHA256_SIZE]; /* of both files */
};

/* ---------------------------------------------------------------- a pair of files */

/* A whole file; it and what is read of it must not be freed unwiped when it is a key. */
static fallible
read_file(struct arena *arena, const char *path, gnutls_datum_t *content)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char *p = arena_alloc(arena, FILE_MAX);
    size_t n = 0;
    ssize_t got = -1;

    if (fd < 0)
        return FAIL(
            arena, INTERNAL, "%s: %s; let the daemon's user read it", path, strerror(errno));
    while (n < FILE_MAX && (got = read(fd, p + n, FILE_MAX - n)) > 0)
        n += (size_t)got;
    if (got < 0)
        return FAIL(arena, INTERNAL, "%s: %s", path, strerror(errno));
    if (n == FILE_MAX)
        return FAIL(arena, INTERNAL, "%s: is too large for a certificate or key", path);
    *content = (gnutls_datum_t){ p, (unsigned)n };
    return NULL;
}

static fallible
read_chain(struct arena *arena, const char *path, const gnutls_datum_t *file, struct tls_pair *pair)
{
    unsigned n = CHAIN_MAX;
    int e = gnutls_pcert_list_import_x509_raw(pair->chain, &n, file, GNUTLS_X509_FMT_PEM, 0);

    if (e < 0)
        return FAIL(arena, INTERNAL,
            "%s: holds no certificates in PEM, or not all of them can be read (%s); write the "
            "server's first, then those between it and the authority",
            path, gnutls_strerror(e));
    pair->n = n;
    e = gnutls_pcert_export_x509(&pair->chain[0], &pair->first);
    if (e < 0)
        return FAIL(arena, INTERNAL, "%s: %s", path, gnutls_strerror(e));
    return NULL;
}

static fallible
read_key(struct arena *arena, const char *path, const gnutls_datum_t *file, struct tls_pair *pair)
{
    int e = gnutls_privkey_init(&pair->key);

    if (e >= 0)
        e = gnutls_privkey_import_x509_raw(pair->key, file, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (e == GNUTLS_E_DECRYPTION_FAILED)
        return FAIL(arena, INTERNAL,
            "%s: the key is locked with a password, which nobody is there to type; write it "
            "without one, readable by the daemon's user alone",
            path);
    if (e < 0)
        return FAIL(arena, INTERNAL, "%s: holds no whole private key in PEM (%s)", path,
            gnutls_strerror(e));
    return NULL;
}

static void
free_public_key(gnutls_pubkey_t *key)
{
    gnutls_pubkey_deinit(*key);
}

static bool
belong_together(const struct tls_pair *pair)
{
    CLEANUP(free_public_key) gnutls_pubkey_t key = NULL;
    unsigned char one[64], other[64];
    size_t n_one = sizeof one, n_other = sizeof other;

    return gnutls_pubkey_init(&key) >= 0 &&
           gnutls_pubkey_import_privkey(key, pair->key, 0, 0) >= 0 &&
           gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, one, &n_one) >= 0 &&
           gnutls_pubkey_get_key_id(
               pair->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, other, &n_other) >= 0 &&
           n_one == n_other && memcmp(one, other, n_one) == 0;
}

static fallible
read_pair(struct arena *arena, const char *certificate, const char *key, struct tls_pair *pair)
{
    gnutls_datum_t file[2] = { { NULL, 0 }, { NULL, 0 } };
    unsigned char print[2][SHA256_SIZE];

    TRY(read_file(arena, certificate, &file[0]));
    TRY(read_chain(arena, certificate, &file[0], pair));
    TRY(read_file(arena, key, &file[1]));
    struct error *e = read_key(arena, key, &file[1], pair);
    for (int i = 0; i < 2; i++)
        sha256(file[i].data, file[i].size, print[i]);
    forget(file[1].data, file[1].size);
    sha256(print, sizeof print, pair->print);
    if (e == NULL && !belong_together(pair))
        e = FAIL(arena, INTERNAL,
            "%s and %s do not belong together: the key is another certificate's", certificate, key);
    return e;
}

fallible
tls_pair_read(struct arena *arena, const char *certificate, const char *key, struct tls_pair **read)
{
    struct tls_pair *pair = calloc(1, sizeof *pair);

    if (pair == NULL)
        return REFUSE(arena, INTERNAL);
    struct error *e = read_pair(arena, certificate, key, pair);
    if (e != NULL)
        tls_pair_free(pair);
    else
        *read = pair;
    return e;
}

void
tls_pair_free(struct tls_pair *pair)
{
    if (pair == NULL)
        return;
    for (unsigned i = 0; i < pair->n; i++)
        gnutls_pcert_deinit(&pair->chain[i]);
    if (pair->first != NULL)
        gnutls_x509_crt_deinit(pair->first);
    if (pair->key != NULL)
        gnutls_privkey_deinit(pair->key);
    free(pair);
}

int64_t
tls_pair_ends(const struct tls_pair *pair)
{
    return (int64_t)gnutls_x509_crt_get_expiration_time(pair->first);
}

bool
tls_pair_names(const struct tls_pair *pair, const char *host)
{
    return gnutls_x509_crt_check_hostname(pair->first, host) != 0;
}

/* ---------------------------------------------------------------- the one in use */

/* Which content a file has, as far as the system tells without reading it. */
struct look {
    struct timespec modified;
    ino_t inode;
    dev_t device;
    off_t size;
    bool there;
};

struct tls {
    const char *certificate, *key; /* paths */
    _Atomic(struct tls_pair *) pair;
    atomic_bool stale;

    /* The looking thread's own. */
    struct look seen[2], used[2];         /* at the last look; when the files were read */
    int64_t warned;                       /* seconds since 1970 */
    unsigned char complaint[SHA256_SIZE]; /* of what was logged last */
};

static int64_t
now_seconds(void)
{
    return time_now() / 1000000;
}

static void
look_at(const char *path, struct look *look)
{
    struct stat st;

    memset(look, 0, sizeof *look);
    if (stat(path, &st) != 0)
        return;
    look->modified = st.st_mtim;
    look->inode = st.st_ino;
    look->device = st.st_dev;
    look->size = st.st_size;
    look->there = true;
}

static bool
same(const struct look *a, const struct look *b)
{
    return a->there == b->there && a->size == b->size && a->inode == b->inode &&
           a->device == b->device && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec;
}

/* One line for each reason, however often it is found. */
static void
complain(struct tls *tls, const char *reason)
{
    unsigned char print[SHA256_SIZE];

    atomic_store(&tls->stale, true);
    sha256(reason, strlen(reason), print);
    if (memcmp(print, tls->complaint, sizeof print) == 0)
        return;
    memcpy(tls->complaint, print, sizeof print);
    LOG(LOG_ERROR_, "certificate_refused", "reason", reason, "remedy",
        "the certificate in use stays; mend the files, they are read again when they change, or "
        "on SIGHUP");
}

static void
use(struct tls *tls, struct tls_pair *pair)
{
    pair->replaced = atomic_load(&tls->pair);
    atomic_store(&tls->pair, pair);
    tls->warned = 0;
}

/* Reads the files and takes them into use unless they are worse than what there is. */
static void
renew(struct tls *tls, struct arena *arena)
{
    struct tls_pair *old = atomic_load(&tls->pair), *pair = NULL;
    struct error *e = tls_pair_read(arena, tls->certificate, tls->key, &pair);

    if (e != NULL) {
        complain(tls, e->detail != NULL ? e->detail : e->cond->title);
        return;
    }
    if (tls_pair_ends(pair) <= now_seconds() && tls_pair_ends(old) > tls_pair_ends(pair)) {
        tls_pair_free(pair);
        complain(tls, "the new certificate's time is over, and the one in use ends later");
        return;
    }
    atomic_store(&tls->stale, false);
    memset(tls->complaint, 0, sizeof tls->complaint);
    if (memcmp(pair->print, old->print, sizeof pair->print) == 0) {
        tls_pair_free(pair);
        return;
    }
    use(tls, pair);
    LOG(LOG_NOTICE_, "certificate_renewed", "days",
        arena_printf(arena, "%lld", (long long)((tls_pair_ends(pair) - now_seconds()) / DAY)));
}

static void
warn(struct tls *tls, struct arena *arena)
{
    int64_t now = now_seconds(), left = tls_ends(tls) - now;

    if (left > TLS_WARNING_DAYS * DAY || now - tls->warned < DAY)
        return;
    tls->warned = now;
    LOG(left <= 0 ? LOG_ERROR_ : LOG_WARNING_, left <= 0 ? "certificate_over" : "certificate_ends",
        "days", arena_printf(arena, "%lld", (long long)(left / DAY)), "remedy",
        "have it renewed; the files are read again when they change");
}

void
tls_look(struct tls *tls, bool now)
{
    struct arena *arena = arena_new();
    struct look look[2];

    look_at(tls->certificate, &look[0]);
    look_at(tls->key, &look[1]);
    bool still = same(&look[0], &tls->seen[0]) && same(&look[1], &tls->seen[1]);
    bool fresh = !same(&look[0], &tls->used[0]) || !same(&look[1], &tls->used[1]);
    if (now || (still && fresh)) {
        memcpy(tls->used, look, sizeof look);
        renew(tls, arena);
    }
    memcpy(tls->seen, look, sizeof look);
    warn(tls, arena);
    arena_free(arena);
}

fallible
tls_start(struct arena *arena, const char *certificate, const char *key, struct tls **started)
{
    struct tls *tls = calloc(1, sizeof *tls);
    struct tls_pair *pair;

    if (tls == NULL)
        return REFUSE(arena, INTERNAL);
    tls->certificate = certificate;
    tls->key = key;
    look_at(certificate, &tls->used[0]);
    look_at(key, &tls->used[1]);
    memcpy(tls->seen, tls->used, sizeof tls->used);
    struct error *e = tls_pair_read(arena, certificate, key, &pair);
    if (e != NULL) {
        free(tls);
        return e;
    }
    use(tls, pair);
    warn(tls, arena);
    *started = tls;
    return NULL;
}

void
tls_stop(struct tls *tls)
{
    struct tls_pair *pair, *before;

    if (tls == NULL)
        return;
    for (pair = atomic_load(&tls->pair); pair != NULL; pair = before) {
        before = pair->replaced;
        tls_pair_free(pair);
    }
    free(tls);
}

int64_t
tls_ends(const struct tls *tls)
{
    return tls_pair_ends(atomic_load(&tls->pair));
}

bool
tls_stale(const struct tls *tls)
{
    return atomic_load(&tls->stale);
}

/* ---------------------------------------------------------------- handshakes */

static int
choose_pair(gnutls_session_t session, const gnutls_datum_t *issuers UNUSED, int n_issuers UNUSED,
    const gnutls_pk_algorithm_t *algorithms UNUSED, int n_algorithms UNUSED,
    gnutls_pcert_st **chain, unsigned *n, gnutls_privkey_t *key)
{
    const struct tls *tls = gnutls_session_get_ptr(session);
    struct tls_pair *pair = atomic_load(&tls->pair);

    *chain = pair->chain;
    *n = pair->n;
    *key = pair->key;
    return 0;
}

void *
tls_certificate_callback(void)
{
    return (void *)(uintptr_t)choose_pair;
}

/* The library's own list would also offer HTTP/1.0; h2 alone is refused as RFC 7301, 3.2 wants. */
void
tls_prepare(const struct tls *tls, struct gnutls_session_int *session)
{
    static const char http[] = "http/1.1";
    const gnutls_datum_t protocol = { (unsigned char *)(uintptr_t)http, sizeof http - 1 };

    gnutls_session_set_ptr(session, (void *)(uintptr_t)tls);
    (void)gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY);
}
