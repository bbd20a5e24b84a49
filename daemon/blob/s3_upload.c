/* Sending parts to the S3 store: one request up to 64 MiB, above that pieces of that size. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/token.h"
#include "blob/s3.h"

#define READ_BYTES   KB(64)
#define XML_MAX      KB(256)
#define JOIN_SECONDS 60 /* the store may copy all pieces */

static fallible
damaged(struct arena *arena)
{
    return error_cause(
        REFUSE(arena, CONFLICT), arena, "blob store: a part is not what its name says");
}

/* Adds n bytes of a file to one or two hashes. */
static fallible
hash_file(struct arena *arena, int fd, int64_t first, int64_t n, struct sha256 *a, struct sha256 *b)
{
    char bytes[READ_BYTES];

    while (n > 0) {
        ssize_t got = pread(fd, bytes, n < (int64_t)sizeof bytes ? (size_t)n : sizeof bytes, first);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return BLOB_ERROR(arena, "reading a part");
        if (got == 0)
            return damaged(arena);
        sha256_add(a, bytes, (size_t)got);
        if (b != NULL)
            sha256_add(b, bytes, (size_t)got);
        first += got;
        n -= got;
    }
    return NULL;
}

/* ---------------------------------------------------------------- in one request */

/* Is the file still what its name says? CONFLICT when not: the store has noticed it first. */
static fallible
check_file(struct arena *arena, int fd, const struct blob_part *part)
{
    struct sha256 *hash = sha256_new();
    unsigned char digest[SHA256_SIZE];

    struct error *e = hash_file(arena, fd, 0, part->size, hash, NULL);
    sha256_end(hash, digest);
    TRY(e);
    return memcmp(digest, part->sha256, sizeof digest) == 0 ? NULL : damaged(arena);
}

static fallible
send_whole(struct s3 *s3, struct arena *arena, const struct blob_place *place, int fd,
    const struct blob_part *part)
{
    const struct net_ask ask = {
        .method = "PUT", .path = s3_key(arena, place), .fd = fd, .n = part->size
    };
    struct net_answer answer = { 0 };
    struct error *e = s3_ask(s3, arena, S3_STEADY, &ask, place->name, &answer);

    if (e == NULL && answer.status != 200)
        e = s3_refused(arena, &answer, HERE);
    if (answer.status / 100 == 4)
        TRY(check_file(arena, fd, part));
    return e;
}

/* ---------------------------------------------------------------- in pieces */

struct upload {
    struct s3 *s3;
    const char *key;
    const char *id;    /* encoded */
    struct buf pieces; /* the list that joins them */
};

