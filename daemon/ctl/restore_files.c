/* chapterctl restore: the store's files. They come first, so that no document is there without its
 * content. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "ctl/restore.h"

/* What root writes must belong to the owner of the store; what it reads may be root's alone. */
static fallible
switch_user(const struct restore *r, uid_t user, gid_t group)
{
    if (getuid() != 0 || r->owner == 0)
        return NULL;
    if (user == 0 ? seteuid(0) != 0 || setegid(0) != 0 : setegid(group) != 0 || seteuid(user) != 0)
        return error_cause(REFUSE(r->ctl->arena, INTERNAL), r->ctl->arena,
            "becoming the owner of the store: %s", strerror(errno));
    return NULL;
}

static fallible
as_owner(const struct restore *r)
{
    return switch_user(r, r->owner, r->group);
}

static fallible
as_ourselves(const struct restore *r)
{
    return switch_user(r, 0, 0);
}

/* ---------------------------------------------------------------- the store */

static bool
found_one(void *cls, const struct blob_found *file UNUSED)
{
    *(bool *)cls = true;
    return false;
}

static void
close_store(void *store)
{
    blob_store_close(store);
}

struct error *
restore_open_store(struct restore *r)
{
    const char *dir = r->ctl->config->blob_dir;
    struct arena *arena = r->ctl->arena;
    struct stat st;
    bool used = false;

    if (stat(dir, &st) != 0)
        return FAIL(
            arena, CONFLICT, "The store %s: %s. See: chapterctl check", dir, strerror(errno));
    r->owner = st.st_uid;
    r->group = st.st_gid;
    TRY(as_owner(r));
    struct error *e = blob_store_open_all(arena, r->ctl->config, &r->store);
    if (e == NULL)
        arena_defer(arena, close_store, r->store);
    TRY(as_ourselves(r));
    TRY(e);
    if (r->keep_files)
        return NULL;
    for (int where = 0; where < BLOB_PLACES; where++)
        if (blob_has(r->store, (enum blob_where)where))
            TRY(blob_list(r->store, arena, (enum blob_where)where, found_one, &used));
    if (used)
        return FAIL(arena, CONFLICT,
            "There are files in the store %s already. Name an empty folder in the setting "
            "blob_dir. "
            "If they are the files of the installation that the backup is of, and only its "
            "database "
            "was lost: --keep-files",
            dir);
    return NULL;
}

/* ---------------------------------------------------------------- one file */

struct sink {
    struct blob_writer *writer;
    struct arena *arena;
};

static fallible
take(void *cls, const void *p, size_t n)
{
    struct sink *sink = cls;

    return blob_write(sink->writer, sink->arena, p, n);
}

static void
free_writer(struct blob_writer **writer)
{
    blob_writer_free(*writer);
}

/* The bytes are hashed once more by the store: what is not what the list says is not kept. */
static fallible
put(struct restore *r, struct arena *arena, int fd, const struct backup_part *part)
{
    CLEANUP(free_writer) struct blob_writer *writer = blob_writer_new(r->store);
    struct sink sink = { .writer = writer, .arena = arena };
    const struct blob_content *content;
    struct backup_sum unused;

    TRY(backup_file_read(arena, fd, take, &sink, &unused));
    TRY(blob_finish(writer, arena, &content));
    if (content->n_parts != 1 || content->size != part->sum.size ||
        memcmp(content->sha256, part->sum.sha256, SHA256_SIZE) != 0) {
        r->absent++;
        return NULL;
    }
    r->bytes += content->size;
    TRY(blob_publish(writer, arena, part->owner));
    if (content->parts[0].where != part->where)
        buf_printf(&r->moved, "%s\t%c\t%" PRId64 "\t%d\n",
            hex_encode(arena, part->sum.sha256, SHA256_SIZE), part->owner.kind, part->owner.id,
            (int)content->parts[0].where);
    return NULL;
}

static fallible
put_file(struct restore *r, struct arena *arena, const struct backup_part *part)
{
    struct backup_blob_name name = backup_blob_name(part->sum.sha256);
    CLEANUP(close_fd) int fd = openat(r->place->blobs, name.s, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        r->absent++;
        return NULL;
    }
    TRY(as_owner(r));
    struct error *e = put(r, arena, fd, part);
    TRY(as_ourselves(r));
    return e;
}

static fallible
put_part(void *cls, const struct backup_part *part, bool again UNUSED)
{
    struct restore *r = cls;
    struct arena *arena = r->ctl->arena;
    size_t mark = arena_mark(arena);
    struct blob_part wanted = { .size = part->sum.size, .where = part->where };
    bool there = false;

    memcpy(wanted.sha256, part->sum.sha256, SHA256_SIZE);
    if (blob_has(r->store, part->where))
        TRY(blob_present(r->store, arena, part->owner, &wanted, &there));
    if (!there)
        TRY(put_file(r, arena, part));
    r->files++;
    if (r->files % 16 == 0 && ctl_option(r->ctl, "quiet") == NULL)
        ctl_progress("%" PRId64 " of %" PRId64 " large files, %" PRId64 " MB", r->files,
            r->manifest.files, r->bytes / 1000000);
    arena_rewind(arena, mark);
    return NULL;
}

struct error *
restore_files(struct restore *r)
{
    struct arena *own = arena_new();

    arena_defer(r->ctl->arena, (void (*)(void *))arena_free, own);
    r->moved = buf_new(own, GB(1));
    TRY(backup_parts_each(r->ctl->arena, r->dir, put_part, r));
    if (r->moved.over)
        return FAIL(r->ctl->arena, INTERNAL, "Too many files are elsewhere than they were.");
    if (r->absent > 0 && !r->despite_damage)
        return FAIL(r->ctl->arena, CONFLICT,
            "The folder of backups changed while it was read: %" PRId64 " files are gone or "
            "damaged by now. See: chapterctl backup verify",
            r->absent);
    return NULL;
}
