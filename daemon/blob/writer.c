/* Receiving a content: parts of at most 1 GiB, hashed and pushed towards the disk as they come. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "blob/store_in.h"

/* The disk begins to write after so many bytes, not all at the final fsync. */
#define PUSH_BYTES ((int64_t)MB(8))
/* Room on the disk is taken so far ahead: finding it piece by piece costs half of the writing. */
#define AHEAD_BYTES ((int64_t)MB(64))

struct received {
    struct blob_temp temp;
    int64_t size, pushed, reserved;
};

/* Hashes what is written, perhaps in another thread: neither side looks at the other's part of it.
 */
struct hashing {
    struct sha256 *whole;
    struct sha256 *part; /* of the second and later parts; the first is the whole so far */
    unsigned char (*digest)[SHA256_SIZE]; /* of the parts that are full, and at the end of all */
    int n, room;
    int64_t size, part_size; /* hashed so far; of the last part */
};

struct blob_writer {
    struct blob_store *store;
    struct received *received; /* the last one grows */
    int n, room;
    int64_t size;
    struct hashing hashing;
    struct blob_part *parts; /* of the content, once it is finished */
    struct blob_content content;
    bool finished;
};

struct blob_writer *
blob_writer_new(struct blob_store *store)
{
    struct blob_writer *w = calloc(1, sizeof *w);

    if (w == NULL)
        abort();
    w->store = store;
    w->hashing.whole = sha256_new();
    return w;
}

void
blob_writer_free(struct blob_writer *w)
{
    unsigned char unused[SHA256_SIZE];

    if (w == NULL)
        return;
    for (int i = 0; i < w->n; i++)
        blob_temp_drop(w->store, &w->received[i].temp);
    if (w->hashing.part != NULL)
        sha256_end(w->hashing.part, unused);
    if (w->hashing.whole != NULL)
        sha256_end(w->hashing.whole, unused);
    free(w->hashing.digest);
    free(w->received);
    free(w->parts);
    free(w);
}

/* ---- writing ---- */

static struct received *
last(struct blob_writer *w)
{
    return &w->received[w->n - 1];
}

static fallible
begin_part(struct blob_writer *w, struct arena *arena)
{
    struct blob_temp temp;

    TRY(blob_temp_new(w->store, arena, &temp));
    if (w->n == w->room) {
        w->room = w->room == 0 ? 1 : 2 * w->room;
        w->received = reallocarray(w->received, (size_t)w->room, sizeof *w->received);
        if (w->received == NULL)
            abort();
    }
    w->received[w->n++] = (struct received){ .temp = temp };
    return NULL;
}

/* Not all file systems can, and that the disk is full is told by the write itself. */
static void
reserve(const struct blob_writer *w, struct received *r)
{
    int64_t left = w->store->part_max - r->size;
    int64_t ahead = 4 * r->size < AHEAD_BYTES ? 4 * r->size : AHEAD_BYTES;

    if (ahead > left)
        ahead = left;
    fallocate(r->temp.fd, FALLOC_FL_KEEP_SIZE, r->size, ahead);
    r->reserved = r->size + ahead;
}

static fallible
give_back(struct arena *arena, struct received *r)
{
    if (r->reserved > r->size && ftruncate(r->temp.fd, r->size) != 0)
        return BLOB_ERROR(arena, "giving back space");
    r->reserved = r->size;
    return NULL;
}

static fallible
write_all(struct arena *arena, int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            if (done == 0)
                errno = EIO;
            return BLOB_ERROR(arena, "writing");
        }
        p += done;
        n -= (size_t)done;
    }
    return NULL;
}

static void
push(struct received *r)
{
    if (r->size - r->pushed < PUSH_BYTES)
        return;
    sync_file_range(r->temp.fd, r->pushed, r->size - r->pushed, SYNC_FILE_RANGE_WRITE);
    r->pushed = r->size;
}

struct error *
blob_put(struct blob_writer *w, struct arena *arena, const void *p, size_t n)
{
    const char *from = p;

    assert(!w->finished);
    while (n > 0) {
        if (w->n == 0 || last(w)->size == w->store->part_max)
            TRY(begin_part(w, arena));
        struct received *r = last(w);
        int64_t room = w->store->part_max - r->size;
        size_t now = (int64_t)n < room ? n : (size_t)room;
        if (r->size > 0 && r->size + (int64_t)now > r->reserved)
            reserve(w, r);
        TRY(write_all(arena, r->temp.fd, from, now));
        CRASH_POINT(21);
        r->size += (int64_t)now;
        w->size += (int64_t)now;
        push(r);
        from += now;
        n -= now;
    }
    return NULL;
}

