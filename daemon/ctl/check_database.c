/* chapterctl check: PostgreSQL. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/time.h"
#include "ctl/check.h"
#include "db/schema.h"
#include "q/ctl.h"

#define CLOCKS_APART_US 2000000
#define CONNECTIONS_OWN 16 /* of a daemon besides its workers: jobs, monitors, streams, exports, space, notifications; and of chapterctl */
#define OLDEST_SERVER   150000

/* Settings of the server that must have one value; see "durable before acknowledged". */
static const struct {
    const char *name, *least; /* allowed values with blanks between */
    const char *without, *remedy;
} needed[] = {
    { "fsync", "on", "a power cut can destroy the whole database",
        "Set fsync = on in postgresql.conf and reload the server." },
    { "synchronous_commit", "on remote_apply", "a crash can lose changes that were acknowledged",
        "Set synchronous_commit = on in postgresql.conf and reload the server." },
    { "full_page_writes", "on", "a power cut can leave half-written pages",
        "Set full_page_writes = on in postgresql.conf and reload the server." },
    { "data_sync_retry", "off", "a failed write can be taken for a good one",
        "Remove data_sync_retry from postgresql.conf and restart the server." },
    { "data_checksums", "on", "a fault of the disk can go unnoticed",
        "Stop the server, run pg_checksums --enable, and start it again." },
    { "server_encoding", "UTF8", "names with umlauts cannot be stored",
        "Create the database with: createdb --encoding UTF8 --template template0" },
    { "max_prepared_transactions", "0", "a forgotten prepared transaction stops all synchronising",
        "Set max_prepared_transactions = 0 in postgresql.conf and restart the server." },
    { "transaction_read_only", "on off", "", "" },
};

static bool
is_one_of(const char *value, const char *words)
{
    size_t n = strlen(value);

    for (const char *w = words; *w != '\0'; w += strcspn(w, " "), w += strspn(w, " "))
        if (strcspn(w, " ") == n && strncmp(w, value, n) == 0)
            return true;
    return false;
}

static const char *
setting(const struct rows *rows, const char *name)
{
    for (int i = 0; i < rows->n; i++) {
        struct ctl_settings_row row = ctl_settings_row(rows, i);
        if (strcmp(row.name, name) == 0)
            return row.setting;
    }
    return "";
}

static void
check_settings(struct checks *checks, const struct rows *rows)
{
    long version = strtol(setting(rows, "server_version_num"), NULL, 10);
    bool all_good = true;

    if (version < OLDEST_SERVER)
        check_tell(checks, WRONG, "database", "Install PostgreSQL 15 or newer.",
            "PostgreSQL %ld is too old", version / 10000);
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        const char *is = setting(rows, needed[i].name);
        if (is_one_of(is, needed[i].least))
            continue;
        all_good = false;
        check_tell(checks, WRONG, "database", needed[i].remedy, "%s is %s: %s", needed[i].name,
            *is == '\0' ? "unknown" : is, needed[i].without);
    }
    if (strcmp(setting(rows, "transaction_read_only"), "on") == 0)
        check_tell(checks, WRONG, "database",
            "Name all servers in the setting database and add target_session_attrs=read-write.",
            "this server is a standby and takes no changes");
    if (all_good)
        check_tell(
            checks, GOOD, "database", NULL, "its settings lose nothing that was acknowledged");
}

static fallible
check_connections(struct checks *checks, const struct rows *rows)
{
    long most = strtol(setting(rows, "max_connections"), NULL, 10) -
                strtol(setting(rows, "superuser_reserved_connections"), NULL, 10);
    int64_t need = checks->config->workers + CONNECTIONS_OWN;
    struct rows others;

    TRY(q_ctl_connections(checks->ctl->db, checks->ctl->arena, &others));
    if (need > most)
        check_tell(checks, WRONG, "database",
            "Raise max_connections in postgresql.conf, or lower workers in the settings of "
            "chapterd.",
            "it allows %ld connections, and a daemon with %" PRId64 " workers needs up to %" PRId64,
            most, checks->config->workers, need);
    else
        check_tell(checks, GOOD, "database", NULL,
            "it allows %ld connections (%" PRId64 " in use); each daemon needs up to %" PRId64,
            most, ctl_connections_row(&others, 0).others, need);
    return NULL;
}

static fallible
check_clocks(struct checks *checks)
{
    struct rows rows;
    int64_t before = time_now();

    TRY(q_ctl_clock(checks->ctl->db, checks->ctl->arena, &rows));
    int64_t after = time_now(), theirs = ctl_clock_row(&rows, 0).now;
    int64_t apart = theirs < before ? before - theirs : theirs > after ? theirs - after : 0;
    if (apart > CLOCKS_APART_US)
        check_tell(checks, WRONG, "clock",
            "Set both clocks over the net (systemd-timesyncd or chrony).",
            "this machine and the database are %" PRId64 " seconds apart", apart / 1000000);
    return NULL;
}

static fallible
check_wire(struct checks *checks)
{
    struct rows rows;

    TRY(q_ctl_wire(checks->ctl->db, checks->ctl->arena, &rows));
    struct ctl_wire_row row = ctl_wire_row(&rows, 0);
    if (row.remote && !row.encrypted)
        check_tell(checks, WRONG, "database",
            "Add sslmode=verify-full to the setting database, and a certificate to the server.",
            "everything that is stored crosses the net in clear");
    return NULL;
}

static fallible
ask(struct checks *checks)
{
    struct ctl *ctl = checks->ctl;
    struct rows rows;

    TRY(q_ctl_settings(ctl->db, ctl->arena, &rows));
    check_settings(checks, &rows);
    TRY(check_wire(checks));
    TRY(check_connections(checks, &rows));
    return check_clocks(checks);
}

bool
check_database(struct checks *checks)
{
    struct ctl *ctl = checks->ctl;
    struct error *e;

    ctl->db = db_new(ctl->config->database, "chapterctl check");
    e = schema_check(ctl->db, ctl->arena);
    if (e != NULL && e->cond == &INTERNAL) {
        check_tell_error(checks, "database", NULL, e);
        return false;
    }
    if (e == NULL) {
        check_tell(checks, GOOD, "database", NULL, "reached with a safe role; it has version %d",
            schema_version());
        e = ask(checks);
    }
    if (e != NULL)
        check_tell_error(checks, "database",
            "See that PostgreSQL runs, and that the setting database names it and the role "
            "chapterd.",
            e);
    return e == NULL;
}
