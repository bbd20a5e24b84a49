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

struct received {
    struct blob_temp temp;
    struct blob_part part;
};

struct blob_writer {
    struct blob_store *store;
    struct sha256 *whole;
    struct sha256 *part;       /* of the second and later parts; the first is the whole so far */
    struct received *received; /* the last one grows */
    int n, room;
    int64_t size, pushed;    /* pushed: of the last part */
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
    w->whole = sha256_new();
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
    if (w->part != NULL)
        sha256_end(w->part, unused);
    if (w->whole != NULL)
        sha256_end(w->whole, unused);
    free(w->received);
    free(w->parts);
    free(w);
}

static struct received *
last(struct blob_writer *w)
{
    return &w->received[w->n - 1];
}

/* Settles the hash of the part that is full. */
static void
end_part(struct blob_writer *w)
{
    if (w->n == 0)
        return;
    if (w->part == NULL)
        sha256_so_far(w->whole, last(w)->part.sha256);
    else
        sha256_end(w->part, last(w)->part.sha256);
    w->part = NULL;
}

static fallible
begin_part(struct blob_writer *w, struct arena *arena)
{
    struct blob_temp temp;

    TRY(blob_temp_new(w->store, arena, &temp));
    end_part(w);
    if (w->n > 0)
        w->part = sha256_new();
    if (w->n == w->room) {
        w->room = w->room == 0 ? 1 : 2 * w->room;
        w->received = reallocarray(w->received, (size_t)w->room, sizeof *w->received);
        if (w->received == NULL)
            abort();
    }
    w->received[w->n++] = (struct received){ .temp = temp };
    w->pushed = 0;
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
push(struct blob_writer *w)
{
    struct received *r = last(w);

    if (r->part.size - w->pushed < PUSH_BYTES)
        return;
    sync_file_range(r->temp.fd, w->pushed, r->part.size - w->pushed, SYNC_FILE_RANGE_WRITE);
    w->pushed = r->part.size;
}

struct error *
blob_write(struct blob_writer *w, struct arena *arena, const void *p, size_t n)
{
    const char *from = p;

    assert(!w->finished);
    while (n > 0) {
        if (w->n == 0 || last(w)->part.size == w->store->part_max)
            TRY(begin_part(w, arena));
        int64_t room = w->store->part_max - last(w)->part.size;
        size_t now = (int64_t)n < room ? n : (size_t)room;
        TRY(write_all(arena, last(w)->temp.fd, from, now));
        CRASH_POINT(21);
        sha256_add(w->whole, from, now);
        if (w->part != NULL)
            sha256_add(w->part, from, now);
        last(w)->part.size += (int64_t)now;
        w->size += (int64_t)now;
        push(w);
        from += now;
        n -= now;
    }
    return NULL;
}

struct error *
blob_finish(struct blob_writer *w, struct arena *arena, const struct blob_content **content)
{
    if (!w->finished) {
        if (w->n == 0)
            TRY(begin_part(w, arena));
        end_part(w);
        sha256_end(w->whole, w->content.sha256);
        w->whole = NULL;
        w->parts = calloc((size_t)w->n, sizeof *w->parts);
        if (w->parts == NULL)
            abort();
        for (int i = 0; i < w->n; i++)
            w->parts[i] = w->received[i].part;
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
