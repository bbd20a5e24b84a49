/* Transactions: begin, scope, commit, and what to do when a COMMIT's answer never comes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "db/conn.h"
#include "q/system.h"

#define UNDO_FIRST      8       /* room for so many at first */
#define SETTLE_PATIENCE 4000000 /* microseconds */

struct error *
conn_enter(struct db *db, struct arena *arena, enum tx tx)
{
    const struct db_scope *scope = &db->scope;
    const char *chapters = scope->chapters == NULL ? "" : scope->chapters;
    const struct db_arg args[] = { db_text(chapters), db_int8(scope->person),
        db_text(tx == READ_WRITE ? "off" : "on"), db_int2((int16_t)scope->lock) };
    bool all = strcmp(chapters, "*") == 0, several = strchr(chapters, ',') != NULL;
    const struct query *enter = all       ? &query_enter_all
                                : several ? &query_enter_several
                                          : &query_enter;

    TRY(conn_query(db, arena, enter, args + all, COUNT_OF(args) - all, NULL));
    db->entered = true;
    return NULL;
}

/* A READ_ONLY transaction needs no BEGIN: what is sent up to a synchronisation point is one. */
static fallible
queue_begin(struct db *db, struct arena *arena, enum tx tx)
{
    if (tx == READ_ONLY)
        return NULL;
    if (tx == SNAPSHOT) {
        TRY(conn_command(
            db, arena, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", PENDING_COMMAND));
    } else {
        TRY(conn_command(db, arena, "BEGIN READ WRITE", PENDING_COMMAND));
    }
    return conn_enter(db, arena, tx);
}

struct error *
db_begin(struct db *db, struct arena *arena, enum tx tx, const struct db_scope *scope)
{
    assert(!db->in_tx && tx != NO_TX && (tx == READ_WRITE || scope->lock == TREE_UNLOCKED));
    if (db->news != NULL && atomic_load(&db->news->ended))
        return error_cause(REFUSE(arena, TRY_LATER), arena, "this process ends");
    TRY(conn_open(db, arena));
    if (db->n_pending > PENDING_MAX / 2)
        TRY(conn_receive(db, arena));
    db->scope = *scope;
    TRY(queue_begin(db, arena, tx));
    db->in_tx = true;
    db->tx = tx;
    db->serial++;
    return NULL;
}

/*
 * The connection was lost while COMMIT was under way: its mark tells what became
 * of it. (Its transaction id would not: after a crash PostgreSQL gives ids whose
 * records had not been flushed to other transactions.)
 */
static fallible
settle(struct db *db, struct arena *arena, int64_t serial)
{
    int64_t until = time_monotonic() + SETTLE_PATIENCE;
    struct timespec pause = { .tv_nsec = 50000000 };
    struct db_news *news = db->news;
    struct rows rows;

    db->news = NULL; /* that others found the server silent is no reason not to ask */
    do {
        struct error *e = q_commit_settle(db, arena, db->writer, serial, &rows);
        if (e == NULL) {
            db->news = news;
            return commit_settle_row(&rows, 0).serial == serial ? NULL : REFUSE(arena, LOST_RACE);
        }
        nanosleep(&pause, NULL);
    } while (time_monotonic() < until);
    db->news = news;
    return error_cause(REFUSE(arena, OUTCOME_UNKNOWN), arena, "no answer");
}

/* The mark and the COMMIT go together: one round trip. */
static fallible
commit_marked(struct db *db, struct arena *arena)
{
    const struct db_arg mark[] = { db_int8(db->writer), db_int8(db->serial) };

    TRY(conn_query(db, arena, &query_commit_mark, mark, COUNT_OF(mark), NULL));
    TRY(conn_command(db, arena, "COMMIT", PENDING_COMMIT));
    TRY(conn_send(db, arena));
    return conn_receive(db, arena);
}

/* ---- what must be undone in memory when the transaction does not take place ---- */

void
db_undo(struct db *db, void (*undo)(void *), void *what)
{
    assert(db->in_tx);
    if (db->n_undo == db->undo_room) {
        db->undo_room = db->undo_room == 0 ? UNDO_FIRST : 2 * db->undo_room;
        db->undo = realloc(db->undo, (size_t)db->undo_room * sizeof *db->undo);
        if (db->undo == NULL)
            abort();
    }
    db->undo[db->n_undo].undo = undo;
    db->undo[db->n_undo++].what = what;
}

static void
undo_from(struct db *db, int first)
{
    while (db->n_undo > first) {
        db->n_undo--;
        db->undo[db->n_undo].undo(db->undo[db->n_undo].what);
    }
}

/* ---- the end ---- */

static void
roll_back(struct db *db)
{
    struct arena *arena = arena_new();

    conn_disown(db);
    if (conn_command(db, arena, "ROLLBACK", PENDING_COMMAND) != NULL ||
        conn_send(db, arena) != NULL || conn_receive(db, arena) != NULL) {
        /* What failed before may be told again here; only a dead connection matters, and that is
         * dropped. */
    }
    arena_free(arena);
}

static fallible
commit_writes(struct db *db, struct arena *arena)
{
    int64_t serial = db->serial;

    if (db->pg == NULL)
        return REFUSE(arena, LOST_RACE);
    CRASH_POINT(50);
    struct error *e = commit_marked(db, arena);
    CRASH_POINT(51);
    if (e == NULL)
        return NULL;
    if (db->pg == NULL)
        return settle(db, arena, serial);
    roll_back(db);
    return e;
}

struct error *
db_commit(struct db *db, struct arena *arena)
{
    struct error *e;

    assert(db->in_tx && !db->holding);
    db->in_tx = false;
    if (db->tx == READ_WRITE) {
        e = commit_writes(db, arena);
        if (e != NULL && e->cond != &OUTCOME_UNKNOWN)
            undo_from(db, 0);
        db->n_undo = 0;
        return e;
    }
    if (db->pg == NULL)
        return REFUSE(arena, LOST_RACE);
    if (db->tx == READ_ONLY)
        return NULL;
    e = conn_command(db, arena, "COMMIT", PENDING_COMMAND);
    return e != NULL ? e : conn_send(db, arena);
}

void
db_rollback(struct db *db)
{
    bool open = db->tx != READ_ONLY || db->entered; /* else the last flush has ended it */

    db->in_tx = db->holding = false;
    undo_from(db, 0);
    if (db->pg != NULL && open)
        roll_back(db);
}

struct error *
db_end(struct db *db, struct arena *arena, struct error *e)
{
    if (e == NULL)
        return db_commit(db, arena);
    db_rollback(db);
    return e;
}

struct error *
db_savepoint(struct db *db, struct arena *arena)
{
    assert(db->in_tx && !db->holding && db->tx != READ_ONLY);
    if (db->pg == NULL)
        return REFUSE(arena, LOST_RACE);
    db->undo_saved = db->n_undo;
    TRY(conn_command(db, arena, "SAVEPOINT chapterd", PENDING_COMMAND));
    TRY(conn_send(db, arena));
    return conn_receive(db, arena);
}

void
db_rollback_to_savepoint(struct db *db)
{
    struct arena *arena;

    db->holding = false;
    undo_from(db, db->undo_saved);
    if (db->pg == NULL)
        return;
    conn_disown(db);
    arena = arena_new();
    if (conn_command(db, arena, "ROLLBACK TO SAVEPOINT chapterd", PENDING_COMMAND) != NULL ||
        conn_send(db, arena) != NULL || conn_receive(db, arena) != NULL)
        conn_drop(db); /* the next statement says LOST_RACE */
    arena_free(arena);
}
