#ifndef DB_DB_H
#define DB_DB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db; /* one connection; belongs to one thread at a time */

struct bytes {
    const void *p;
    size_t n;
};
struct uuid {
    unsigned char b[16];
};
struct texts { /* text[]; no element is NULL */
    const char *const *s;
    int n;
};
struct ints { /* int8[] */
    const int64_t *i;
    int n;
};

/* The PostgreSQL types that queries may use, by their OID. */
enum db_type {
    DB_BOOL = 16,
    DB_BYTEA = 17,
    DB_INT8 = 20,
    DB_INT2 = 21,
    DB_INT4 = 23,
    DB_TEXT = 25,
    DB_TEXTS = 1009,
    DB_INTS = 1016,
    DB_DATE = 1082,
    DB_TIMESTAMPTZ = 1184,
    DB_UUID = 2950,
    DB_XID8 = 5069,
};

/* A statement from sql/queries/, prepared on each connection when first used. */
struct query {
    const char *name, *sql;
    int n_in, n_out;
    const enum db_type *in, *out;
};

struct db_arg {
    enum db_type type;
    bool null;
    union {
        bool b;
        int64_t i;
        const char *s;
        struct bytes bytes;
        struct uuid uuid;
        struct texts texts;
        struct ints ints;
    };
};

/* The rows of one result. They and all strings in them live as long as the arena. */
struct rows {
    const void *result;
    int n;
};

/* ---- one statement: called by what queries.awk makes, hardly ever by hand ---- */

/*
 * Runs one query; n_args and each type must match the query, which is asserted.
 * Between db_pipeline() and db_flush() it only sends it, and *rows is filled by
 * the flush. Errors: CONFLICT (unique_violation), LOST_RACE (serialisation,
 * deadlock, chapterd's own 'CD001'), STORAGE_FULL ('53100', 'CD507'),
 * TRY_LATER (time-outs, lost connection), INTERNAL.
 */
fallible db_run(struct db *, struct arena *, const struct query *, const struct db_arg *args,
    int n_args, struct rows *rows);

/* From here on queries wait for db_flush(), which sends them and waits once for all. */
void db_pipeline(struct db *);
fallible db_flush(struct db *, struct arena *);

/*
 * The next query is a write whose rows nobody needs: it is sent with what follows, at the latest
 * with the COMMIT, and saves a round trip. Its failure is that of whatever is waited for then; a
 * unique_violation is LOST_RACE. READ_WRITE only. *rows is empty.
 */
void db_defer(struct db *);

/* ---- transactions: the worker's business ---- */

enum tx {
    NO_TX,        /* the handler needs no database */
    READ_ONLY,    /* read committed; a transaction for each flush, so no statement may rely on locks of another */
    SNAPSHOT,     /* repeatable read, read only: reports of several statements */
    READ_WRITE    /* read committed; leaves a mark, so that a COMMIT without an answer can be settled */
};

enum tree_lock { TREE_UNLOCKED, TREE_SHARED, TREE_EXCLUSIVE };

/* What a transaction may touch: see design, row-level security. */
struct db_scope {
    const char *chapters; /* slugs with commas; "*" all; "" none */
    int64_t person;       /* whose personal rows; 0 nobody's */
    enum tree_lock lock;  /* READ_WRITE only: on all the chapters named, taken before the first query */
};

/*
 * Begins; sent together with the first query. The scope's text must live until
 * the transaction ends. TRY_LATER when no connection can be had within 5 s, or
 * at once when others have found the server silent, or when db_news.ended.
 */
fallible db_begin(struct db *, struct arena *, enum tx, const struct db_scope *);

/*
 * Ends it. Of READ_ONLY nothing is left to end, of SNAPSHOT the answer is not waited for. When the
 * connection is lost in between, finds out by its mark whether it happened: NULL if it did,
 * LOST_RACE if it did not, OUTCOME_UNKNOWN if nobody can tell within some seconds.
 */
fallible db_commit(struct db *, struct arena *);
void db_rollback(struct db *);
/* Ends it after work that returned `e`: commits, or rolls back and passes the error on. */
fallible db_end(struct db *, struct arena *, struct error *e);

