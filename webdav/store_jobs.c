/* What goes on behind the tree without a request. Each step is a short transaction of its own. */
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/time.h"
#include "db/db.h"
#include "http/app.h"
#include "jobs/jobs.h"
#include "q/blob.h"
#include "q/keeping.h"
#include "q/node.h"
#include "q/quota.h"
#include "q/trash.h"
#include "q/upload.h"
#include "q/version.h"
#include "webdav/store.h"

/* How long a content that nothing refers to is kept: longer than any backup runs (decisions 1.6).
 */
#define UNUSED_DAYS 7
#define DAY         ((int64_t)86400 * 1000000)

/* Rows of one step. */
#define TOMBSTONE_STEP 2000
#define PEOPLE_STEP 1000
#define BURY_STEP  2000
#define MARK_STEP  20000
#define FORGET_STEP 1000
#define EMPTY_STEP 20
#define SWEEP_STEP 500
#define UPLOADS_STEP 100
#define PIECES_STEP 50

static const struct db_scope everything = { .chapters = "*" };

static fallible
fold(const struct app *app UNUSED, struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &everything));
    return db_end(db, arena, q_quota_fold(db, arena, &rows));
}

static fallible
clear_locks(const struct app *app UNUSED, struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &everything));
    return db_end(db, arena, q_locks_clear(db, arena, &rows));
}

static fallible
clear_policies(const struct app *app UNUSED, struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &everything));
    return db_end(db, arena, q_policies_clear(db, arena, &rows));
}

static fallible
forget_versions(const struct app *app, struct db *db, struct arena *arena)
{
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &everything));
        TRY(db_end(db, arena, q_versions_forget(db, arena, (int32_t)app->config->version_days,
                                  (int32_t)app->config->versions_each, FORGET_STEP, &rows)));
    } while (versions_forget_row(&rows, 0).n == FORGET_STEP);
    return NULL;
}

static fallible
forget_by_rule(const struct app *app, struct db *db, struct arena *arena)
{
    int32_t days = (int32_t)app->config->version_days, each = (int32_t)app->config->versions_each;
    struct rows chapters, rows;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_version_rules(db, arena, &chapters)));
    for (int i = 0; i < chapters.n; i++) {
        struct version_rules_row chapter = version_rules_row(&chapters, i);
        do {
            TRY(db_begin(db, arena, READ_WRITE, &everything));
            TRY(db_end(db, arena, q_versions_forget_by_rule(db, arena, chapter.chapter, days, each,
                                      FORGET_STEP, &rows)));
        } while (versions_forget_by_rule_row(&rows, 0).n == FORGET_STEP);
    }
    return NULL;
}

static fallible
forget_all(const struct app *app, struct db *db, struct arena *arena)
{
    TRY(forget_versions(app, db, arena));
    return forget_by_rule(app, db, arena);
}

static fallible
empty_trash(const struct app *app, struct db *db, struct arena *arena)
{
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &everything));
        TRY(db_end(db, arena,
            q_trash_empty(db, arena, (int32_t)app->config->trash_days, EMPTY_STEP, &rows)));
    } while (trash_empty_row(&rows, 0).n == EMPTY_STEP);
    return NULL;
}

static fallible
expire_noise(const struct app *app, struct db *db, struct arena *arena)
{
    int32_t days = (int32_t)app->config->noise_days;
    struct rows old, rows;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_noise_old(db, arena, days, &old)));
    for (int i = 0; i < old.n; i++) {
        struct noise_old_row chapter = noise_old_row(&old, i);
        const struct db_scope scope = { .chapters = chapter.slug, .lock = TREE_SHARED };
        do {
            TRY(db_begin(db, arena, READ_WRITE, &scope));
            TRY(db_end(
                db, arena, q_noise_expire(db, arena, chapter.chapter, days, FORGET_STEP, &rows)));
        } while (noise_expire_row(&rows, 0).n == FORGET_STEP);
    }
    return NULL;
}

/* ---- what lies below deleted folders ---- */

