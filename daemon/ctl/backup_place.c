/* The folder of backups: what it is known by, its lock, the backups in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "ctl/backup.h"

#define MARK    "chapterd-backup"
#define PARTIAL ".partial"

static const char mark_text[] =
    "chapterd backup, format 1\n"
    "This folder is made and looked after by \"chapterctl backup\"; see chapterctl(1).\n"
    "The backups in it share the files below blobs/: copy or move the folder as a whole.\n";

struct backup_blob_name
backup_blob_name(const unsigned char sha256[SHA256_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    struct backup_blob_name name;

    for (int i = 0; i < SHA256_SIZE; i++) {
        name.s[3 + 2 * i] = digits[sha256[i] >> 4];
        name.s[4 + 2 * i] = digits[sha256[i] & 15];
    }
    memcpy(name.s, name.s + 3, 2);
    name.s[2] = '/';
    name.s[sizeof name.s - 1] = '\0';
    return name;
}

bool
backup_is_name(const char *s)
{
    static const char pattern[] = "0000-00-00T000000Z";

    if (strlen(s) != sizeof pattern - 1)
        return false;
    for (size_t i = 0; pattern[i] != '\0'; i++)
        if (pattern[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != pattern[i])
            return false;
    return true;
}

const char *
backup_name_at(struct arena *arena, int64_t us)
{
    const char *t = time_rfc3339(arena, us);

    return arena_printf(arena, "%.13s%.2s%.2sZ", t, t + 14, t + 17);
}

/* ---------------------------------------------------------------- going through a folder */

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct error *
backup_names(
    struct arena *arena, const struct backup_place *place, const char *const **names, int *n)
{
    CLEANUP(dir_close) DIR *dir = dir_open(place->dir, ".");
    const struct dirent *d;
    const char **found = NULL;
    int room = 0;

    *n = 0;
    if (dir == NULL)
        return backup_errno(arena, "listing");
    while ((d = readdir(dir)) != NULL) {
        if (!backup_is_name(d->d_name))
            continue;
        if (*n == room) {
            const char **more = NEW_ARRAY(arena, const char *, (size_t)(2 * room + 8));
            for (int i = 0; i < *n; i++)
                more[i] = found[i];
            found = more;
            room = 2 * room + 8;
        }
        found[(*n)++] = arena_copy(arena, d->d_name, strlen(d->d_name));
    }
    if (*n > 0)
        qsort(found, (size_t)*n, sizeof *found, by_name);
    *names = found;
    return NULL;
}

