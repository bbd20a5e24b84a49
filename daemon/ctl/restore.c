/* chapterctl restore: brings a backup back into an empty installation. */
#include "ctl/restore.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "ctl/verify.h"
#include "db/schema.h"

/* ---------------------------------------------------------------- which one */

/* The newest that says of itself what it is; a damaged one is passed over, and said. */
static fallible
choose(struct restore *r)
{
    struct arena *arena = r->ctl->arena;
    const char *at = ctl_option(r->ctl, "at");
    const char *const *names;
    struct error *e;
    int n;

    if (at != NULL) {
        if (!backup_is_name(at))
            return FAIL(arena, BAD_REQUEST,
                "%s is not the name of a backup. See: chapterctl backup list %s", at,
                r->place->path);
        return backup_manifest_read(arena, r->place, at, &r->manifest);
    }
    TRY(backup_names(arena, r->place, &names, &n));
    while (n > 0) {
        e = backup_manifest_read(arena, r->place, names[--n], &r->manifest);
        if (e == NULL)
            return NULL;
        fprintf(stderr, "chapterctl: the backup %s is damaged (%s); an older one is used.\n",
            names[n], e->detail != NULL ? e->detail : e->cond->title);
    }
    return FAIL(arena, NOT_FOUND, "There is no good backup in %s.", r->place->path);
}

static fallible
check_backup(struct restore *r)
{
    struct backup_verified found = { .only = r->manifest.name };
    struct arena *arena = r->ctl->arena;

    if (r->manifest.schema > schema_version())
        return FAIL(arena, CONFLICT,
            "The backup %s is of version %d of the database, this program knows %d. Install the "
            "newer program.",
            r->manifest.name, r->manifest.schema, schema_version());
    TRY(backup_check(r->ctl, r->place, &found));
    ctl_progress("%s", "");
    for (const struct backup_damage *d = found.damage; d != NULL; d = d->next)
        fprintf(stderr, "DAMAGE %s: %s\n", d->file, d->text);
    if (found.n_damaged == 0 || (r->despite_damage && !found.fatal))
        return NULL;
    if (found.fatal)
        return FAIL(arena, CONFLICT,
            "The backup %s cannot be restored: what is named above is damaged. Take another one: "
            "--at NAME",
            r->manifest.name);
    return FAIL(arena, CONFLICT,
        "%d large files of the backup %s are damaged or missing. Take another one with --at NAME, "
        "or restore everything but these with --despite-damage",
        found.n_damaged, r->manifest.name);
}

/* ---------------------------------------------------------------- all */

static void
tell(struct restore *r, struct verify *v)
{
    const struct backup_manifest *m = &r->manifest;

    if (r->ctl->json) {
        ctl_json(json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:O}", "ok", v->n_damage == 0, "name",
            m->name, "files", (json_int_t)r->files, "bytes", (json_int_t)r->bytes, "chapters",
            (json_int_t)v->chapters, "nodes", (json_int_t)v->nodes, "damage", v->damage));
        return;
    }
    BACKUP_SAY(r->ctl,
        "The backup %s is restored: %" PRId64 " chapters, %" PRId64 " documents and folders, all "
        "read again. Sessions and locks of before are gone, app passwords go on; every program "
        "that synchronises looks at everything once.",
        m->name, v->chapters, v->nodes);
    if (v->n_damage > 0)
        fprintf(stderr,
            "chapterctl: %" PRId64 " things in it are damaged, see above; all else can "
            "be used.\n",
            v->n_damage);
    else
        BACKUP_SAY(r->ctl, "Nothing is damaged. Start the daemon: systemctl start chapterd");
}

/* From here on as anybody else sees it: the role of the daemon, the owner of the store. */
static fallible
look(struct restore *r, struct verify *v)
{
    db_free(r->ctl->db);
    r->ctl->db = NULL;
    if (r->manifest.schema < schema_version())
        TRY(schema_migrate(r->ctl->arena, r->ctl->config->admin_database, stderr));
    return verify_all(v);
}

static fallible
restore(struct ctl *ctl)
{
    struct restore r = {
        .ctl = ctl,
        .dir = -1,
        .despite_damage = ctl_option(ctl, "despite-damage") != NULL,
        .keep_files = ctl_option(ctl, "keep-files") != NULL,
    };
    struct verify v = { .ctl = ctl };

    TRY(backup_place_open(ctl->arena, ctl->arg[0], BACKUP_READ, &r.place));
    TRY(choose(&r));
    TRY(check_backup(&r));
    TRY(restore_claim(&r));
    CLEANUP(close_fd) int dir = backup_open(r.place, r.manifest.name);
    if (dir < 0)
        return backup_errno(ctl->arena, "opening the backup");
    r.dir = dir;
    TRY(restore_files(&r));
    TRY(restore_database(&r));
    TRY(look(&r, &v));
    tell(&r, &v);
    return NULL;
}

static const struct ctl_option restore_options[] = {
    { "at", "NAME", "this backup; otherwise the newest", false },
    { "keep-files", NULL, "the store holds files already: those of the same installation", false },
    { "despite-damage", NULL, "restore what is sound when large files are damaged", false },
    { "quiet", NULL, "say nothing unless something is wrong", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command restore_commands[] = {
    {
        .name = "restore",
        .args = "DIR",
        .least = 1,
        .most = 1,
        .options = restore_options,
        .help = "brings a backup back into an empty installation",
        .more = "It reads the whole backup first, refuses a database in which there is anything,\n"
                "and ends with what \"verify\" does. The daemon must not run. When it is broken\n"
                "off, chapterd refuses to start until it has been run again to its end.\n",
        .run = restore,
    },
    { .name = NULL },
};
