/* chapterctl backup list and prune: which backups there are, and which go. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "ctl/backup.h"

#define DAY_US (INT64_C(86400) * 1000000)

/* ---------------------------------------------------------------- list */

static const char *
why(const struct error *e)
{
    return e->detail != NULL ? e->detail : e->cond->title;
}

static json_t *
backup_json(const struct backup_manifest *m, const struct error *e)
{
    if (e != NULL)
        return json_pack("{s:s, s:b, s:s}", "name", m->name, "good", 0, "error", why(e));
    return json_pack("{s:s, s:b, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:i}", "name", m->name, "good",
        1, "begun", m->begun, "finished", m->finished, "schema", m->schema, "dump",
        (json_int_t)m->dump.size, "files", (json_int_t)m->files, "bytes", (json_int_t)m->bytes,
        "copied", (json_int_t)m->copied, "missing", m->n_missing);
}

static void
fill_row(
    struct arena *arena, const char **cell, const struct backup_manifest *m, const struct error *e)
{
    cell[0] = m->name;
    if (e != NULL) {
        cell[4] = arena_printf(arena, "DAMAGED: %s", why(e));
        return;
    }
    cell[1] = text_size(arena, m->dump.size, "en");
    cell[2] = text_size(arena, m->bytes, "en");
    cell[3] = text_size(arena, m->copied, "en");
    cell[4] =
        m->n_missing == 0 ? "complete" : arena_printf(arena, "lacks %d large files", m->n_missing);
}

struct error *
backup_list(struct ctl *ctl)
{
    static const char *const head[] = { "BACKUP", "DATABASE", "LARGE FILES", "OF THEM NEW",
        "STATE" };
    struct arena *arena = ctl->arena;
    struct backup_place *place;
    const char *const *names;
    json_t *list = json_array();
    int n, bad = 0;

    TRY(backup_place_open(arena, ctl->arg[0], BACKUP_LIST, &place));
    TRY(backup_names(arena, place, &names, &n));
    const char **cells = NEW_ARRAY(arena, const char *, (size_t)(n + 1) * COUNT_OF(head));
    memcpy(cells, head, sizeof head);
    for (int i = 0; i < n; i++) {
        struct backup_manifest m;
        struct error *e = backup_manifest_read(arena, place, names[i], &m);
        bad += e != NULL;
        json_array_append_new(list, backup_json(&m, e));
        fill_row(arena, cells + (size_t)(i + 1) * COUNT_OF(head), &m, e);
    }
    if (bad > 0)
        ctl->end = CTL_FAILED;
    if (ctl->json) {
        ctl_json(json_pack("{s:b, s:o}", "ok", bad == 0, "backups", list));
        return NULL;
    }
    json_decref(list);
    if (n == 0)
        ctl_say(ctl, "There is no backup in %s yet.", place->path);
    else
        ctl_table(arena, cells, n + 1, COUNT_OF(head));
    return NULL;
}

/* ---------------------------------------------------------------- prune: which backups stay */

struct pruning {
    struct ctl *ctl;
    const struct backup_place *place;
    const char *const *names; /* oldest first */
    int n, first;             /* those before first go */
    unsigned char (*needed)[SHA256_SIZE];
    size_t n_needed, room;
    int64_t files, bytes; /* removed */
};

static fallible
read_number(struct ctl *ctl, const char *option, int64_t *value)
{
    const char *given = ctl_option(ctl, option);

    *value = -1;
    if (given == NULL || (text_to_int(given, 100000, value) && *value > 0))
        return NULL;
    return FAIL(ctl->arena, BAD_REQUEST, "--%s %s: should be a number from 1.", option, given);
}

/* Damaged ones do not count: a chapter with three of them should still have its good ones. */
static void
choose(struct pruning *p, int64_t keep, const char *youngest_to_go)
{
    struct backup_manifest m;
    int64_t good = 0;

    p->first = p->n;
    while (p->first > 0) {
        const char *name = p->names[p->first - 1];
        bool by_count = keep > 0 && good < keep;
        bool by_age = youngest_to_go != NULL && strcmp(name, youngest_to_go) >= 0;
        if (good > 0 && !by_count && !by_age)
            break;
        good += backup_manifest_read(p->ctl->arena, p->place, name, &m) == NULL;
        p->first--;
    }
}

/* ---------------------------------------------------------------- prune: which files stay */

static fallible
need(void *cls, const struct backup_part *part, bool again)
{
    struct pruning *p = cls;

    if (again)
        return NULL;
    if (p->n_needed == p->room) {
        p->room = p->room == 0 ? 1024 : 2 * p->room;
        p->needed = reallocarray(p->needed, p->room, sizeof *p->needed);
        if (p->needed == NULL)
            abort();
    }
    memcpy(p->needed[p->n_needed++], part->sum.sha256, SHA256_SIZE);
    return NULL;
}