static fallible
bury(struct db *db, struct arena *arena, const struct db_scope *scope, int64_t grave)
{
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, scope));
        TRY(db_end(db, arena, q_node_bury(db, arena, grave, BURY_STEP, &rows)));
    } while (node_bury_row(&rows, 0).n == BURY_STEP);
    return NULL;
}

fallible
store_bury(struct db *db, struct arena *arena, const struct db_scope *scope)
{
    struct rows graves;

    TRY(db_begin(db, arena, READ_ONLY, scope));
    TRY(db_end(db, arena, q_node_graves(db, arena, &graves)));
    for (int i = 0; i < graves.n; i++)
        TRY(bury(db, arena, scope, node_graves_row(&graves, i).id));
    return NULL;
}

static fallible
bury_all(const struct app *app UNUSED, struct db *db, struct arena *arena)
{
    return store_bury(db, arena, &everything);
}

fallible
store_clear_tombstones(struct db *db, struct arena *arena, const struct db_scope *scope,
    const char *kind, int days, int64_t *removed)
{
    struct rows rows;
    int64_t n;

    do {
        TRY(db_begin(db, arena, READ_WRITE, scope));
        TRY(db_end(db, arena, q_tombstones_clear(db, arena, kind, days, TOMBSTONE_STEP, &rows)));
        n = tombstones_clear_row(&rows, 0).n;
        *removed += n;
    } while (n == TOMBSTONE_STEP);
    return NULL;
}

/* ---- contents that nothing refers to ---- */

static fallible
mark_unused(struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_blob_last(db, arena, &rows)));
    int64_t last = blob_last_row(&rows, 0).id;
    for (int64_t id = 0; id <= last; id += MARK_STEP) {
        TRY(db_begin(db, arena, READ_WRITE, &everything));
        TRY(db_end(db, arena, q_blob_mark_unused(db, arena, id, id + MARK_STEP, &rows)));
    }
    return NULL;
}

/* Removes a file of the store if no content of its owner needs it there; the hash is locked until
 * the end of the transaction. */
static fallible
remove_file(const struct app *app, struct db *db, struct arena *arena, struct blob_owner owner,
    enum blob_where where, const unsigned char *sha256, int64_t before)
{
    struct bytes hash = { sha256, SHA256_SIZE };
    struct rows rows;

    TRY(q_blob_lock(db, arena, blob_lock_key(sha256), &rows));
    TRY(q_blob_part_needed(db, arena, owner.id, hash, where, &rows));
    if (blob_part_needed_row(&rows, 0).needed)
        return NULL;
    return blob_remove(app->blobs, arena, owner, where, sha256, before);
}

/* On the disk a writer looks again under the lock; in the S3 store it trusts what is young. */
static int64_t
removable_before(enum blob_where where)
{
    return where == BLOB_DISK ? INT64_MAX : time_now() - UNUSED_DAYS * DAY;
}

/*
 * The files go before the commit: a row without a file is harmless, since nothing
 * refers to it and no writer trusts it, but after the commit a writer could find
 * the file and rely on it.
 */
static fallible
sweep_content(
    const struct app *app, struct db *db, struct arena *arena, const struct blob_unused_row *row)
{
    struct blob_owner owner = { 'c', row->chapter_id };
    struct rows parts, deleted;

    TRY(q_blob_parts(db, arena, row->id, &parts));
    TRY(q_blob_delete(db, arena, row->id, &deleted));
    if (deleted.n == 0)
        return NULL;
    for (int i = 0; i < parts.n; i++) {
        struct blob_parts_row part = blob_parts_row(&parts, i);
        enum blob_where where = (enum blob_where)part.store;
        TRY(remove_file(app, db, arena, owner, where, part.sha256.p, removable_before(where)));
    }
    return NULL;
}

static fallible
sweep_contents(const struct app *app, struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_blob_unused(db, arena, UNUSED_DAYS, SWEEP_STEP, &rows)));
    for (int i = 0; i < rows.n; i++) {
        struct blob_unused_row row = blob_unused_row(&rows, i);
        struct db_scope scope = { .chapters = row.slug, .lock = TREE_EXCLUSIVE };
        TRY(db_begin(db, arena, READ_WRITE, &scope));
        TRY(db_end(db, arena, sweep_content(app, db, arena, &row)));
    }
    return NULL;
}

