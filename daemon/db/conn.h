#ifndef DB_CONN_H
#define DB_CONN_H

/* Private to daemon/db: what a connection is made of. */

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "db/db.h"

#define STATEMENTS_MAX 1024 /* a power of two, at least twice the number of queries */
#define PENDING_MAX    64   /* statements between two flushes */

/* A statement that was sent and whose answer has not been read yet. */
struct pending {
    enum {
        PENDING_SYNC,
        PENDING_COMMAND, /* the answer is only checked */
        PENDING_COMMIT,  /* must not turn out to be a rollback */
        PENDING_PREPARE,
        PENDING_QUERY
    } what;
    const struct query *query;
    struct arena *arena;
    struct rows *rows;
    bool deferred;
};

struct db {
    const char *conninfo, *name;
    PGconn *pg;
    const struct query *known[STATEMENTS_MAX]; /* prepared on this connection; hashed by address */
    struct pending pending[PENDING_MAX];
    int n_pending;
    bool holding;     /* between db_pipeline and db_flush */
    bool in_tx;
    enum tx tx;
    struct db_scope scope; /* of the transaction */
    bool entered;     /* READ_ONLY: what was queued since the last synchronisation point has its scope */
    int64_t writer;   /* a random number: whose marks in commit_mark are ours */
    int64_t serial;   /* of the last READ_WRITE transaction; never reused */
    bool listening;
    int patience_ms;
    struct db_news *news; /* or NULL */
    bool lookups; /* see db_expect_lookups() */
    bool deferring; /* the next query is not waited for */
    struct undo {
        void (*undo)(void *);
        void *what;
    } * undo;                          /* one a document that a transaction writes: grows */
    int n_undo, undo_room, undo_saved; /* undo_saved: so many there were at the savepoint */
};

/* Connects if need be; tries again for up to 5 s. TRY_LATER. */
fallible conn_open(struct db *, struct arena *);
/* Drops the connection and all that was prepared on it. */
void conn_drop(struct db *);

bool conn_knows(const struct db *, const struct query *);
void conn_learn(struct db *, const struct query *);

/* Queues a statement without parameters whose answer is only checked. */
fallible conn_command(struct db *, struct arena *, const char *sql, int what);
/*
 * Queues a query, prepared before if need be; rows NULL: its answer is only
 * checked. The number and the types of args are asserted.
 */
fallible conn_query(struct db *, struct arena *, const struct query *, const struct db_arg *args,
    int n_args, struct rows *rows);
/* Queues what sets the scope of db->scope. */
fallible conn_enter(struct db *, struct arena *, enum tx);
/* Sends what is queued, with a synchronisation point behind it. */
fallible conn_send(struct db *, struct arena *);
/* Reads the answers of all that was sent; the first failure is returned, all are read. */
fallible conn_receive(struct db *, struct arena *);

/* What was queued loses its place for rows, which may be gone by the time it is answered. */
void conn_disown(struct db *);

/* The error for a failed result (NULL: the connection is lost) of a statement. */
struct error *conn_failure(struct db *, struct arena *, const char *statement, const PGresult *);

#endif
