#include "db/conn.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/token.h"

#define CONNECT_PATIENCE 5000000 /* microseconds until a client is told to try later */
#define CONNECT_TIMEOUT  "2"     /* seconds of one attempt; the least that libpq heeds */
#define SILENCE          1500000 /* microseconds: an attempt that took longer got no answer */
#define ANSWER_PATIENCE  4500    /* milliseconds; statement_timeout ends a healthy server's answer before */
#define SILENT_FOR       3000000 /* microseconds until the next connection tries a silent server */

/* What a statement that failed means for the request. Anything else is INTERNAL. */
static const struct {
    const char *state; /* SQLSTATE, or the class when two letters */
    const struct condition *cond;
} meanings[] = {
    { "23505", &CONFLICT },    /* unique_violation */
    { "40001", &LOST_RACE },   /* serialization_failure */
    { "40P01", &LOST_RACE },   /* deadlock_detected */
    { "25006", &LOST_RACE },   /* read_only_sql_transaction: this is a standby */
    { "0A000", &LOST_RACE },   /* feature_not_supported: what a standby says to BEGIN READ WRITE */
    { "CD001", &LOST_RACE },   /* ours: somebody else was faster */
    { "CD507", &STORAGE_FULL }, /* ours: the quota */
    { "53100", &STORAGE_FULL }, /* disk_full */
    { "53", &TRY_LATER },      /* insufficient_resources */
    { "55P03", &TRY_LATER },   /* lock_not_available */
    { "57014", &TRY_LATER },   /* query_canceled by statement_timeout */
    { "57P", &LOST_RACE },     /* the server is going down or coming up */
    { "58", &TRY_LATER },      /* system_error: the server cannot read or write its files */
    { "08", &LOST_RACE },      /* connection_exception */
};

struct db *
db_new(const char *conninfo, const char *name)
{
    struct db *db = calloc(1, sizeof *db);

    if (db == NULL)
        abort();
    db->conninfo = conninfo;
    db->name = name;
    db->patience_ms = ANSWER_PATIENCE;
    random_bytes(&db->writer, sizeof db->writer);
    return db;
}

void
db_expect_lookups(struct db *db)
{
    assert(db->pg == NULL);
    db->lookups = true;
}

void
db_free(struct db *db)
{
    if (db == NULL)
        return;
    conn_drop(db);
    free(db->undo);
    free(db);
}

void
db_set_patience(struct db *db, int ms)
{
    db->patience_ms = ms > 0 ? ms : ANSWER_PATIENCE;
}

void
db_join(struct db *db, struct db_news *news)
{
    db->news = news;
}

void
conn_drop(struct db *db)
{
    PQfinish(db->pg);
    db->pg = NULL;
    memset(db->known, 0, sizeof db->known);
    db->n_pending = 0;
    db->holding = db->in_tx = db->entered = db->listening = db->deferring = false;
}

static void
ignore_notice(void *cls UNUSED, const PGresult *result UNUSED)
{
}

/*
 * Plans are made once for each connection and outlive the sizes they were made for. While a table
 * is small, or nobody has counted its rows yet, reading all of it looks cheapest: with these
 * settings what is left is an index for each row that is looked up.
 */
static const char lookups[] =
    " -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    " -c enable_material=off";

static PGconn *
connect_once(const struct db *db)
{
    /* What stands in the connection string comes last and wins. */
    static const char *const names[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "application_name", "client_encoding", "options",
        "dbname", NULL };
    static const char always[] =
        "-c search_path=chapterd -c statement_timeout=4s -c lock_timeout=2s"
        " -c idle_in_transaction_session_timeout=60s -c timezone=UTC -c jit=off"
        " -c plan_cache_mode=force_generic_plan";
    char options[sizeof always + sizeof lookups];
    const char *const values[] = { CONNECT_TIMEOUT, "30", "10", "3", "5000", db->name, "UTF8",
        options, db->conninfo, NULL };

    snprintf(options, sizeof options, "%s%s", always, db->lookups ? lookups : "");
    PGconn *pg = PQconnectdbParams(names, values, 1);

    if (pg == NULL)
        abort();
    return pg;
}

/* A server that takes connections and says nothing costs each who asks seconds: one of all does. */
static void
note_silence(const struct db *db)
{
    if (db->news != NULL)
        atomic_store(&db->news->silent_until, time_monotonic() + SILENT_FOR);
}