/*
 * What is to be done if this transaction, or the savepoint since, does not take place: for what
 * goes with it in memory. Not called when nobody can tell. `what` must live until then.
 */
void db_undo(struct db *, void (*undo)(void *), void *what);

/* A savepoint for what may fail without ending the request. */
fallible db_savepoint(struct db *, struct arena *);
void db_rollback_to_savepoint(struct db *);

/* ---- connections ---- */

/* Connects when first used. conninfo must outlive it. name appears in pg_stat_activity. */
struct db *db_new(const char *conninfo, const char *name);
/* Before it is first used: its statements find few rows by their keys, so they are planned for that whatever the
 * tables look like. Not for what looks at everything. */
void db_expect_lookups(struct db *);
void db_free(struct db *);
/*
 * A server that says nothing for so long is taken as lost: TRY_LATER. 4.5 s unless set, a little
 * more than its statement_timeout; 0 sets that again.
 */
void db_set_patience(struct db *, int ms);

/* What connections tell each other; all zero at first. Outlives those that have joined. */
struct db_news {
    atomic_llong silent_until; /* time_monotonic(): who has no connection does not try before */
    atomic_bool ended;         /* no transaction begins any more */
};
void db_join(struct db *, struct db_news *);

/*
 * Waits up to timeout_ms for a notification on any channel it listens to
 * (LISTEN is sent on connect). *channel and *payload are NULL on time-out;
 * channel "" says that the connection was lost and found again, so that every
 * cache must be dropped.
 */
fallible db_listen(struct db *, struct arena *, const char *const *channels, int timeout_ms,
    const char **channel, const char **payload);

/* ---- reading columns: used by what queries.awk makes ---- */

bool row_null(const struct rows *, int row, int column);
bool row_bool(const struct rows *, int row, int column);
/* Numbers; times are microseconds since 1970-01-01 UTC. */
int64_t row_int(const struct rows *, int row, int column);
int64_t row_time(const struct rows *, int row, int column);
const char *row_text(const struct rows *, int row, int column); /* NULL for a null */
struct bytes row_bytes(const struct rows *, int row, int column);
struct uuid row_uuid(const struct rows *, int row, int column);

/* ---- arguments: used by what queries.awk makes ---- */

static inline struct db_arg
db_bool(bool b)
{
    return (struct db_arg){ .type = DB_BOOL, .b = b };
}
static inline struct db_arg
db_int8(int64_t i)
{
    return (struct db_arg){ .type = DB_INT8, .i = i };
}
static inline struct db_arg
db_int4(int32_t i)
{
    return (struct db_arg){ .type = DB_INT4, .i = i };
}
static inline struct db_arg
db_date(int32_t days) /* since 2000-01-01 */
{
    return (struct db_arg){ .type = DB_DATE, .i = days };
}
static inline struct db_arg
db_int2(int16_t i)
{
    return (struct db_arg){ .type = DB_INT2, .i = i };
}
static inline struct db_arg
db_xid8(int64_t i)
{
    return (struct db_arg){ .type = DB_XID8, .i = i };
}
static inline struct db_arg
db_time(int64_t us)
{
    return (struct db_arg){ .type = DB_TIMESTAMPTZ, .i = us };
}
static inline struct db_arg
db_text(const char *s)
{
    return (struct db_arg){ .type = DB_TEXT, .null = s == NULL, .s = s };
}
static inline struct db_arg
db_bytea(struct bytes v)
{
    return (struct db_arg){ .type = DB_BYTEA, .bytes = v };
}
static inline struct db_arg
db_uuid(struct uuid v)
{
    return (struct db_arg){ .type = DB_UUID, .uuid = v };
}
static inline struct db_arg
db_texts(struct texts v)
{
    return (struct db_arg){ .type = DB_TEXTS, .texts = v };
}
static inline struct db_arg
db_ints(struct ints v)
{
    return (struct db_arg){ .type = DB_INTS, .ints = v };
}

#endif
