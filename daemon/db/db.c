#include "db/db.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "db/conn.h"

#define ARGS_MAX       32
#define POSTGRES_EPOCH INT64_C(946684800000000) /* 2000-01-01 in microseconds since 1970 */

static void
put32(unsigned char **at, uint32_t v)
{
    uint32_t big = htobe32(v);

    memcpy(*at, &big, sizeof big);
    *at += sizeof big;
}

/* The binary form of a one-dimensional array: header, then each element behind its length. */
static struct bytes
encode_array(struct arena *arena, uint32_t element, int n, size_t room,
    void (*each)(unsigned char **at, const struct db_arg *, int i), const struct db_arg *arg)
{
    unsigned char *p = arena_alloc(arena, 20 + room), *at = p;

    put32(&at, n > 0); /* dimensions */
    put32(&at, 0);     /* no NULL among them */
    put32(&at, element);
    if (n > 0) {
        put32(&at, (uint32_t)n);
        put32(&at, 1); /* the index of the first */
    }
    for (int i = 0; i < n; i++)
        each(&at, arg, i);
    return (struct bytes){ p, (size_t)(at - p) };
}

static void
put_text(unsigned char **at, const struct db_arg *arg, int i)
{
    size_t n = strlen(arg->texts.s[i]);

    put32(at, (uint32_t)n);
    memcpy(*at, arg->texts.s[i], n);
    *at += n;
}

static void
put_int(unsigned char **at, const struct db_arg *arg, int i)
{
    uint64_t big = htobe64((uint64_t)arg->ints.i[i]);

    put32(at, sizeof big);
    memcpy(*at, &big, sizeof big);
    *at += sizeof big;
}

static struct bytes
encode_number(const struct db_arg *arg, unsigned char *room)
{
    int64_t shift = arg->type == DB_TIMESTAMPTZ ? POSTGRES_EPOCH : 0;
    uint64_t eight = htobe64((uint64_t)(arg->i - shift));
    uint32_t four = htobe32((uint32_t)arg->i);
    uint16_t two = htobe16((uint16_t)arg->i);

    if (arg->type == DB_INT2)
        return (struct bytes){ memcpy(room, &two, sizeof two), sizeof two };
    if (arg->type == DB_INT4 || arg->type == DB_DATE)
        return (struct bytes){ memcpy(room, &four, sizeof four), sizeof four };
    return (struct bytes){ memcpy(room, &eight, sizeof eight), sizeof eight };
}

/* An argument in PostgreSQL's binary form; numbers go into the eight bytes at `room`. */
static struct bytes
encode(struct arena *arena, const struct db_arg *arg, unsigned char *room)
{
    size_t all = 0;

    switch (arg->type) {
    case DB_TEXT:
        return (struct bytes){ arg->s, strlen(arg->s) };
    case DB_BYTEA:
        return (struct bytes){ arg->bytes.p == NULL ? "" : arg->bytes.p, arg->bytes.n };
    case DB_UUID:
        return (struct bytes){ arg->uuid.b, sizeof arg->uuid.b };
    case DB_BOOL:
        room[0] = arg->b;
        return (struct bytes){ room, 1 };
    case DB_TEXTS:
        for (int i = 0; i < arg->texts.n; i++)
            all += 4 + strlen(arg->texts.s[i]);
        return encode_array(arena, DB_TEXT, arg->texts.n, all, put_text, arg);
    case DB_INTS:
        return encode_array(arena, DB_INT8, arg->ints.n, (size_t)arg->ints.n * 12, put_int, arg);
    case DB_INT2:
    case DB_INT4:
    case DB_DATE:
    case DB_INT8:
    case DB_XID8:
    case DB_TIMESTAMPTZ:
        return encode_number(arg, room);
    }
    abort();
}

static fallible
lost(struct db *db, struct arena *arena, const struct query *q)
{
    struct error *e = conn_failure(db, arena, q->name, NULL);

    conn_drop(db);
    return e;
}

static fallible
prepare(struct db *db, struct arena *arena, const struct query *q)
{
    Oid types[ARGS_MAX];

    if (conn_knows(db, q))
        return NULL;
    for (int i = 0; i < q->n_in; i++)
        types[i] = q->in[i];
    if (!PQsendPrepare(db->pg, q->name, q->sql, q->n_in, types))
        return lost(db, arena, q);
    conn_learn(db, q); /* at once: the next use in this batch must not prepare it again */
    db->pending[db->n_pending++] = (struct pending){ .what = PENDING_PREPARE, .query = q };
    return NULL;
}

struct error *
conn_query(struct db *db, struct arena *arena, const struct query *q, const struct db_arg *args,
    int n_args, struct rows *rows)
{
    const char *values[ARGS_MAX] = { 0 };
    int lengths[ARGS_MAX] = { 0 }, formats[ARGS_MAX];
    unsigned char room[ARGS_MAX][8];

    assert(n_args == q->n_in && n_args <= ARGS_MAX);
    assert(db->n_pending + 3 < PENDING_MAX);
    TRY(prepare(db, arena, q));
    for (int i = 0; i < n_args; i++) {
        assert(args[i].type == q->in[i]);
        formats[i] = 1;
        if (args[i].null)
            continue;
        struct bytes b = encode(arena, &args[i], room[i]);
        values[i] = b.p;
        lengths[i] = (int)b.n;
    }
    if (!PQsendQueryPrepared(db->pg, q->name, n_args, values, lengths, formats, 1))
        return lost(db, arena, q);
    db->pending[db->n_pending++] = (struct pending){ .what = rows == NULL ? PENDING_COMMAND : PENDING_QUERY,
        .query = q,
        .arena = arena,
        .rows = rows };
    return NULL;
}

struct error *
db_run(struct db *db, struct arena *arena, const struct query *q, const struct db_arg *args,
    int n_args, struct rows *rows)
{
    *rows = (struct rows){ NULL, 0 };
    if (db->pg == NULL) { /* lost earlier in this transaction */
        if (db->in_tx)
            return REFUSE(arena, LOST_RACE);
        TRY(conn_open(db, arena));
    }
    if (db->in_tx && db->tx == READ_ONLY && !db->entered)
        TRY(conn_enter(db, arena, READ_ONLY));
    TRY(conn_query(db, arena, q, args, n_args, db->deferring ? NULL : rows));
    if (db->deferring) {
        db->deferring = false;
        db->pending[db->n_pending - 1].deferred = true;
        return NULL;
    }
    if (db->holding)
        return NULL;
    TRY(conn_send(db, arena));
    return conn_receive(db, arena);
}

void
db_defer(struct db *db)
{
    assert(db->in_tx && db->tx == READ_WRITE && !db->holding);
    db->deferring = true;
}

void
db_pipeline(struct db *db)
{
    db->holding = true;
}

struct error *
db_flush(struct db *db, struct arena *arena)
{
    db->holding = false;
    if (db->pg == NULL)
        return REFUSE(arena, LOST_RACE);
    TRY(conn_send(db, arena));
    return conn_receive(db, arena);
}