static bool
is_known_silent(const struct db *db)
{
    int64_t now = time_monotonic();
    long long until = db->news == NULL ? 0 : atomic_load(&db->news->silent_until);

    if (until == 0)
        return false;
    /* Of those who come when the time is over, one tries, and the others go on waiting for it. */
    return now < until || !atomic_compare_exchange_strong(
                              &db->news->silent_until, &until, now + CONNECT_PATIENCE);
}

struct error *
conn_open(struct db *db, struct arena *arena)
{
    int64_t until = time_monotonic() + CONNECT_PATIENCE;
    struct timespec pause = { .tv_nsec = 20000000 };

    if (db->pg != NULL && PQstatus(db->pg) == CONNECTION_OK)
        return NULL;
    conn_drop(db);
    if (is_known_silent(db))
        return error_cause(REFUSE(arena, TRY_LATER), arena, "database: silent a moment ago");
    for (;;) {
        int64_t began = time_monotonic();
        db->pg = connect_once(db);
        if (PQstatus(db->pg) == CONNECTION_OK)
            break;
        int64_t now = time_monotonic(), took = now - began;
        if (took > SILENCE)
            note_silence(db);
        if (now + took > until) {
            if (took <= SILENCE && db->news != NULL)
                atomic_store(&db->news->silent_until, 0); /* it refuses, and may soon take us */
            struct error *e = REFUSE(arena, TRY_LATER);
            error_cause(e, arena, "database: %s", PQerrorMessage(db->pg));
            conn_drop(db);
            return e;
        }
        conn_drop(db);
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 400000000)
            pause.tv_nsec = pause.tv_nsec * 2 + (long)(time_monotonic() % 10000) * 1000;
    }
    if (db->news != NULL)
        atomic_store(&db->news->silent_until, 0);
    PQsetNoticeReceiver(db->pg, ignore_notice, NULL);
    if (PQsetnonblocking(db->pg, 1) != 0 || !PQenterPipelineMode(db->pg))
        abort();
    return NULL;
}

/* ---------------------------------------------------------------- statements known to the server */

static size_t
slot_of(const struct db *db, const struct query *q)
{
    size_t i = ((uintptr_t)q >> 4) % STATEMENTS_MAX;

    while (db->known[i] != NULL && db->known[i] != q)
        i = (i + 1) % STATEMENTS_MAX;
    return i;
}

bool
conn_knows(const struct db *db, const struct query *q)
{
    return db->known[slot_of(db, q)] == q;
}

void
conn_learn(struct db *db, const struct query *q)
{
    db->known[slot_of(db, q)] = q;
}

static void
forget_statement(struct db *db, const struct query *q)
{
    size_t hole = slot_of(db, q), i = hole;

    /* What was put further on because of this entry must still be found. */
    db->known[hole] = NULL;
    while (db->known[i = (i + 1) % STATEMENTS_MAX] != NULL) {
        const struct query *moved = db->known[i];
        db->known[i] = NULL;
        conn_learn(db, moved);
    }
}

/* ---------------------------------------------------------------- sending and receiving */

struct error *
conn_failure(struct db *db, struct arena *arena, const char *statement, const PGresult *result)
{
    const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = result == NULL ? PQerrorMessage(db->pg)
                                      : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const struct condition *cond = &INTERNAL;
    struct error *e;

    if (state == NULL) /* libpq's own: the connection is gone, and nothing was committed by this statement */
        cond = &LOST_RACE;
    for (size_t i = 0; state != NULL && i < COUNT_OF(meanings); i++)
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0) {
            cond = meanings[i].cond;
            break;
        }
    e = error_cause(REFUSE(arena, *cond), arena, "%s: %s %s", statement,
        state == NULL ? "connection lost" : state, text == NULL ? "" : text);
    return e;
}

/* Is the server behind this connection gone, or no longer one we may write to? */
static bool
is_lost(const struct db *db, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return PQstatus(db->pg) != CONNECTION_OK || state == NULL || strncmp(state, "57P", 3) == 0
        || strncmp(state, "08", 2) == 0 || strcmp(state, "25006") == 0 || strcmp(state, "0A000") == 0;
}

static void
push(struct db *db, struct pending p)
{
    assert(db->n_pending < PENDING_MAX);
    db->pending[db->n_pending++] = p;
}

