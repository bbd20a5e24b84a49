/* Parts in an S3-compatible store. */
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "blob/s3.h"

/* Found there and younger than this, an object stays as long as any request lives: the sweep takes
 * none below seven days. */
#define YOUNG   (INT64_C(86400) * 1000000)
#define RESUMES 4 /* of a download that broke off */

/* ---------------------------------------------------------------- putting */

static fallible
put(struct s3 *s3, struct arena *arena, const struct blob_place *place, int fd,
    const struct blob_part *part, bool *fresh)
{
    int64_t size, modified;

    TRY(s3_head(s3, arena, S3_STEADY, place, &size, &modified));
    if (size == part->size) { /* no upload: what is old is looked at again under the lock */
        *fresh = modified > time_now() - YOUNG;
        return NULL;
    }
    TRY(s3_upload(s3, arena, place, fd, part));
    *fresh = true;
    return NULL;
}

/* Some workers stay free of this, however slow the store is: everything else goes on meanwhile. */
static fallible
s3_put(struct blob_store *store, struct arena *arena, const struct blob_place *place,
    struct blob_temp *temp, const struct blob_part *part, bool *fresh)
{
    struct s3 *s3 = store->s3;
    struct error *e;

    if (part->fresh)
        return NULL; /* by an earlier attempt of the same request */
    if (atomic_fetch_add(&s3->busy, 1) < s3->busy_max)
        e = put(s3, arena, place, temp->fd, part, fresh);
    else
        e = error_cause(REFUSE(arena, TRY_LATER), arena, "S3 store: too many uploads to it");
    atomic_fetch_sub(&s3->busy, 1);
    return e;
}

/* A copy inside the store. Its errors may come with status 200. */
static fallible
copy(struct s3 *s3, struct arena *arena, const struct blob_place *from, const struct blob_place *to,
    bool onto_itself)
{
    const struct net_header header[] = {
        { "x-amz-copy-source", arena_printf(arena, "/%s%s", s3->bucket, s3_key(arena, from)) },
        { "x-amz-metadata-directive", "REPLACE" },
    };
    const struct net_ask ask = { .method = "PUT",
        .path = s3_key(arena, to),
        .header = header,
        .n_headers = onto_itself ? 2 : 1,
        .p = "" };
    struct net_answer answer;

    TRY(s3_ask(s3, arena, S3_STEADY, &ask, NULL, &answer));
    if (answer.status == 404)
        return error_cause(REFUSE(arena, TRY_LATER), arena, "S3 store: a part is missing");
    if (answer.status == 200 && strstr(answer.body, "<CopyObjectResult") != NULL)
        return NULL;
    return s3_refused(arena, &answer, HERE);
}

static fallible
s3_share(struct blob_store *store, struct arena *arena, const struct blob_place *from,
    const struct blob_place *to, int64_t size)
{
    int64_t there, modified;

    TRY(s3_head(store->s3, arena, S3_HASTE, to, &there, &modified));
    if (there == size) /* the caller holds the lock of the hash: it stays */
        return NULL;
    return copy(store->s3, arena, from, to, false);
}

static fallible
s3_touch(struct blob_store *store, struct arena *arena, const struct blob_place *place,
    int64_t size UNUSED)
{
    return copy(store->s3, arena, place, place, true);
}

/* ---------------------------------------------------------------- looking and reading */

static fallible
s3_look(
    struct blob_store *store, struct arena *arena, const struct blob_place *place, int64_t *size)
{
    int64_t modified;

    return s3_head(store->s3, arena, S3_HASTE, place, size, &modified);
}

/* Counts what has come, so that it can be gone on with. */
struct download {
    const struct blob_sink *sink;
    int64_t got;
};

static fallible
take(void *cls, struct arena *arena, const char *p, size_t n)
{
    struct download *d = cls;

    d->got += (int64_t)n;
    return d->sink->take(d->sink->cls, arena, p, n);
}

