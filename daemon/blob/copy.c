/* A part from one place into the other, and proof that it arrived. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "blob/store_in.h"

/* Hashes what comes, and writes it into a file unless that is -1. */
struct filling {
    struct sha256 *hash;
    int fd;
};

static fallible
fill(void *cls, struct arena *arena, const char *p, size_t n)
{
    struct filling *f = cls;

    sha256_add(f->hash, p, n);
    while (f->fd >= 0 && n > 0) {
        ssize_t done = write(f->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return BLOB_ERROR(arena, "writing a copy");
        p += done;
        n -= (size_t)done;
    }
    return NULL;
}

/* Reads a part to its end, into a file when there is one; *good: it is what its name says. */
static fallible
read_part(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part, int fd, bool *good)
{
    struct filling filling = { .hash = sha256_new(), .fd = fd };
    const struct blob_sink sink = { fill, &filling };
    unsigned char digest[SHA256_SIZE];

    struct error *e = blob_fetch(store, arena, owner, part, 0, part->size, &sink);
    sha256_end(filling.hash, digest);
    *good = e == NULL && memcmp(digest, part->sha256, sizeof digest) == 0;
    return e;
}

/* Is it there, and right to the last byte? */
static fallible
prove(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part, bool *good)
{
    int64_t size;

    *good = false;
    TRY(blob_look(store, arena, owner, part, &size));
    return size == part->size ? read_part(store, arena, owner, part, -1, good) : NULL;
}

static fallible
damaged(struct arena *arena)
{
    return error_cause(
        REFUSE(arena, CONFLICT), arena, "blob store: a part is not what its name says");
}

/* The part as a file of ours: its own on the disk, or one that is filled from elsewhere. */
static fallible
open_source(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part, struct blob_temp *temp)
{
    bool good;

    if (part->where == BLOB_DISK) {
        *temp = (struct blob_temp){ .fd = -1 };
        return blob_open(store, arena, owner, part->sha256, &temp->fd);
    }
    TRY(blob_temp_new(store, arena, temp));
    struct error *e = read_part(store, arena, owner, part, temp->fd, &good);
    if (e == NULL && !good)
        e = damaged(arena);
    if (e != NULL)
        blob_temp_drop(store, temp);
    return e;
}

struct error *
blob_copy(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const struct blob_part *part, enum blob_where to)
{
    struct blob_place place = blob_place(owner, part->sha256);
    struct blob_part there = *part;
    const struct blob_keeper *keeper;
    struct blob_temp temp;
    bool good, fresh;

    there.where = to;
    there.fresh = false;
    TRY(blob_keeper(store, arena, to, &keeper));
    TRY(prove(store, arena, owner, &there, &good));
    if (good)
        return blob_touch(store, arena, owner, &there);
    TRY(blob_remove(store, arena, owner, to, part->sha256, INT64_MAX));
    TRY(open_source(store, arena, owner, part, &temp));
    struct error *e = keeper->put(store, arena, &place, &temp, &there, &fresh);
    blob_temp_drop(store, &temp);
    TRY(e);
    TRY(prove(store, arena, owner, &there, &good));
    if (good)
        return NULL;
    TRY(blob_remove(store, arena, owner, to, part->sha256, INT64_MAX));
    return damaged(arena);
}