/* What may stand in a query as it is signed: everything else as %XX. */
static const char *
encode(struct arena *arena, const char *s)
{
    struct buf b = buf_new(arena, KB(8));

    for (; *s != '\0'; s++)
        if ((*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z') ||
            strchr("-._~", *s) != NULL)
            buf_char(&b, *s);
        else
            buf_printf(&b, "%%%02X", (unsigned char)*s);
    return buf_string(&b);
}

static fallible
begin(struct upload *u, struct arena *arena)
{
    const struct net_ask ask = { .method = "POST",
        .path = arena_printf(arena, "%s?uploads=", u->key) };
    struct net_answer answer;

    TRY(s3_ask(u->s3, arena, S3_STEADY, &ask, NULL, &answer));
    const char *at = answer.body, *id = s3_element(arena, &at, "UploadId");
    if (answer.status != 200 || id == NULL)
        return s3_refused(arena, &answer, HERE);
    u->id = encode(arena, id);
    return NULL;
}

static fallible
send_piece(struct upload *u, struct arena *arena, int fd, int64_t first, int64_t n, int number,
    struct sha256 *whole)
{
    unsigned char digest[SHA256_SIZE];
    struct sha256 *hash = sha256_new();
    struct net_answer answer;

    struct error *e = hash_file(arena, fd, first, n, hash, whole);
    sha256_end(hash, digest);
    TRY(e);
    const struct net_ask ask = { .method = "PUT",
        .path = arena_printf(arena, "%s?partNumber=%d&uploadId=%s", u->key, number, u->id),
        .fd = fd,
        .first = first,
        .n = n };
    TRY(s3_ask(u->s3, arena, S3_STEADY, &ask, hex_encode(arena, digest, sizeof digest), &answer));
    const char *tag = net_header(&answer, "ETag");
    if (answer.status != 200 || tag == NULL || strpbrk(tag, "<>&") != NULL)
        return s3_refused(arena, &answer, HERE);
    buf_printf(&u->pieces, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", number, tag);
    return NULL;
}

static fallible
send_pieces(struct upload *u, struct arena *arena, int fd, const struct blob_part *part)
{
    struct sha256 *whole = sha256_new();
    unsigned char digest[SHA256_SIZE];
    struct error *e = NULL;
    int number = 1;

    buf_text(&u->pieces, "<CompleteMultipartUpload>");
    for (int64_t at = 0; at < part->size && e == NULL; at += S3_PIECE, number++) {
        int64_t left = part->size - at;
        e = send_piece(u, arena, fd, at, left < S3_PIECE ? left : S3_PIECE, number, whole);
    }
    buf_text(&u->pieces, "</CompleteMultipartUpload>");
    sha256_end(whole, digest);
    TRY(e);
    return memcmp(digest, part->sha256, sizeof digest) == 0 ? NULL : damaged(arena);
}

/*
 * Joins the pieces. Errors may come with status 200; and when an answer was lost,
 * the second attempt finds no such upload any more, although all went well.
 */
static fallible
join(struct upload *u, struct arena *arena, const struct blob_place *place, int64_t size)
{
    const struct net_ask ask = { .method = "POST",
        .path = arena_printf(arena, "%s?uploadId=%s", u->key, u->id),
        .p = buf_string(&u->pieces),
        .n = (int64_t)u->pieces.n,
        .patience = JOIN_SECONDS };
    struct net_answer answer;
    int64_t there, modified;

    TRY(s3_ask(u->s3, arena, S3_STEADY, &ask, NULL, &answer));
    if (answer.status == 200 && strstr(answer.body, "<CompleteMultipartUploadResult") != NULL)
        return NULL;
    TRY(s3_head(u->s3, arena, S3_STEADY, place, &there, &modified));
    return answer.status == 404 && there == size ? NULL : s3_refused(arena, &answer, HERE);
}

static fallible
give_up(struct s3 *s3, struct arena *arena, const char *key, const char *id)
{
    const struct net_ask ask = { .method = "DELETE",
        .path = arena_printf(arena, "%s?uploadId=%s", key, id) };
    struct net_answer answer;

    return s3_ask(s3, arena, S3_STEADY, &ask, NULL, &answer);
}

static fallible
send_in_pieces(struct s3 *s3, struct arena *arena, const struct blob_place *place, int fd,
    const struct blob_part *part)
{
    struct upload u = { .s3 = s3, .key = s3_key(arena, place), .pieces = buf_new(arena, XML_MAX) };

    TRY(begin(&u, arena));
    CRASH_POINT(60);
    struct error *e = send_pieces(&u, arena, fd, part);
    if (e == NULL)
        e = join(&u, arena, place, part->size);
    if (e != NULL && give_up(s3, arena, u.key, u.id) != NULL)
        LOG(LOG_WARNING_, "s3_upload_left", "remedy", "the daily sweep ends it");
    return e;
}

struct error *
s3_upload(struct s3 *s3, struct arena *arena, const struct blob_place *place, int fd,
    const struct blob_part *part)
{
    CRASH_POINT(61);
    if (part->size <= S3_PIECE)
        TRY(send_whole(s3, arena, place, fd, part));
    else
        TRY(send_in_pieces(s3, arena, place, fd, part));
    CRASH_POINT(62);
    return NULL;
}

/* ---------------------------------------------------------------- what was left behind */

struct error *
s3_abort_old(struct s3 *s3, struct arena *arena, int64_t before)
{
    const struct net_ask ask = { .method = "GET",
        .path = "/?max-uploads=1000&prefix=objects%2F&uploads=" };
    struct net_answer answer;
    int64_t begun;

    TRY(s3_ask(s3, arena, S3_STEADY, &ask, NULL, &answer));
    if (answer.status != 200)
        return s3_refused(arena, &answer, HERE);
    for (const char *at = answer.body;;) {
        const char *key = s3_element(arena, &at, "Key");
        const char *id = key == NULL ? NULL : s3_element(arena, &at, "UploadId");
        const char *when = id == NULL ? NULL : s3_element(arena, &at, "Initiated");
        struct blob_owner owner;
        unsigned char hash[SHA256_SIZE];
        if (when == NULL)
            return NULL;
        if (s3_time(when, &begun) && begun < before && s3_key_parse(arena, key, &owner, hash))
            TRY(give_up(s3, arena, arena_printf(arena, "/%s", key), encode(arena, id)));
    }
}