struct error *
conn_command(struct db *db, struct arena *arena, const char *sql, int what)
{
    if (!PQsendQueryParams(db->pg, sql, 0, NULL, NULL, NULL, NULL, 1)) {
        struct error *e = conn_failure(db, arena, sql, NULL);
        conn_drop(db);
        return e;
    }
    push(db, (struct pending){ .what = what });
    return NULL;
}

struct error *
conn_send(struct db *db, struct arena *arena)
{
    if (!PQpipelineSync(db->pg) || PQflush(db->pg) < 0) {
        struct error *e = conn_failure(db, arena, "send", NULL);
        conn_drop(db);
        return e;
    }
    push(db, (struct pending){ .what = PENDING_SYNC });
    db->entered = false;
    return NULL;
}

void
conn_disown(struct db *db)
{
    for (int i = 0; i < db->n_pending; i++)
        if (db->pending[i].what == PENDING_QUERY)
            db->pending[i].what = PENDING_COMMAND;
}

/* Waits until PQgetResult will not block. false: the server is lost, or silent. */
static bool
wait_for_answer(struct db *db, bool *silent)
{
    *silent = false;
    while (PQisBusy(db->pg)) {
        int unsent = PQflush(db->pg);
        struct pollfd p = { .fd = PQsocket(db->pg), .events = POLLIN };
        if (unsent < 0)
            return false;
        if (unsent > 0)
            p.events |= POLLOUT;
        int n = poll(&p, 1, db->patience_ms);
        *silent = n == 0;
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        if (n > 0 && (p.revents & ~POLLOUT) != 0 && !PQconsumeInput(db->pg))
            return false;
    }
    return true;
}

static void
clear(void *result)
{
    PQclear(result);
}

/* Takes one answer. Its failure, or NULL. */
static struct error *
take(struct db *db, struct arena *arena, const struct pending *p, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    struct error *e = NULL;

    if (p->what == PENDING_QUERY && good) {
        arena_defer(p->arena, clear, result);
        assert(PQnfields(result) == p->query->n_out);
        *p->rows = (struct rows){ result, PQntuples(result) };
        return NULL;
    }
    if (p->what == PENDING_PREPARE && !good)
        forget_statement(db, p->query);
    if (!good && status != PGRES_PIPELINE_ABORTED)
        e = conn_failure(db, arena, p->query == NULL ? "command" : p->query->name, result);
    else if (p->what == PENDING_COMMIT && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        e = error_cause(REFUSE(arena, INTERNAL), arena, "commit of a failed transaction");
    PQclear(result);
    if (e != NULL && p->deferred && e->cond == &CONFLICT)
        e->cond = &LOST_RACE;
    return e;
}

/* Not to be repeated: whoever waits for the answer has waited long enough. */
static struct error *
give_up_silent(struct db *db, struct arena *arena)
{
    note_silence(db);
    conn_drop(db);
    return error_cause(REFUSE(arena, TRY_LATER), arena, "database: no answer for %d ms", db->patience_ms);
}

struct error *
conn_receive(struct db *db, struct arena *arena)
{
    struct error *first = NULL;
    bool silent;

    for (int i = 0; i < db->n_pending; i++) {
        const struct pending *p = &db->pending[i];
        PGresult *result = wait_for_answer(db, &silent) ? PQgetResult(db->pg) : NULL;
        if (silent)
            return give_up_silent(db, arena);
        bool lost = result == NULL || (PQresultStatus(result) == PGRES_FATAL_ERROR && is_lost(db, result));
        if (lost) {
            first = conn_failure(db, arena, p->query == NULL ? "command" : p->query->name, result);
            PQclear(result);
            conn_drop(db);
            return first;
        }
        if (p->what == PENDING_SYNC) {
            assert(PQresultStatus(result) == PGRES_PIPELINE_SYNC);
            PQclear(result);
            continue;
        }
        struct error *e = take(db, arena, p, result);
        if (first == NULL)
            first = e;
        if (!wait_for_answer(db, &silent) || PQgetResult(db->pg) != NULL) {
            if (silent)
                return give_up_silent(db, arena);
            conn_drop(db);
            return REFUSE(arena, LOST_RACE);
        }
    }
    db->n_pending = 0;
    return first;
}
