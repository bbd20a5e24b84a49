/* chapterctl backup create: a consistent copy while the service goes on. */
#include "ctl/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/version.h"
#include "db/schema.h"
#include "db/tool.h"
#include "q/backup.h"
#include "q/system.h"
#include "q/verify.h"

#define PIECE        KB(256)
#define SWEEP_MOMENT 200000000 /* ns between two looks whether the sweep has ended */
#define SWEEP_LOOKS  1500      /* five minutes */

/* One backup being made. */
struct backup {
    struct ctl *ctl;
    struct backup_place *place;
    struct blob_store *store;
    struct backup_session_row session;
    const char *partial; /* the folder it is made in */
    int dir;
    struct backup_manifest manifest;
};

/* ---------------------------------------------------------------- the moment */

/* As the owner of the tables, whom the wall between chapters does not stop. */
static fallible
connect(struct backup *b)
{
    struct ctl *ctl = b->ctl;
    struct rows rows;
    int version;

    if (ctl->config->admin_database == NULL)
        return FAIL(ctl->arena, CONFLICT,
            "%s does not say how to reach the database as its owner. Add a line admin_database = "
            "..., as for chapterctl migrate.",
            ctl->config->path);
    TRY(schema_installed(ctl->arena, ctl->config->admin_database, &version));
    if (version == 0)
        return FAIL(ctl->arena, CONFLICT, "The database is empty: there is nothing to back up.");
    ctl->db = db_new(ctl->config->admin_database, "chapterctl backup");
    TRY(q_backup_session(ctl->db, ctl->arena, &rows));
    b->session = backup_session_row(&rows, 0);
    b->manifest.server = b->session.server;
    return NULL;
}

/*
 * Nothing is removed from the store while it is copied: what the snapshot names
 * must still be there when its turn comes. The job of the daemons simply does
 * not run; it is held by our session, so it cannot be forgotten.
 */
static fallible
hold_sweep(struct backup *b)
{
    const struct timespec moment = { .tv_nsec = SWEEP_MOMENT };
    struct rows rows;

    for (int i = 0; i < SWEEP_LOOKS; i++) {
        TRY(q_job_lock(b->ctl->db, b->ctl->arena, "blob_sweep", &rows));
        if (job_lock_row(&rows, 0).got)
            return NULL;
        nanosleep(&moment, NULL);
    }
    return FAIL(b->ctl->arena, TRY_LATER,
        "The store is being swept, or another backup is under way. Run this again later.");
}

static fallible
hold_schema(struct backup *b)
{
    struct rows rows;

    TRY(q_backup_schema_lock(b->ctl->db, b->ctl->arena, &rows));
    if (backup_schema_lock_row(&rows, 0).got)
        return NULL;
    return FAIL(b->ctl->arena, TRY_LATER,
        "The database is being migrated or restored. Run this again when that has ended.");
}

/* ---------------------------------------------------------------- the list of files */

static fallible
write_part(struct arena *arena, struct backup_file *file, const struct backup_parts_row *row)
{
    struct backup_part part = {
        .owner = row->chapter_id_is_null ? (struct blob_owner){ 'p', row->person_id }
                                         : (struct blob_owner){ 'c', row->chapter_id },
        .where = (enum blob_where)row->store,
        .sum.size = row->size,
    };

    if (row->sha256.n != SHA256_SIZE)
        return FAIL(arena, INTERNAL, "A file of the store has no name. See: chapterctl verify");
    memcpy(part.sum.sha256, row->sha256.p, SHA256_SIZE);
    const char *line = arena_printf(arena, "%s\n", backup_part_line(arena, &part));
    return backup_file_write(file, arena, line, strlen(line));
}

