/* The store's files in a folder of backups: one for all backups, copied once. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "ctl/backup.h"

#define FANS 256

struct copying {
    struct ctl *ctl;
    struct arena *arena; /* rewound after each file */
    struct blob_store *store;
    const struct backup_place *place;
    struct backup_manifest *manifest;
    bool touched[FANS]; /* folders in blobs that must be made durable */
    int missing_room;
    bool lacking; /* the file that was last looked at has not been found */
};

static bool
is_there(const struct copying *c, const char *name, int64_t size)
{
    struct stat st;

    return fstatat(c->place->blobs, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_size == size;
}

/* The store does not have it, or not as it was: the backup goes on and says so. */
static void
note_missing(struct copying *c, const struct backup_part *part)
{
    struct backup_manifest *m = c->manifest;
    struct arena *arena = c->ctl->arena;

    if (m->n_missing == c->missing_room) {
        const char **more = NEW_ARRAY(arena, const char *, (size_t)(2 * m->n_missing + 8));
        for (int i = 0; i < m->n_missing; i++)
            more[i] = m->missing[i];
        m->missing = more;
        c->missing_room = 2 * m->n_missing + 8;
    }
    ((const char **)(uintptr_t)m->missing)[m->n_missing++] =
        hex_encode(arena, part->sum.sha256, SHA256_SIZE);
}

struct sink {
    struct backup_file *file;
    struct sha256 *hash;
    bool failed; /* the backup's side, not the store's */
};

static fallible
take(void *cls, struct arena *arena, const char *p, size_t n)
{
    struct sink *sink = cls;
    struct error *e = backup_file_write(sink->file, arena, p, n);

    sha256_add(sink->hash, p, n);
    sink->failed = e != NULL;
    return e;
}

/* Under its name only when it is whole and on the disk. */
static fallible
keep(struct copying *c, struct backup_file *file, const char *name)
{
    char fan[3] = { name[0], name[1], '\0' };
    struct backup_sum unused;
    unsigned char number;

    TRY(backup_file_end(file, c->arena, &unused));
    if (mkdirat(c->place->blobs, fan, 0700) != 0 && errno != EEXIST)
        return backup_errno(c->arena, "making a folder in blobs");
    if (renameat(c->place->blobs, "new.partial", c->place->blobs, name) != 0)
        return backup_errno(c->arena, "naming a file in blobs");
    if (hex_decode(fan, &number, 1))
        c->touched[number] = true;
    return NULL;
}

/*
 * From one place of the store. *got: it was there, whole; whatever is wrong with it
 * otherwise is the store's damage and does not end the backup.
 */
static fallible
copy_from(struct copying *c, enum blob_where where, const struct backup_part *part,
    const char *name, bool *got)
{
    struct blob_part wanted = { .size = part->sum.size, .where = where };
    struct sink sink = { .hash = NULL };
    const struct blob_sink take_all = { take, &sink };
    unsigned char digest[SHA256_SIZE];

    memcpy(wanted.sha256, part->sum.sha256, SHA256_SIZE);
    TRY(backup_file_make(c->arena, c->place->blobs, "new.partial", &sink.file));
    sink.hash = sha256_new();
    struct error *e =
        blob_fetch(c->store, c->arena, part->owner, &wanted, 0, wanted.size, &take_all);
    sha256_end(sink.hash, digest);
    if (sink.failed || (e != NULL && where != BLOB_DISK && e->cond == &TRY_LATER))
        return e;
    *got = e == NULL && memcmp(digest, wanted.sha256, SHA256_SIZE) == 0;
    if (*got)
        return keep(c, sink.file, name);
    if (unlinkat(c->place->blobs, "new.partial", 0) != 0)
        return backup_errno(c->arena, "removing a file in blobs");
    return NULL;
}

/* It may have moved to another place of the store since the list was made. */
static fallible
copy(struct copying *c, const struct backup_part *part, const char *name, bool *got)
{
    *got = false;
    for (int i = 0; i < BLOB_PLACES && !*got; i++) {
        enum blob_where where = (enum blob_where)((i + part->where) % BLOB_PLACES);
        if (blob_has(c->store, where))
            TRY(copy_from(c, where, part, name, got));
    }
    if (*got) {
        c->manifest->new_files++;
        c->manifest->copied += part->sum.size;
    }
    return NULL;
}

static fallible
copy_part(void *cls, const struct backup_part *part, bool again)
{
    struct copying *c = cls;
    struct backup_manifest *m = c->manifest;
    struct backup_blob_name name = backup_blob_name(part->sum.sha256);
    size_t mark = arena_mark(c->arena);
    bool got = true;

    /* Another owner of the same bytes may have them when the first has not. */
    if (again && !c->lacking)
        return NULL;
    if (!is_there(c, name.s, part->sum.size))
        TRY(copy(c, part, name.s, &got));
    arena_rewind(c->arena, mark);
    if (!got && !again)
        note_missing(c, part);
    else if (got && again)
        m->n_missing--;
    c->lacking = !got;
    if (again)
        return NULL;
    m->files++;
    m->bytes += part->sum.size;
    if (m->files % 64 == 0 && ctl_option(c->ctl, "quiet") == NULL)
        ctl_progress("%" PRId64 " large files looked at, %" PRId64 " new (%" PRId64 " MB)",
            m->files, m->new_files, m->copied / 1000000);
    return NULL;
}

static fallible
sync_folder(struct arena *arena, int at, const char *name)
{
    CLEANUP(close_fd) int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 || fsync(fd) != 0 ? backup_errno(arena, "fsync of a folder") : NULL;
}

struct error *
backup_blobs_copy(struct ctl *ctl, struct blob_store *store, const struct backup_place *place,
    int dir, struct backup_manifest *m)
{
    struct arena *own = arena_new();
    struct copying c = { .ctl = ctl, .arena = own, .store = store, .place = place, .manifest = m };

    arena_defer(ctl->arena, (void (*)(void *))arena_free, own);
    TRY(backup_parts_each(ctl->arena, dir, copy_part, &c));
    for (int i = 0; i < FANS; i++)
        if (c.touched[i])
            TRY(sync_folder(own, place->blobs, arena_printf(own, "%02x", (unsigned)i)));
    return sync_folder(own, place->blobs, ".");
}