int
backup_open(const struct backup_place *place, const char *name)
{
    return openat(place->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* ---------------------------------------------------------------- removing */

/* A folder with nothing but files in it. */
static fallible
remove_folder(struct arena *arena, const struct backup_place *place, const char *name)
{
    CLEANUP(dir_close) DIR *dir = dir_open(place->dir, name);
    const struct dirent *d;

    if (dir == NULL)
        return errno == ENOENT ? NULL : backup_errno(arena, "removing a backup");
    while ((d = readdir(dir)) != NULL)
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
            unlinkat(dirfd(dir), d->d_name, 0) != 0)
            return backup_errno(arena, arena_printf(arena, "removing %s/%s", name, d->d_name));
    if (unlinkat(place->dir, name, AT_REMOVEDIR) != 0)
        return backup_errno(arena, arena_printf(arena, "removing %s", name));
    return NULL;
}

struct error *
backup_remove(struct arena *arena, const struct backup_place *place, const char *name)
{
    const char *partial = arena_printf(arena, "%s" PARTIAL, name);

    if (renameat(place->dir, name, place->dir, partial) != 0)
        return backup_errno(arena, arena_printf(arena, "removing %s", name));
    return remove_folder(arena, place, partial);
}

/* Whoever left them no longer lives: we hold the lock. */
static fallible
clear_partial(struct arena *arena, const struct backup_place *place)
{
    CLEANUP(dir_close) DIR *dir = dir_open(place->dir, ".");
    const struct dirent *d;

    if (dir == NULL)
        return backup_errno(arena, "listing");
    while ((d = readdir(dir)) != NULL)
        if (text_ends(d->d_name, PARTIAL))
            TRY(remove_folder(arena, place, arena_copy(arena, d->d_name, strlen(d->d_name))));
    if (unlinkat(place->blobs, "new" PARTIAL, 0) != 0 && errno != ENOENT)
        return backup_errno(arena, "removing a broken-off file");
    return NULL;
}

/* ---------------------------------------------------------------- opening */

static bool
is_empty(int at)
{
    CLEANUP(dir_close) DIR *dir = dir_open(at, ".");
    const struct dirent *d;

    while (dir != NULL && (d = readdir(dir)) != NULL)
        if (d->d_name[0] != '.' && strcmp(d->d_name, "lost+found") != 0)
            return false;
    return dir != NULL;
}

/* The mark comes last: a folder without it was never used. */
static fallible
furnish(struct arena *arena, const struct backup_place *place)
{
    struct backup_file *mark;
    struct backup_sum unused;

    if (!is_empty(place->dir))
        return FAIL(arena, CONFLICT,
            "%s is no folder of backups, and there are other things in it. Name another folder, "
            "or an empty one.",
            place->path);
    if (mkdirat(place->dir, "blobs", 0700) != 0 && errno != EEXIST)
        return backup_errno(arena, "making blobs");
    if (unlinkat(place->dir, "." MARK, 0) != 0 && errno != ENOENT)
        return backup_errno(arena, "making its mark");
    TRY(backup_file_make(arena, place->dir, "." MARK, &mark));
    TRY(backup_file_write(mark, arena, mark_text, sizeof mark_text - 1));
    TRY(backup_file_end(mark, arena, &unused));
    if (renameat(place->dir, "." MARK, place->dir, MARK) != 0 || fsync(place->dir) != 0)
        return backup_errno(arena, "making its mark");
    return NULL;
}

static fallible
check_mark(struct arena *arena, const struct backup_place *place)
{
    struct backup_sum unused;
    const char *text;

    TRY(backup_file_text(arena, place->dir, MARK, KB(4), &text, &unused));
    if (!text_starts(text, "chapterd backup, format 1\n"))
        return FAIL(arena, CONFLICT,
            "The backups in %s were made by a newer chapterctl, or the file " MARK
            " in it is damaged.",
            place->path);
    return NULL;
}

static fallible
take_lock(struct arena *arena, struct backup_place *place, enum backup_use use)
{
    place->lock = openat(place->dir, MARK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (place->lock < 0)
        return backup_errno(arena, "opening its mark");
    if (use == BACKUP_LIST ||
        flock(place->lock, (use == BACKUP_READ ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
        return NULL;
    if (errno != EWOULDBLOCK)
        return backup_errno(arena, "locking");
    return FAIL(arena, TRY_LATER,
        "Another chapterctl works with the backups in %s. Run this again when it has ended.",
        place->path);
}

static void
close_place(void *cls)
{
    struct backup_place *place = cls;

    close_fd(&place->lock);
    close_fd(&place->blobs);
    close_fd(&place->dir);
}

struct error *
backup_place_open(
    struct arena *arena, const char *path, enum backup_use use, struct backup_place **result)
{
    struct backup_place *place = NEW(arena, struct backup_place);

    *place = (struct backup_place){ .path = path, .dir = -1, .blobs = -1, .lock = -1 };
    arena_defer(arena, close_place, place);
    if (use == BACKUP_MAKE && mkdir(path, 0700) != 0 && errno != EEXIST)
        return FAIL(arena, CONFLICT, "%s cannot be made: %s", path, strerror(errno));
    place->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->dir < 0)
        return FAIL(arena, NOT_FOUND, "%s cannot be opened: %s", path, strerror(errno));
    bool marked = faccessat(place->dir, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (!marked && use != BACKUP_MAKE)
        return FAIL(
            arena, NOT_FOUND, "There are no backups in %s: the file " MARK " is missing.", path);
    if (!marked)
        TRY(furnish(arena, place));
    TRY(check_mark(arena, place));
    place->blobs = openat(place->dir, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->blobs < 0)
        return backup_errno(arena, "opening blobs");
    TRY(take_lock(arena, place, use));
    *result = place;
    return use == BACKUP_CHANGE || use == BACKUP_MAKE ? clear_partial(arena, place) : NULL;
}