static fallible
write_parts(struct backup *b)
{
    struct arena *arena = b->ctl->arena;
    unsigned char after[SHA256_SIZE] = { 0 };
    struct bytes from = { after, 0 };
    struct backup_file *file;
    struct rows rows;

    TRY(backup_file_make(arena, b->dir, "parts", &file));
    do {
        size_t mark = arena_mark(arena);
        TRY(q_backup_parts(b->ctl->db, arena, from, &rows));
        for (int i = 0; i < rows.n; i++) {
            struct backup_parts_row row = backup_parts_row(&rows, i);
            TRY(write_part(arena, file, &row));
            memcpy(after, row.sha256.p, SHA256_SIZE);
            from.n = SHA256_SIZE;
        }
        arena_rewind(arena, mark);
    } while (rows.n > 0);
    return backup_file_end(file, arena, &b->manifest.parts);
}

/* ---------------------------------------------------------------- the database */

/* What a restore must not bring back is not even written down: whose sessions there were, say. */
static const char *const *
dump_command(struct arena *arena, const char *snapshot)
{
    static const char *const fixed[] = { "pg_dump", "--format=custom", "--compress=1",
        "--no-password", "--role=chapterd_owner", "--schema=chapterd", "--lock-wait-timeout=10s",
        "--no-unlogged-table-data", "--exclude-table-data=chapterd.session",
        "--exclude-table-data=chapterd.form_once", "--exclude-table-data=chapterd.device_setup",
        "--exclude-table-data=chapterd.dav_lock", "--exclude-table-data=chapterd.quota_lease",
        "--exclude-table-data=chapterd.commit_mark", "--exclude-table-data=chapterd.job_run",
        "--exclude-table-data=chapterd.invitation", "--exclude-table-data=chapterd.document_text",
        "--exclude-table-data=chapterd.document_picture",
        "--exclude-table-data=chapterd.document_index",
        "--exclude-table-data=chapterd.document_horizon", "--exclude-table-data=chapterd.upload",
        "--exclude-table-data=chapterd.upload_part",
        "--exclude-table-data=chapterd.calendar_import",
        "--exclude-table-data=chapterd.calendar_import_item",
        "--exclude-table-data=chapterd.mail", "--exclude-table-data=chapterd.mail_queue" };
    const char **argv = NEW_ARRAY(arena, const char *, COUNT_OF(fixed) + 2);

    memcpy(argv, fixed, sizeof fixed);
    argv[COUNT_OF(fixed)] = arena_printf(arena, "--snapshot=%s", snapshot);
    return argv;
}

static fallible
dump(struct backup *b, const char *snapshot)
{
    struct arena *arena = b->ctl->arena;
    char *piece = arena_alloc(arena, PIECE);
    struct backup_file *file;
    struct tool *tool;
    int64_t size = 0;
    size_t n;

    TRY(backup_file_make(arena, b->dir, "dump", &file));
    TRY(tool_start(arena, b->ctl->config->admin_database, dump_command(arena, snapshot), &tool));
    do {
        TRY(tool_read(tool, arena, piece, PIECE, &n));
        TRY(backup_file_write(file, arena, piece, n));
        size += (int64_t)n;
        if (ctl_option(b->ctl, "quiet") == NULL)
            ctl_progress("%" PRId64 " MB of the database dumped", size / 1000000);
    } while (n > 0);
    TRY(tool_end(tool, arena));
    return backup_file_end(file, arena, &b->manifest.dump);
}

static fallible
read_facts(struct backup *b, const char **snapshot)
{
    struct arena *arena = b->ctl->arena;
    struct rows rows;

    TRY(q_verify_patience(b->ctl->db, arena, &rows));
    TRY(q_backup_snapshot(b->ctl->db, arena, &rows));
    struct backup_snapshot_row row = backup_snapshot_row(&rows, 0);
    TRY(q_backup_counts(b->ctl->db, arena, &rows));
    struct backup_counts_row counts = backup_counts_row(&rows, 0);
    b->manifest.epoch = row.epoch;
    b->manifest.schema = row.version;
    b->manifest.chapters = row.chapters;
    b->manifest.people = row.people;
    b->manifest.nodes = counts.nodes;
    b->manifest.contents = counts.contents;
    *snapshot = row.snapshot;
    return NULL;
}

