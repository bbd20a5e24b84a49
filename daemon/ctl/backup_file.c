/* Files of a backup: written and read with their hashes. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "ctl/backup.h"

#define PIECE KB(256)
#define PUSH_BYTES                                                                                 \
    ((int64_t)MB(8)) /* the disk begins to write after so many, not all at the end                 \
                      */

struct error *
backup_errno(struct arena *arena, const char *doing)
{
    int errnum = errno;

    if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
        return FAIL(arena, STORAGE_FULL,
            "The disk of the backups is full (%s). Backups made before are as they were. Make "
            "room, with chapterctl backup prune for example, and run this again.",
            doing);
    return FAIL(arena, CONFLICT, "The folder of backups: %s: %s", doing, strerror(errnum));
}

/* ---------------------------------------------------------------- writing */

struct backup_file {
    int fd;
    struct sha256 *hash;
    int64_t size, pushed;
};

static void
drop(void *cls)
{
    struct backup_file *f = cls;
    unsigned char unused[SHA256_SIZE];

    close_fd(&f->fd);
    if (f->hash != NULL)
        sha256_end(f->hash, unused);
    f->hash = NULL;
}

struct error *
backup_file_make(struct arena *arena, int dir, const char *name, struct backup_file **file)
{
    struct backup_file *f = NEW(arena, struct backup_file);

    f->fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
    if (f->fd < 0)
        return backup_errno(arena, arena_printf(arena, "making %s", name));
    f->hash = sha256_new();
    arena_defer(arena, drop, f);
    *file = f;
    return NULL;
}

struct error *
backup_file_write(struct backup_file *f, struct arena *arena, const void *p, size_t n)
{
    const char *from = p;

    sha256_add(f->hash, p, n);
    f->size += (int64_t)n;
    while (n > 0) {
        ssize_t done = write(f->fd, from, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return backup_errno(arena, "writing");
        from += done;
        n -= (size_t)done;
    }
    if (f->size - f->pushed >= PUSH_BYTES) {
        sync_file_range(f->fd, f->pushed, f->size - f->pushed, SYNC_FILE_RANGE_WRITE);
        f->pushed = f->size;
    }
    return NULL;
}

struct error *
backup_file_end(struct backup_file *f, struct arena *arena, struct backup_sum *sum)
{
    if (fsync(f->fd) != 0)
        return backup_errno(arena, "fsync");
    sum->size = f->size;
    sha256_end(f->hash, sum->sha256);
    f->hash = NULL;
    close_fd(&f->fd);
    return NULL;
}

/* ---------------------------------------------------------------- reading */

struct error *
backup_file_read(struct arena *arena, int fd, fallible (*fn)(void *cls, const void *p, size_t n),
    void *cls, struct backup_sum *sum)
{
    struct sha256 *hash = sha256_new();
    size_t mark = arena_mark(arena);
    char *piece = arena_alloc(arena, PIECE);
    struct error *e = NULL;
    ssize_t n;

    sum->size = 0;
    while (e == NULL && (n = read(fd, piece, PIECE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            e = FAIL(arena, CONFLICT, "cannot be read: %s", strerror(errno));
            break;
        }
        sha256_add(hash, piece, (size_t)n);
        sum->size += n;
        if (fn != NULL)
            e = fn(cls, piece, (size_t)n);
    }
    sha256_end(hash, sum->sha256);
    if (e == NULL)
        arena_rewind(arena, mark);
    return e;
}

struct error *
backup_file_text(struct arena *arena, int dir, const char *name, size_t most, const char **text,
    struct backup_sum *sum)
{
    CLEANUP(close_fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > most)
        return FAIL(arena, NOT_FOUND, "%s %s", name,
            fd < 0 ? (errno == ENOENT ? "is missing" : strerror(errno)) : "is too large");
    char *all = arena_alloc(arena, (size_t)st.st_size + 1);
    size_t got = 0;
    while (got < (size_t)st.st_size) {
        ssize_t n = read(fd, all + got, (size_t)st.st_size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FAIL(arena, NOT_FOUND, "%s cannot be read", name);
        got += (size_t)n;
    }
    sum->size = (int64_t)got;
    sha256(all, got, sum->sha256);
    if (memchr(all, '\0', got) != NULL)
        return FAIL(arena, NOT_FOUND, "%s is no text", name);
    *text = all;
    return NULL;
}
