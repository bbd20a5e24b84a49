/*
 * A file on its way into the store. Where the file system can it has no name, so
 * that a crash leaves nothing; elsewhere (NFS, older overlayfs) it is in tmp/ and
 * locked, and the next start removes the ones whose lock is free.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "blob/store_in.h"

static void
random_name(char name[32])
{
    unsigned char b[15];

    random_bytes(b, sizeof b);
    for (size_t i = 0; i < sizeof b; i++)
        snprintf(name + 2 * i, 3, "%02x", b[i]);
}

struct error *
blob_temp_new(struct blob_store *store, struct arena *arena, struct blob_temp *temp)
{
    *temp = (struct blob_temp){ .fd = -1 };
    TRY(blob_writable(store, arena));
    CRASH_POINT(20);
    if (store->nameless) {
        temp->fd = openat(store->tmp, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0440);
    } else {
        random_name(temp->name);
        temp->fd = openat(
            store->tmp, temp->name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0440);
        if (temp->fd >= 0)
            flock(temp->fd, LOCK_EX);
    }
    if (temp->fd < 0)
        return BLOB_ERROR(arena, "making a file");
    return NULL;
}

struct error *
blob_tmp_clear(struct blob_store *store, struct arena *arena)
{
    CLEANUP(dir_close)
    DIR *dir = dir_read(blob_open_beneath(store->tmp, ".", O_RDONLY | O_DIRECTORY));
    const struct dirent *d;

    if (dir == NULL)
        return BLOB_ERROR(arena, "listing tmp");
    while ((d = readdir(dir)) != NULL) {
        CLEANUP(close_fd) int left = blob_open_beneath(store->tmp, d->d_name, O_RDONLY);
        struct stat st;
        if (left >= 0 && fstat(left, &st) == 0 && S_ISREG(st.st_mode) &&
            flock(left, LOCK_EX | LOCK_NB) == 0)
            unlinkat(store->tmp, d->d_name, 0);
    }
    return NULL;
}

void
blob_temp_drop(struct blob_store *store, struct blob_temp *temp)
{
    if (temp->fd >= 0 && temp->name[0] != '\0')
        unlinkat(store->tmp, temp->name, 0);
    temp->name[0] = '\0';
    close_fd(&temp->fd);
}

/* Under the given name in the given directory, unless there is something: EEXIST. */
static int
give_name(struct blob_store *store, struct blob_temp *temp, int dir, const char *name)
{
    char self[32];

    if (temp->name[0] == '\0') {
        snprintf(self, sizeof self, "/proc/self/fd/%d", temp->fd);
        return linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW);
    }
    if (renameat2(store->tmp, temp->name, dir, name, RENAME_NOREPLACE) == 0) {
        temp->name[0] = '\0';
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return linkat(
        store->tmp, temp->name, dir, name, 0); /* the temporary name goes with the writer */
}

/* Puts it over what is there: damage that this write mends. */
static int
replace(struct blob_store *store, struct blob_temp *temp, int dir, const char *name)
{
    if (temp->name[0] == '\0') {
        random_name(temp->name);
        char self[32];
        snprintf(self, sizeof self, "/proc/self/fd/%d", temp->fd);
        if (linkat(AT_FDCWD, self, store->tmp, temp->name, AT_SYMLINK_FOLLOW) != 0)
            return -1;
    }
    if (renameat(store->tmp, temp->name, dir, name) != 0)
        return -1;
    temp->name[0] = '\0';
    return 0;
}

/* Is a whole one there? Then its time becomes now, which keeps the sweep of orphans off for a
 * while. */
static bool
is_there(int dir, const char *name, int64_t size)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_size == size && utimensat(dir, name, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

struct error *
blob_temp_place(struct blob_store *store, struct arena *arena, struct blob_temp *temp, int dir,
    const char *name, int64_t size)
{
    TRY(blob_writable(store, arena));
    if (!is_there(dir, name, size)) {
        CRASH_POINT(22);
        TRY(blob_sync(store, arena, temp->fd, "fsync of a file"));
        CRASH_POINT(23);
        int done = give_name(store, temp, dir, name);
        if (done != 0 && errno == EEXIST && !is_there(dir, name, size))
            done = replace(store, temp, dir, name);
        if (done != 0 && errno != EEXIST)
            return BLOB_ERROR(arena, "naming a file");
    }
    CRASH_POINT(25);
    /* Also when somebody else named it: she may not have come to this point yet. */
    TRY(blob_sync(store, arena, dir, "fsync of a directory"));
    CRASH_POINT(26);
    return NULL;
}
