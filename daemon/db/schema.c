#include "db/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/arena.h"
#include "base/embed.h"
#include "db/db.h"
#include "q/backup.h"
#include "q/system.h"

#define MIGRATION_LOCK "SELECT pg_advisory_lock(3, 1)"

/* "001_base.sql": 1 */
static int
number_of(const struct embedded *migration)
{
    return (int)strtol(migration->name, NULL, 10);
}

int
schema_version(void)
{
    int last = 0;

    for (const struct embedded *m = migrations; m->name != NULL; m++)
        last = number_of(m);
    return last;
}

static void
finish(void *pg)
{
    PQfinish(pg);
}

static void
clear(void *result)
{
    PQclear(result);
}

static fallible
finished(struct arena *arena, const char *what, PGresult *result)
{
    arena_defer(arena, clear, result);
    if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK)
        return NULL;
    return error_cause(FAIL(arena, INTERNAL, "%s: %s", what, PQresultErrorMessage(result)), arena,
        "%s", PQresultErrorMessage(result));
}

static fallible
execute(struct arena *arena, PGconn *pg, const char *what, const char *sql, PGresult **result)
{
    *result = PQexec(pg, sql);
    return finished(arena, what, *result);
}

/* Notes in the open transaction that a migration was run. */
static fallible
note(struct arena *arena, PGconn *pg, const struct embedded *m)
{
    const char *const values[] = { arena_printf(arena, "%d", number_of(m)), m->name };
    PGresult *result;

    TRY(execute(arena, pg, m->name, "SET LOCAL ROLE chapterd_owner", &result));
    return finished(arena, m->name,
        PQexecParams(pg, "INSERT INTO chapterd.migration (version, name) VALUES ($1, $2)", 2, NULL,
            values, NULL, NULL, 0));
}

static fallible
connect_admin(struct arena *arena, const char *conninfo, PGconn **pg)
{
    static const char *const names[] = { "connect_timeout", "application_name", "options", "dbname",
        NULL };
    const char *const values[] = { "5", "chapterctl migrate",
        "-c client_min_messages=warning -c timezone=UTC", conninfo, NULL };

    *pg = PQconnectdbParams(names, values, 1);
    arena_defer(arena, finish, *pg);
    if (PQstatus(*pg) == CONNECTION_OK)
        return NULL;
    return FAIL(arena, TRY_LATER,
        "The database cannot be reached: %sCheck the setting admin_database.", PQerrorMessage(*pg));
}

/* A restore that was broken off has left nothing behind but its mark; see sql/restore. */
static struct error *
unfinished(struct arena *arena)
{
    return FAIL(arena, CONFLICT,
        "A restore into this database was begun and has not ended. Run it again: chapterctl restore "
        "DIR. Or make another database.");
}

static fallible
installed(struct arena *arena, PGconn *pg, int *version)
{
    PGresult *result;

    *version = 0;
    TRY(execute(arena, pg, "version", query_restore_unfinished.sql, &result));
    if (strcmp(PQgetvalue(result, 0, 0), "t") == 0)
        return unfinished(arena);
    TRY(execute(arena, pg, "version", "SELECT to_regclass('chapterd.migration') IS NOT NULL", &result));
    if (strcmp(PQgetvalue(result, 0, 0), "t") != 0)
        return NULL;
    TRY(execute(arena, pg, "version", "SELECT coalesce(max(version), 0) FROM chapterd.migration", &result));
    *version = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
    return NULL;
}

struct error *
schema_installed(struct arena *arena, const char *conninfo, int *version)
{
    PGconn *pg;

    TRY(connect_admin(arena, conninfo, &pg));
    return installed(arena, pg, version);
}

/* A migration and the note that it was run stand or fall together. */
static fallible
run(struct arena *arena, PGconn *pg, const struct embedded *m)
{
    char *sql = arena_copy(arena, m->bytes, m->n);
    PGresult *result;

    TRY(execute(arena, pg, m->name, "BEGIN", &result));
    TRY(execute(arena, pg, m->name, sql, &result));
    TRY(note(arena, pg, m));
    return execute(arena, pg, m->name, "COMMIT", &result);
}

/* Functions that stand in files of their own replace those that were there. */
static fallible
run_functions(struct arena *arena, PGconn *pg)
{
    PGresult *result;

    TRY(execute(arena, pg, "functions", "BEGIN", &result));
    for (const struct embedded *f = functions; f->name != NULL; f++)
        TRY(execute(arena, pg, f->name, arena_copy(arena, f->bytes, f->n), &result));
    return execute(arena, pg, "functions", "COMMIT", &result);
}

struct error *
schema_migrate(struct arena *arena, const char *conninfo, FILE *report)
{
    PGconn *pg;
    PGresult *result;
    int version;

    TRY(connect_admin(arena, conninfo, &pg));
    TRY(execute(arena, pg, "lock", MIGRATION_LOCK, &result));
    TRY(installed(arena, pg, &version));
    if (version > schema_version() + 1)
        return FAIL(arena, CONFLICT,
            "The database has version %d, this program knows %d. Install the newer program.", version,
            schema_version());
    for (const struct embedded *m = migrations; m->name != NULL; m++) {
        if (number_of(m) <= version)
            continue;
        fprintf(report, "%s ...\n", m->name);
        TRY(run(arena, pg, m));
    }
    if (version <= schema_version())
        TRY(run_functions(arena, pg));
    fprintf(report, "The database has version %d.\n",
        version > schema_version() ? version : schema_version());
    return NULL;
}

struct error *
schema_check(struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(q_restore_unfinished(db, arena, &rows));
    if (restore_unfinished_row(&rows, 0).unfinished)
        return unfinished(arena);
    struct error *e = q_role_safety(db, arena, &rows);
    if (e != NULL && e->cond == &INTERNAL)
        return error_cause(FAIL(arena, INTERNAL,
                               "The database is empty or not ours. Run: chapterctl migrate"),
            arena, "%s", e->cause);
    TRY(e);
    struct role_safety_row row = role_safety_row(&rows, 0);
    if (row.superuser || row.bypasses || row.owns)
        return FAIL(arena, INTERNAL,
            "The role in the setting database %s, which would get past the wall between chapters. "
            "Use the role chapterd, which owns nothing.",
            row.superuser ? "is a superuser" : row.bypasses ? "has BYPASSRLS" : "owns the tables");
    if (row.version != schema_version() && row.version != schema_version() + 1)
        return FAIL(arena, INTERNAL,
            "The database has version %d, this program needs %d. %s", row.version, schema_version(),
            row.version < schema_version() ? "Run: chapterctl migrate" : "Install the newer program.");
    return NULL;
}