/* ---- hashing ---- */

/* Settles the hash of the part that is full. */
static void
end_part(struct hashing *h)
{
    if (h->n == h->room) {
        h->room = h->room == 0 ? 1 : 2 * h->room;
        h->digest = reallocarray(h->digest, (size_t)h->room, sizeof *h->digest);
        if (h->digest == NULL)
            abort();
    }
    if (h->part == NULL)
        sha256_so_far(h->whole, h->digest[h->n]);
    else
        sha256_end(h->part, h->digest[h->n]);
    h->part = NULL;
    h->part_size = 0;
    h->n++;
}

void
blob_hash(struct blob_writer *w, const void *p, size_t n)
{
    struct hashing *h = &w->hashing;
    const char *from = p;

    while (n > 0) {
        if (h->part_size == w->store->part_max)
            end_part(h);
        if (h->part == NULL && h->n > 0)
            h->part = sha256_new();
        int64_t room = w->store->part_max - h->part_size;
        size_t now = (int64_t)n < room ? n : (size_t)room;
        sha256_add(h->whole, from, now);
        if (h->part != NULL)
            sha256_add(h->part, from, now);
        h->part_size += (int64_t)now;
        h->size += (int64_t)now;
        from += now;
        n -= now;
    }
}

struct error *
blob_write(struct blob_writer *w, struct arena *arena, const void *p, size_t n)
{
    TRY(blob_put(w, arena, p, n));
    blob_hash(w, p, n);
    return NULL;
}

/* ---- afterwards ---- */

struct error *
blob_finish(struct blob_writer *w, struct arena *arena, const struct blob_content **content)
{
    if (!w->finished) {
        if (w->n == 0)
            TRY(begin_part(w, arena));
        for (int i = 0; i < w->n; i++)
            TRY(give_back(arena, &w->received[i]));
        assert(w->hashing.size == w->size);
        end_part(&w->hashing);
        assert(w->hashing.n == w->n);
        sha256_end(w->hashing.whole, w->content.sha256);
        w->hashing.whole = NULL;
        w->parts = calloc((size_t)w->n, sizeof *w->parts);
        if (w->parts == NULL)
            abort();
        for (int i = 0; i < w->n; i++) {
            memcpy(w->parts[i].sha256, w->hashing.digest[i], SHA256_SIZE);
            w->parts[i].size = w->received[i].size;
        }
        w->content.parts = w->parts;
        w->content.n_parts = w->n;
        w->content.size = w->size;
        w->finished = true;
    }
    *content = &w->content;
    return NULL;
}

struct error *
blob_written(struct blob_writer *w, struct arena *arena, char *p, size_t n)
{
    size_t got = 0;

    assert(w->n <= 1 && (int64_t)n <= w->size);
    while (got < n) {
        ssize_t now = pread(w->received[0].temp.fd, p + got, n - got, (off_t)got);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0) {
            if (now == 0)
                errno = EIO;
            return BLOB_ERROR(arena, "reading back");
        }
        got += (size_t)now;
    }
    return NULL;
}

struct mapping {
    void *p;
    size_t n;
};

static void
unmap(void *what)
{
    const struct mapping *m = what;

    munmap(m->p, m->n);
}

struct error *
blob_map(struct blob_writer *w, struct arena *arena, const char **p, size_t *n)
{
    struct mapping *m = NEW(arena, struct mapping);

    *p = "";
    *n = 0;
    if (w->n == 0 || w->size == 0)
        return NULL;
    if (w->n > 1)
        return REFUSE(arena, TOO_LARGE);
    m->n = (size_t)w->size;
    m->p = mmap(NULL, m->n, PROT_READ, MAP_SHARED, w->received[0].temp.fd, 0);
    if (m->p == MAP_FAILED)
        return BLOB_ERROR(arena, "mapping");
    arena_defer(arena, unmap, m);
    *p = m->p;
    *n = m->n;
    return NULL;
}

struct error *
blob_publish(struct blob_writer *w, struct arena *arena, struct blob_owner owner)
{
    const struct blob_keeper *keeper;

    assert(w->finished);
    TRY(blob_keeper(w->store, arena, w->store->where, &keeper));
    for (int i = 0; i < w->n; i++) {
        struct blob_part *part = &w->parts[i];
        struct blob_place place = blob_place(owner, part->sha256);
        part->where = w->store->where;
        TRY(keeper->put(w->store, arena, &place, &w->received[i].temp, part, &part->fresh));
    }
    return NULL;
}