static fallible
s3_fetch(struct blob_store *store, struct arena *arena, const struct blob_place *place,
    int64_t first, int64_t n, const struct blob_sink *sink)
{
    struct download d = { .sink = sink };
    const struct net_sink counting = { take, &d };
    struct error *e = NULL;

    for (int failures = 0; d.got < n; failures++) {
        int64_t before = d.got;
        const struct net_ask ask = { .method = "GET",
            .path = s3_key(arena, place),
            .ranged = true,
            .from = first + d.got,
            .to = first + n - 1,
            .sink = &counting };
        struct net_answer answer;
        e = s3_ask(store->s3, arena, S3_STEADY, &ask, NULL, &answer);
        if (e == NULL && answer.status != 206)
            return error_cause(REFUSE(arena, NOT_FOUND), arena,
                answer.status == 404 ? "S3 store: a part is missing"
                                     : "S3 store: a part is shorter than it was");
        if (e != NULL && (e->cond != &TRY_LATER || failures == RESUMES))
            return e;
        if (d.got > before)
            failures = 0;
    }
    return d.got == n ? NULL : s3_refused(arena, &(struct net_answer){ .status = 206 }, HERE);
}

/* ---------------------------------------------------------------- removing and listing */

static fallible
s3_remove(
    struct blob_store *store, struct arena *arena, const struct blob_place *place, int64_t before)
{
    const struct net_ask ask = { .method = "DELETE", .path = s3_key(arena, place) };
    struct net_answer answer;
    int64_t size, modified;

    TRY(s3_head(store->s3, arena, S3_STEADY, place, &size, &modified));
    if (size < 0 || modified >= before)
        return NULL;
    return s3_ask(store->s3, arena, S3_STEADY, &ask, NULL, &answer);
}

/* The objects of one page; *last is the name of the last one, NULL when there was none. */
static fallible
list_page(struct arena *arena, const struct net_answer *answer, const char **last,
    bool (*fn)(void *cls, const struct blob_found *), void *cls, bool *ended)
{
    const char *at = answer->body;

    *last = NULL;
    while (!*ended) {
        const char *key = s3_element(arena, &at, "Key");
        const char *when = key == NULL ? NULL : s3_element(arena, &at, "LastModified");
        const char *size = when == NULL ? NULL : s3_element(arena, &at, "Size");
        struct blob_found found = { .where = BLOB_S3 };
        if (size == NULL)
            return NULL;
        *last = key;
        if (!s3_key_parse(arena, key, &found.owner, found.sha256))
            continue; /* not ours */
        if (!text_to_int(size, INT64_MAX, &found.size) || !s3_time(when, &found.modified))
            return s3_refused(arena, answer, HERE);
        *ended = !fn(cls, &found);
    }
    return NULL;
}

static fallible
s3_list(struct blob_store *store, struct arena *arena,
    bool (*fn)(void *cls, const struct blob_found *), void *cls)
{
    static const char query[] = "/?list-type=2&max-keys=1000&prefix=objects%2F";
    struct net_ask ask = { .method = "GET", .path = query };
    struct net_answer answer;
    const char *last;
    bool ended = false;

    do {
        TRY(s3_ask(store->s3, arena, S3_STEADY, &ask, NULL, &answer));
        if (answer.status != 200)
            return s3_refused(arena, &answer, HERE);
        TRY(list_page(arena, &answer, &last, fn, cls, &ended));
        if (last != NULL)
            ask.path = arena_printf(arena, "%s&start-after=%s", query, uri_encode(arena, last));
    } while (last != NULL && !ended);
    return NULL;
}

const struct blob_keeper blob_on_s3 = {
    .put = s3_put,
    .look = s3_look,
    .share = s3_share,
    .fetch = s3_fetch,
    .touch = s3_touch,
    .remove = s3_remove,
    .list = s3_list,
};