/* What a remaining backup names; an error when that cannot be known for certain. */
static fallible
collect(struct pruning *p, const char *name)
{
    struct arena *arena = p->ctl->arena;
    struct backup_manifest m;
    struct backup_sum is;

    TRY(backup_manifest_read(arena, p->place, name, &m));
    CLEANUP(close_fd) int dir = backup_open(p->place, name);
    CLEANUP(close_fd)
    int fd = dir < 0 ? -1 : openat(dir, "parts", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return FAIL(arena, CONFLICT, "parts: %s", strerror(errno));
    TRY(backup_file_read(arena, fd, NULL, NULL, &is));
    if (is.size != m.parts.size || memcmp(is.sha256, m.parts.sha256, SHA256_SIZE) != 0)
        return FAIL(arena, CONFLICT, "parts is not what was written");
    return backup_parts_each(arena, dir, need, p);
}

static int
by_hash(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_SIZE);
}

static bool
is_needed(const struct pruning *p, const char *file)
{
    unsigned char hash[SHA256_SIZE];

    if (strlen(file) != 2 * SHA256_SIZE || !hex_decode(file, hash, SHA256_SIZE))
        return true; /* none of ours */
    return p->n_needed > 0 && bsearch(hash, p->needed, p->n_needed, SHA256_SIZE, by_hash) != NULL;
}

static fallible
sweep_fan(struct pruning *p, const char *fan)
{
    CLEANUP(dir_close) DIR *dir = dir_open(p->place->blobs, fan);
    const struct dirent *d;
    struct stat st;

    if (dir == NULL)
        return errno == ENOENT ? NULL : backup_errno(p->ctl->arena, "listing blobs");
    while ((d = readdir(dir)) != NULL) {
        if (d->d_name[0] == '.' || is_needed(p, d->d_name) ||
            fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (unlinkat(dirfd(dir), d->d_name, 0) != 0)
            return backup_errno(p->ctl->arena, "removing a file in blobs");
        p->files++;
        p->bytes += st.st_size;
    }
    return NULL;
}

/* Files go only when every backup that stays has said which it needs. */
static fallible
sweep(struct pruning *p)
{
    for (int i = p->first; i < p->n; i++) {
        struct error *e = collect(p, p->names[i]);
        if (e != NULL)
            return FAIL(p->ctl->arena, CONFLICT,
                "No large files were removed, since the backup %s is damaged (%s) and might need "
                "them. If it is of no use, remove it: rm -r %s/%s",
                p->names[i], why(e), p->place->path, p->names[i]);
    }
    if (p->n_needed > 0)
        qsort(p->needed, p->n_needed, SHA256_SIZE, by_hash);
    for (int i = 0; i < 256; i++)
        TRY(sweep_fan(p, arena_printf(p->ctl->arena, "%02x", (unsigned)i)));
    return NULL;
}

static fallible
prune(struct pruning *p)
{
    struct arena *arena = p->ctl->arena;

    for (int i = 0; i < p->first; i++)
        TRY(backup_remove(arena, p->place, p->names[i]));
    if (fsync(p->place->dir) != 0)
        return backup_errno(arena, "fsync");
    return sweep(p);
}

struct error *
backup_prune(struct ctl *ctl)
{
    struct pruning p = { .ctl = ctl };
    struct backup_place *place;
    const char *youngest_to_go = NULL;
    int64_t keep, days;

    TRY(read_number(ctl, "keep", &keep));
    TRY(read_number(ctl, "days", &days));
    if (keep < 0 && days < 0)
        return FAIL(ctl->arena, BAD_REQUEST,
            "Say what stays: --keep 14 (so many backups) or --days 35 (as old as that).");
    if (days > 0)
        youngest_to_go = backup_name_at(ctl->arena, time_now() - days * DAY_US);
    TRY(backup_place_open(ctl->arena, ctl->arg[0], BACKUP_CHANGE, &place));
    p.place = place;
    TRY(backup_names(ctl->arena, place, &p.names, &p.n));
    choose(&p, keep, youngest_to_go);
    struct error *e = prune(&p);
    free(p.needed);
    TRY(e);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:i, s:i, s:I, s:I}", "ok", 1, "removed", p.first, "kept",
            p.n - p.first, "files", (json_int_t)p.files, "bytes", (json_int_t)p.bytes));
    else
        BACKUP_SAY(ctl, "%d backups and %" PRId64 " large files (%s) removed, %d backups kept.",
            p.first, p.files, text_size(ctl->arena, p.bytes, "en"), p.n - p.first);
    return NULL;
}