/* Dump and list are of one moment: the snapshot of this transaction, which pg_dump joins. */
static fallible
copy_database(struct backup *b)
{
    const struct db_scope nobody = { .chapters = "" };
    const char *snapshot;
    struct rows rows;

    TRY(hold_schema(b));
    TRY(db_begin(b->ctl->db, b->ctl->arena, SNAPSHOT, &nobody));
    struct error *e = read_facts(b, &snapshot);
    if (e == NULL)
        e = write_parts(b);
    if (e == NULL)
        e = dump(b, snapshot);
    TRY(db_end(b->ctl->db, b->ctl->arena, e));
    return q_backup_schema_unlock(b->ctl->db, b->ctl->arena, &rows);
}

/* ---------------------------------------------------------------- begin and end */

/* Named by the second, so no two may begin in one. */
static fallible
begin(struct backup *b)
{
    struct arena *arena = b->ctl->arena;
    const struct timespec moment = { .tv_nsec = 50000000 };

    for (;;) {
        int64_t now = time_now();
        b->manifest.begun = time_rfc3339(arena, now);
        b->manifest.name = backup_name_at(arena, now);
        CLEANUP(close_fd) int taken = backup_open(b->place, b->manifest.name);
        if (taken < 0)
            break;
        nanosleep(&moment, NULL);
    }
    b->manifest.program = VERSION;
    b->partial = arena_printf(arena, "%s.partial", b->manifest.name);
    if (mkdirat(b->place->dir, b->partial, 0700) != 0)
        return backup_errno(arena, arena_printf(arena, "making %s", b->partial));
    b->dir = backup_open(b->place, b->partial);
    return b->dir < 0 ? backup_errno(arena, "opening the new backup") : NULL;
}

/* Nothing has been removed meanwhile only if our session still is the one that held the sweep. */
static fallible
still_held(struct backup *b)
{
    struct rows rows;

    TRY(q_backup_same_session(b->ctl->db, b->ctl->arena, b->session.mark, &rows));
    if (backup_same_session_row(&rows, 0).same)
        return NULL;
    return FAIL(b->ctl->arena, TRY_LATER,
        "The connection to the database was lost during the backup. Run it again: what has been "
        "copied is kept.");
}

static fallible
finish(struct backup *b)
{
    struct arena *arena = b->ctl->arena;

    TRY(still_held(b));
    b->manifest.finished = time_rfc3339(arena, time_now());
    TRY(backup_manifest_write(arena, b->dir, &b->manifest));
    if (fsync(b->dir) != 0)
        return backup_errno(arena, "fsync of the new backup");
    if (renameat(b->place->dir, b->partial, b->place->dir, b->manifest.name) != 0 ||
        fsync(b->place->dir) != 0)
        return backup_errno(arena, "naming the new backup");
    return NULL;
}

static void
tell(struct backup *b)
{
    const struct backup_manifest *m = &b->manifest;
    struct arena *arena = b->ctl->arena;

    if (b->ctl->json) {
        json_t *missing = json_array();
        for (int i = 0; i < m->n_missing; i++)
            json_array_append_new(missing, json_string(m->missing[i]));
        ctl_json(json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "ok", m->n_missing == 0,
            "name", m->name, "dump", (json_int_t)m->dump.size, "files", (json_int_t)m->files,
            "bytes", (json_int_t)m->bytes, "new_files", (json_int_t)m->new_files, "copied",
            (json_int_t)m->copied, "missing", missing));
        return;
    }
    BACKUP_SAY(b->ctl,
        "%s: the database (%s) and %" PRId64 " large files (%s), of which %" PRId64
        " are new (%s).",
        m->name, text_size(arena, m->dump.size, "en"), m->files, text_size(arena, m->bytes, "en"),
        m->new_files, text_size(arena, m->copied, "en"));
    for (int i = 0; i < m->n_missing; i++)
        fprintf(
            stderr, "chapterctl: the store does not have %s as it was stored.\n", m->missing[i]);
    if (m->n_missing > 0)
        fprintf(stderr,
            "chapterctl: the backup %s lacks %d files that the store should have. All "
            "else is in it. \"chapterctl verify\" says which documents they are.\n",
            m->name, m->n_missing);
}