/* What people have of their own has no files: its rows are all there is to it. */
static fallible
sweep_people(struct db *db, struct arena *arena)
{
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &everything));
        TRY(db_end(db, arena,
            q_people_contents_sweep(db, arena, UNUSED_DAYS, PEOPLE_STEP, &rows)));
    } while (people_contents_sweep_row(&rows, 0).n == PEOPLE_STEP);
    return NULL;
}

/* ---- uploads that nobody goes on with ---- */

static fallible
drop_pieces(const struct app *app, struct db *db, struct arena *arena,
    const struct uploads_over_row *upload, int *n)
{
    struct blob_owner owner = { 'c', upload->chapter_id };
    struct rows rows;

    TRY(q_upload_end(db, arena, upload->id, &rows));
    TRY(q_upload_parts_drop(db, arena, upload->id, PIECES_STEP, &rows));
    *n = rows.n;
    for (int i = 0; i < rows.n; i++) {
        struct upload_parts_drop_row part = upload_parts_drop_row(&rows, i);
        enum blob_where where = (enum blob_where)part.store;
        TRY(remove_file(app, db, arena, owner, where, part.sha256.p, removable_before(where)));
    }
    return *n < PIECES_STEP ? q_upload_drop(db, arena, upload->id, &rows) : NULL;
}

static fallible
clear_uploads(const struct app *app, struct db *db, struct arena *arena)
{
    struct rows rows;
    int n = 0;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_uploads_over(db, arena, UPLOADS_STEP, &rows)));
    for (int i = 0; i < rows.n; i++) {
        struct uploads_over_row row = uploads_over_row(&rows, i);
        struct db_scope scope = { .chapters = row.slug };
        do {
            TRY(db_begin(db, arena, READ_WRITE, &scope));
            TRY(db_end(db, arena, drop_pieces(app, db, arena, &row, &n)));
        } while (n == PIECES_STEP);
    }
    return NULL;
}

/* Files that a crash or a rollback has left without a row. */
struct orphans {
    const struct app *app;
    struct db *db;
    struct arena *arena;
    int64_t before;
    struct error *error;
};

static bool
sweep_file(void *cls, const struct blob_found *found)
{
    struct orphans *o = cls;

    if (found->owner.kind != 'c' || found->modified >= o->before)
        return true;
    size_t mark = arena_mark(o->arena);
    o->error = db_begin(o->db, o->arena, READ_WRITE, &everything);
    if (o->error == NULL)
        o->error = db_end(o->db, o->arena,
            remove_file(o->app, o->db, o->arena, found->owner, found->where, found->sha256,
                o->before));
    if (o->error == NULL)
        arena_rewind(o->arena, mark);
    return o->error == NULL;
}

static fallible
sweep(const struct app *app, struct db *db, struct arena *arena)
{
    struct orphans orphans = {
        .app = app, .db = db, .arena = arena, .before = time_now() - UNUSED_DAYS * DAY
    };

    TRY(mark_unused(db, arena));
    TRY(sweep_contents(app, db, arena));
    TRY(sweep_people(db, arena));
    for (int where = 0; where < BLOB_PLACES; where++) {
        if (blob_has(app->blobs, (enum blob_where)where))
            TRY(blob_list(app->blobs, arena, (enum blob_where)where, sweep_file, &orphans));
        TRY(orphans.error);
    }
    return blob_tidy(app->blobs, arena);
}

const struct job store_jobs[] = {
    { "quota_fold", 10, fold },
    { "bury", 10, bury_all },
    { "locks_clear", 60, clear_locks },
    { "uploads_clear", 60, clear_uploads },
    { "versions_forget", 3600, forget_all },
    { "trash_empty", 3600, empty_trash },
    { "noise_expire", 3600, expire_noise },
    { "policies_clear", 86400, clear_policies },
    { "blob_sweep", 86400, sweep },
    { .name = NULL },
};
