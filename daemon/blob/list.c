/* Going through all files of the store. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/macros.h"
#include "blob/disk.h"

static DIR *
open_dir(int parent, const char *name)
{
    return dir_read(blob_open_beneath(parent, name, O_RDONLY | O_DIRECTORY));
}

struct listing {
    bool (*fn)(void *cls, const struct blob_found *);
    void *cls;
    bool ended;
};

/* Files whose name is no hash are not ours and are left alone. */
static void
list_files(struct listing *l, int parent, const char *owner, const char *fan)
{
    CLEANUP(dir_close) DIR *dir = open_dir(parent, fan);
    const struct dirent *d;

    while (!l->ended && dir != NULL && (d = readdir(dir)) != NULL) {
        struct blob_found found;
        struct stat st;
        if (!blob_place_parse(owner, d->d_name, &found.owner, found.sha256) ||
            fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        found.where = BLOB_DISK;
        found.size = st.st_size;
        found.modified = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
        l->ended = !l->fn(l->cls, &found);
    }
}

static void
list_owner(struct listing *l, int parent, const char *owner)
{
    CLEANUP(dir_close) DIR *dir = open_dir(parent, owner);
    const struct dirent *d;

    while (!l->ended && dir != NULL && (d = readdir(dir)) != NULL)
        if (d->d_name[0] != '.')
            list_files(l, dirfd(dir), owner, d->d_name);
}

struct error *
disk_list(struct blob_store *store, struct arena *arena,
    bool (*fn)(void *cls, const struct blob_found *), void *cls)
{
    struct listing listing = { .fn = fn, .cls = cls };
    CLEANUP(dir_close) DIR *dir = open_dir(store->root, "objects");
    const struct dirent *d;

    if (dir == NULL)
        return BLOB_ERROR(arena, "listing the store");
    while (!listing.ended && (d = readdir(dir)) != NULL)
        if (d->d_name[0] != '.')
            list_owner(&listing, dirfd(dir), d->d_name);
    return NULL;
}
