/* Parts on the disk: objects/OWNER/AB/HASH below the directory of the store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "blob/disk.h"

#define PIECE KB(64)

static fallible
open_part(struct blob_store *store, struct arena *arena, const struct blob_place *place, int *fd)
{
    char path[sizeof *place + 2];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s/%s", place->owner, place->fan, place->name);
    int got = blob_open_beneath(store->objects, path, O_RDONLY);
    if (got < 0 && errno == ENOENT)
        return error_cause(REFUSE(arena, NOT_FOUND), arena, "blob store: a part is missing");
    if (got < 0)
        return BLOB_ERROR(arena, "opening a part");
    if (fstat(got, &st) != 0 || !S_ISREG(st.st_mode)) {
        close_fd(&got);
        return error_cause(REFUSE(arena, NOT_FOUND), arena, "blob store: a part is no file");
    }
    *fd = got;
    return NULL;
}

struct error *
blob_open(struct blob_store *store, struct arena *arena, struct blob_owner owner,
    const unsigned char sha256[SHA256_SIZE], int *fd)
{
    struct blob_place place = blob_place(owner, sha256);

    return open_part(store, arena, &place, fd);
}

static fallible
disk_put(struct blob_store *store, struct arena *arena, const struct blob_place *place,
    struct blob_temp *temp, const struct blob_part *part, bool *fresh)
{
    CLEANUP(close_fd) int dir = blob_open_place(store, place, true);

    if (dir < 0)
        return BLOB_ERROR(arena, "opening a directory");
    *fresh = false; /* one look at the file is cheap: it is looked at again under the lock */
    return blob_temp_place(store, arena, temp, dir, place->name, part->size);
}

static fallible
disk_look(
    struct blob_store *store, struct arena *arena, const struct blob_place *place, int64_t *size)
{
    CLEANUP(close_fd) int fd = -1;
    struct stat st;

    struct error *e = open_part(store, arena, place, &fd);
    if (e != NULL && e->cond != &NOT_FOUND)
        return e;
    *size = e == NULL && fstat(fd, &st) == 0 ? st.st_size : -1;
    return NULL;
}

static fallible
disk_share(struct blob_store *store, struct arena *arena, const struct blob_place *from,
    const struct blob_place *to, int64_t size UNUSED)
{
    CLEANUP(close_fd) int from_dir = blob_open_place(store, from, false);
    CLEANUP(close_fd) int to_dir = blob_open_place(store, to, true);

    TRY(blob_writable(store, arena));
    if (from_dir < 0 || to_dir < 0)
        return BLOB_ERROR(arena, "opening a directory");
    if (linkat(from_dir, from->name, to_dir, to->name, 0) != 0 && errno != EEXIST)
        return BLOB_ERROR(arena, "linking a part");
    return blob_sync(store, arena, to_dir, "fsync of a directory");
}

static fallible
disk_fetch(struct blob_store *store, struct arena *arena, const struct blob_place *place,
    int64_t first, int64_t n, const struct blob_sink *sink)
{
    char piece[PIECE];
    CLEANUP(close_fd) int fd = -1;

    TRY(open_part(store, arena, place, &fd));
    while (n > 0) {
        ssize_t got = pread(fd, piece, n < (int64_t)PIECE ? (size_t)n : PIECE, first);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return BLOB_ERROR(arena, "reading a part");
        if (got == 0)
            return error_cause(
                REFUSE(arena, NOT_FOUND), arena, "blob store: a part is shorter than it was");
        TRY(sink->take(sink->cls, arena, piece, (size_t)got));
        first += got;
        n -= got;
    }
    return NULL;
}

static fallible
disk_touch(struct blob_store *store, struct arena *arena, const struct blob_place *place,
    int64_t size UNUSED)
{
    CLEANUP(close_fd) int dir = blob_open_place(store, place, false);

    if (dir < 0 || utimensat(dir, place->name, NULL, AT_SYMLINK_NOFOLLOW) != 0)
        return BLOB_ERROR(arena, "setting the time of a part");
    return NULL;
}

static int64_t
modified(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

static fallible
disk_remove(
    struct blob_store *store, struct arena *arena, const struct blob_place *place, int64_t before)
{
    CLEANUP(close_fd) int dir = blob_open_place(store, place, false);
    struct stat st;

    if (dir < 0)
        return errno == ENOENT ? NULL : BLOB_ERROR(arena, "opening a directory");
    if (fstatat(dir, place->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? NULL : BLOB_ERROR(arena, "looking at a part");
    if (modified(&st) < before && unlinkat(dir, place->name, 0) != 0 && errno != ENOENT)
        return BLOB_ERROR(arena, "removing a part");
    return NULL;
}

const struct blob_keeper blob_on_disk = {
    .put = disk_put,
    .look = disk_look,
    .share = disk_share,
    .fetch = disk_fetch,
    .touch = disk_touch,
    .remove = disk_remove,
    .list = disk_list,
};
