/* chapterctl backup verify: is everything in a folder of backups still what was written? */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "ctl/backup.h"

struct checking {
    struct ctl *ctl;
    struct arena *arena; /* rewound after each file */
    const struct backup_place *place;
    struct backup_verified *found;
    struct backup_damage **last; /* where the next goes */
    const char *name;            /* the backup in hand */
    bool hash_blobs;             /* otherwise they have been read already, and need only be there */
};

static void damaged(struct checking *, bool fatal, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
damaged(struct checking *c, bool fatal, const char *file, const char *format, ...)
{
    struct arena *arena = c->ctl->arena;
    struct backup_damage *d = NEW(arena, struct backup_damage);
    va_list ap;

    va_start(ap, format);
    d->text = arena_vprintf(arena, format, ap);
    va_end(ap);
    d->file = arena_printf(arena, "%s", file);
    *c->last = d;
    c->last = &d->next;
    c->found->n_damaged++;
    c->found->fatal = c->found->fatal || fatal;
}

static void
show(struct checking *c)
{
    if (c->found->blobs % 64 == 0 && ctl_option(c->ctl, "quiet") == NULL)
        ctl_progress("%" PRId64 " large files read, %" PRId64 " MB", c->found->blobs,
            c->found->bytes / 1000000);
}

/* ---------------------------------------------------------------- one file */

/* What is wrong with a file, or NULL; want->size -1: any. */
static const char *
fault(struct checking *c, int dir, const char *path, const struct backup_sum *want)
{
    CLEANUP(close_fd) int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct backup_sum is;

    if (fd < 0)
        return errno == ENOENT ? "is missing" : strerror(errno);
    struct error *e = backup_file_read(c->arena, fd, NULL, NULL, &is);
    if (e != NULL)
        return e->detail;
    c->found->bytes += is.size;
    if (want->size >= 0 && is.size != want->size)
        return arena_printf(
            c->arena, "has %" PRId64 " bytes instead of %" PRId64, is.size, want->size);
    if (memcmp(is.sha256, want->sha256, SHA256_SIZE) != 0)
        return "is not what was written (its SHA-256 differs)";
    return NULL;
}

static void
check_file(struct checking *c, int dir, const char *file, const struct backup_sum *want)
{
    const char *what = fault(c, dir, file, want);

    if (what != NULL)
        damaged(c, true, arena_printf(c->arena, "%s/%s", c->name, file), "%s", what);
}

/* ---------------------------------------------------------------- one backup */

static fallible
check_part(void *cls, const struct backup_part *part, bool again)
{
    struct checking *c = cls;
    struct backup_blob_name name = backup_blob_name(part->sum.sha256);
    size_t mark = arena_mark(c->arena);
    const char *what = NULL;
    struct stat st;

    if (again)
        return NULL;
    if (c->hash_blobs) {
        what = fault(c, c->place->blobs, name.s, &part->sum);
        c->found->blobs++;
        show(c);
    } else if (fstatat(c->place->blobs, name.s, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        what = errno == ENOENT ? "is missing" : strerror(errno);
    }
    if (what != NULL)
        damaged(c, false, arena_printf(c->arena, "blobs/%s", name.s), "%s; the backup %s needs it",
            what, c->name);
    arena_rewind(c->arena, mark);
    return NULL;
}

static void
check_backup(struct checking *c)
{
    struct backup_manifest m;
    struct error *e = backup_manifest_read(c->arena, c->place, c->name, &m);
    CLEANUP(close_fd) int dir = e == NULL ? backup_open(c->place, c->name) : -1;

    c->found->backups++;
    if (e == NULL && dir < 0)
        e = backup_errno(c->arena, "opening a backup");
    if (e != NULL) {
        damaged(c, true, arena_printf(c->arena, "%s/manifest.json", c->name), "%s",
            e->detail != NULL ? e->detail : e->cond->title);
        return;
    }
    check_file(c, dir, "dump", &m.dump);
    check_file(c, dir, "parts", &m.parts);
    e = backup_parts_each(c->arena, dir, check_part, c);
    if (e != NULL)
        damaged(c, true, arena_printf(c->arena, "%s/parts", c->name), "%s", e->detail);
}

/* ---------------------------------------------------------------- all files */

static void
check_blob(struct checking *c, const char *fan, const char *file)
{
    const char *path = arena_printf(c->arena, "%s/%s", fan, file);
    struct backup_sum want = { .size = -1 };
    const char *what;

    if (strlen(file) != 2 * SHA256_SIZE || !hex_decode(file, want.sha256, SHA256_SIZE))
        what = "has a name that chapterctl does not give";
    else
        what = fault(c, c->place->blobs, path, &want);
    c->found->blobs++;
    show(c);
    if (what != NULL)
        damaged(c, false, arena_printf(c->arena, "blobs/%s", path),
            "%s. Remove it: the next backup copies it again if the store still has it", what);
}

static fallible
check_fan(struct checking *c, const char *fan)
{
    CLEANUP(dir_close) DIR *dir = dir_open(c->place->blobs, fan);
    const struct dirent *d;

    if (dir == NULL)
        return errno == ENOENT ? NULL : backup_errno(c->ctl->arena, "listing blobs");
    while ((d = readdir(dir)) != NULL) {
        size_t mark = arena_mark(c->arena);
        if (d->d_name[0] != '.')
            check_blob(c, fan, d->d_name);
        arena_rewind(c->arena, mark);
    }
    return NULL;
}

struct error *
backup_check(struct ctl *ctl, const struct backup_place *place, struct backup_verified *found)
{
    struct arena *own = arena_new();
    struct checking c = {
        .ctl = ctl, .arena = own, .place = place, .found = found, .hash_blobs = found->only != NULL
    };
    const char *const *names = &found->only;
    int n = 1;

    c.last = &found->damage;
    arena_defer(ctl->arena, (void (*)(void *))arena_free, own);
    if (found->only == NULL) {
        TRY(backup_names(ctl->arena, place, &names, &n));
        for (int i = 0; i < 256; i++)
            TRY(check_fan(&c, arena_printf(ctl->arena, "%02x", (unsigned)i)));
    }
    for (int i = 0; i < n; i++) {
        size_t mark = arena_mark(own);
        c.name = names[i];
        check_backup(&c);
        arena_rewind(own, mark);
    }
    return NULL;
}

/* ---------------------------------------------------------------- the command */

static void
tell(struct ctl *ctl, const struct backup_verified *found)
{
    if (ctl->json) {
        json_t *damage = json_array();
        for (const struct backup_damage *d = found->damage; d != NULL; d = d->next)
            json_array_append_new(
                damage, json_pack("{s:s, s:s}", "file", d->file, "text", d->text));
        ctl_json(json_pack("{s:b, s:i, s:I, s:I, s:o}", "ok", found->n_damaged == 0, "backups",
            found->backups, "files", (json_int_t)found->blobs, "bytes", (json_int_t)found->bytes,
            "damage", damage));
        return;
    }
    ctl_progress("%s", "");
    for (const struct backup_damage *d = found->damage; d != NULL; d = d->next)
        fprintf(stderr, "DAMAGE %s: %s\n", d->file, d->text);
    if (found->n_damaged > 0)
        fprintf(stderr,
            "chapterctl: %d files of the backups are damaged. Keep them until you know "
            "why, and make a new backup in another folder.\n",
            found->n_damaged);
    else
        BACKUP_SAY(ctl,
            "%d backups and %" PRId64 " large files read again (%s). Nothing is damaged.",
            found->backups, found->blobs, text_size(ctl->arena, found->bytes, "en"));
}

struct error *
backup_verify(struct ctl *ctl)
{
    struct backup_verified found = { .only = ctl_option(ctl, "at") };
    struct backup_place *place;

    TRY(backup_place_open(ctl->arena, ctl->arg[0], BACKUP_READ, &place));
    if (found.only != NULL) {
        CLEANUP(close_fd)
        int dir = backup_is_name(found.only) ? backup_open(place, found.only) : -1;
        if (dir < 0)
            return FAIL(ctl->arena, BAD_REQUEST,
                "There is no backup %s in %s. See: chapterctl backup list", found.only,
                place->path);
    }
    TRY(backup_check(ctl, place, &found));
    if (found.n_damaged > 0)
        ctl->end = CTL_FAILED;
    tell(ctl, &found);
    return NULL;
}
