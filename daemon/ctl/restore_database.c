/* chapterctl restore: the database, by pg_restore and psql in one transaction. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/embed.h"
#include "base/macros.h"
#include "ctl/restore.h"
#include "db/tool.h"
#include "q/backup.h"

#define PIECE KB(256)

/* ---------------------------------------------------------------- is there room? */

static fallible
check_target(struct restore *r, bool begun)
{
    struct arena *arena = r->ctl->arena;
    struct db *db = r->ctl->db;
    struct rows rows;

    TRY(q_restore_state(db, arena, &rows));
    struct restore_state_row state = restore_state_row(&rows, 0);
    if (state.daemons > 0)
        return FAIL(arena, CONFLICT,
            "%" PRId64 " connections of chapterd to this database are open. End the daemon first: "
            "systemctl stop chapterd",
            state.daemons);
    if (!state.installed || begun)
        return NULL;
    TRY(q_restore_used(db, arena, &rows));
    if (!restore_used_row(&rows, 0).used)
        return NULL;
    return FAIL(arena, CONFLICT,
        "There is an installation in this database already, and a restore would put an end to it. "
        "Restore into an empty database: make one, and name it in the settings database and "
        "admin_database.");
}

/*
 * The mark stays until the transaction that brings the database back takes it
 * away: while it is there chapterd, migrate and all else refuse to work here,
 * and a restore may begin again.
 */
struct error *
restore_claim(struct restore *r)
{
    struct arena *arena = r->ctl->arena;
    struct rows rows;

    if (r->ctl->config->admin_database == NULL)
        return FAIL(arena, CONFLICT,
            "%s does not say how to reach the database as its owner. Add a line admin_database = "
            "..., as for chapterctl migrate.",
            r->ctl->config->path);
    r->ctl->db = db_new(r->ctl->config->admin_database, "chapterctl restore");
    TRY(q_restore_lock(r->ctl->db, arena, &rows));
    if (!restore_lock_row(&rows, 0).got)
        return FAIL(arena, TRY_LATER,
            "This database is being backed up, migrated or restored. Run this again when that has "
            "ended.");
    TRY(q_restore_unfinished(r->ctl->db, arena, &rows));
    bool begun = restore_unfinished_row(&rows, 0).unfinished;
    TRY(check_target(r, begun));
    r->keep_files = r->keep_files || begun;
    TRY(restore_open_store(r));
    struct error *e = q_restore_begin(r->ctl->db, arena, &rows);
    if (e == NULL || e->cond != &INTERNAL)
        return e;
    return error_cause(
        FAIL(arena, CONFLICT,
            "The role in admin_database may not make a schema in this database. Make "
            "the database as chapterd(8) says: owned by chapterd_owner."),
        arena, "%s", e->cause);
}

/* ---------------------------------------------------------------- bringing it back */

static fallible
feed(struct restore *r, struct tool *psql, const struct embedded *script)
{
    return tool_write(psql, r->ctl->arena, script->bytes, script->n);
}

/* What pg_restore makes of one section of the dump. */
static fallible
pass_on(struct restore *r, struct tool *psql, const char *section, int64_t *bytes)
{
    struct arena *arena = r->ctl->arena;
    size_t mark = arena_mark(arena);
    const char *const argv[] = { "pg_restore", "--no-owner", "--schema=chapterd",
        arena_printf(arena, "--section=%s", section), "--file=-",
        arena_printf(arena, "%s/%s/dump", r->place->path, r->manifest.name), NULL };
    char *piece = arena_alloc(arena, PIECE);
    struct tool *tool;
    size_t n;

    TRY(tool_start(arena, NULL, argv, &tool));
    do {
        TRY(tool_read(tool, arena, piece, PIECE, &n));
        TRY(tool_write(psql, arena, piece, n));
        *bytes += (int64_t)n;
        if (ctl_option(r->ctl, "quiet") == NULL)
            ctl_progress("%" PRId64 " MB into the database", *bytes / 1000000);
    } while (n > 0);
    TRY(tool_end(tool, arena));
    arena_rewind(arena, mark);
    return NULL;
}

/*
 * psql gets one transaction, of which we write the end only when everything
 * before it has gone well: whatever breaks off, nothing has happened. Rows are
 * made afresh before their indexes are made, which costs a tenth of doing it after.
 */
struct error *
restore_database(struct restore *r)
{
    const char *const argv[] = { "psql", "--no-psqlrc", "--quiet", "--no-password",
        "--set=ON_ERROR_STOP=1", arena_printf(r->ctl->arena, "--set=backup=%s", r->manifest.begun),
        "--output=/dev/null", "--file=-", NULL };
    static const char end_of_copy[] = "\\.\n";
    struct tool *psql;
    int64_t bytes = 0;

    TRY(tool_start(r->ctl->arena, r->ctl->config->admin_database, argv, &psql));
    TRY(feed(r, psql, &restores[0]));
    TRY(feed(r, psql, &restores[1]));
    TRY(tool_write(psql, r->ctl->arena, buf_string(&r->moved), r->moved.n));
    TRY(tool_write(psql, r->ctl->arena, end_of_copy, sizeof end_of_copy - 1));
    TRY(pass_on(r, psql, "pre-data", &bytes));
    TRY(pass_on(r, psql, "data", &bytes));
    TRY(feed(r, psql, &restores[2]));
    TRY(pass_on(r, psql, "post-data", &bytes));
    if (ctl_option(r->ctl, "quiet") == NULL)
        ctl_progress("indexes are being made");
    TRY(feed(r, psql, &restores[3]));
    return tool_end(psql, r->ctl->arena);
}
