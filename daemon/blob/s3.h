#ifndef BLOB_S3_H
#define BLOB_S3_H

/*
 * Private to daemon/blob: the keeper in an S3-compatible store. A part is an object
 * objects/OWNER/AB/HASH of one bucket. Requests are signed by libcurl (7.88), for
 * whose sake names are [0-9a-z/], queries are sorted with "=" behind each name, and
 * every request carries the hash of its body.
 */
#include <stdatomic.h>

#include "blob/store_in.h"
#include "net/net.h"

struct config;

#define S3_PIECE ((int64_t)64 << 20) /* what is larger goes in pieces of this size */

struct s3 {
    struct net_server *server;
    char *bucket;
    atomic_llong down_until; /* time_monotonic(); it is left alone until then */
    atomic_int busy;         /* puts under way */
    int busy_max;
};

fallible s3_open(struct arena *, const struct config *, struct s3 **);
void s3_close(struct s3 *); /* NULL is allowed */

extern const struct blob_keeper blob_on_s3;

/* ---- s3_request.c ---- */

/* How long somebody can wait: HASTE inside a transaction, one attempt within seconds. */
enum s3_pace { S3_HASTE, S3_STEADY };

/* objects/c12/ab/..., with a slash in front; s3_ask() adds the bucket. */
const char *s3_key(struct arena *, const struct blob_place *);

/*
 * One request, repeated with growing pauses when the store is silent or busy. The
 * answer is one of 2xx, 404 or 416, everything else an error (TRY_LATER). sha256
 * NULL: of a body in memory, or of none.
 */
fallible s3_ask(struct s3 *, struct arena *, enum s3_pace, const struct net_ask *,
    const char *sha256, struct net_answer *);
/* The error for an answer of the kind that nobody expects here. */
struct error *s3_refused(struct arena *, const struct net_answer *, const char *where)
    __attribute__((returns_nonnull));

/* Its size (-1: there is none) and time. */
fallible s3_head(struct s3 *, struct arena *, enum s3_pace, const struct blob_place *,
    int64_t *size, int64_t *modified);

/* ---- s3_upload.c ---- */

/* Sends a part from an open file, whole or in pieces; its hash is checked on the way. */
fallible s3_upload(
    struct s3 *, struct arena *, const struct blob_place *, int fd, const struct blob_part *);
/* Ends uploads in pieces that somebody began before that time and never finished. */
fallible s3_abort_old(struct s3 *, struct arena *, int64_t before);

/* ---- s3_xml.c: the few elements of its answers that matter ---- */

/*
 * The text of the next element of this name at *at or later, decoded; *at goes behind
 * it. NULL when there is none, or it has elements inside.
 */
const char *s3_element(struct arena *, const char **at, const char *name);
/* Reads "2026-11-21T03:02:01.000Z"; false when it is none. */
bool s3_time(const char *s, int64_t *us);
/* objects/c12/ab/HASH as s3_key() wrote it; false when it is none. */
bool s3_key_parse(
    struct arena *, const char *key, struct blob_owner *, unsigned char sha256[SHA256_SIZE]);

#endif