static void
close_store(struct blob_store **store)
{
    blob_store_close(*store);
}

static fallible
create(struct backup *b)
{
    TRY(connect(b));
    TRY(begin(b));
    TRY(hold_sweep(b));
    TRY(copy_database(b));
    TRY(backup_blobs_copy(b->ctl, b->store, b->place, b->dir, &b->manifest));
    return finish(b);
}

struct error *
backup_create(struct ctl *ctl)
{
    struct backup b = { .ctl = ctl, .dir = -1 };
    struct stat st;

    if (stat(ctl->config->blob_dir, &st) != 0)
        return FAIL(ctl->arena, CONFLICT, "The store %s: %s. See: chapterctl check",
            ctl->config->blob_dir, strerror(errno));
    umask(077);
    setpriority(PRIO_PROCESS, 0, 10); /* requests come first; pg_dump inherits it */
    TRY(backup_place_open(ctl->arena, ctl->arg[0], BACKUP_MAKE, &b.place));
    CLEANUP(close_store) struct blob_store *store = NULL;
    TRY(blob_store_open_all(ctl->arena, ctl->config, &store));
    b.store = store;
    struct error *e = create(&b);
    close_fd(&b.dir);
    TRY(e);
    if (b.manifest.n_missing > 0)
        ctl->end = CTL_FAILED;
    tell(&b);
    return NULL;
}

/* ---------------------------------------------------------------- the commands */

static const struct ctl_option create_options[] = {
    { "quiet", NULL, "say nothing unless something is wrong, as for cron", false },
    { NULL, NULL, NULL, false },
};

static const struct ctl_option verify_options[] = {
    { "at", "NAME", "only this backup; otherwise all of them", false },
    { "quiet", NULL, "say nothing unless something is wrong", false },
    { NULL, NULL, NULL, false },
};

static const struct ctl_option prune_options[] = {
    { "keep", "N", "keep the N newest", false },
    { "days", "N", "keep what is younger than N days", false },
    { "quiet", NULL, "say nothing unless something is wrong", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command backup_commands[] = {
    {
        .name = "backup create",
        .args = "DIR",
        .least = 1,
        .most = 1,
        .options = create_options,
        .help = "makes a backup of everything in a folder of backups",
        .more = "The service goes on meanwhile. The database is dumped as it is at one moment;\n"
                "large documents are copied once, however many backups have them. Backups are\n"
                "not encrypted: keep the folder on an encrypted disk, or encrypt what leaves the\n"
                "machine. Keep a copy somewhere else.\n",
        .run = backup_create,
    },
    {
        .name = "backup list",
        .args = "DIR",
        .least = 1,
        .most = 1,
        .help = "lists the backups in a folder",
        .more = "It looks at what the backups say of themselves; \"backup verify\" reads them.\n",
        .without_config = true,
        .run = backup_list,
    },
    {
        .name = "backup verify",
        .args = "DIR",
        .least = 1,
        .most = 1,
        .options = verify_options,
        .help = "reads the backups in a folder again and says what is damaged",
        .more = "It needs neither database nor settings, so it works on a copy on any machine.\n"
                "It ends with 1 when anything is damaged.\n",
        .without_config = true,
        .run = backup_verify,
    },
    {
        .name = "backup prune",
        .args = "DIR",
        .least = 1,
        .most = 1,
        .options = prune_options,
        .help = "removes old backups, and large files that no backup needs any more",
        .more = "With both --keep and --days it keeps what either would keep. The newest is\n"
                "always kept.\n",
        .without_config = true,
        .run = backup_prune,
    },
    { .name = NULL },
};
