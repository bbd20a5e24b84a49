/*
 * The database layer against a real server. CHAPTERD_TEST_DB: connection string
 * of the run-time role on a migrated database. CHAPTERD_TEST_ADMIN: a superuser
 * of the same database, who ends backends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/arena.h"
#include "db/db.h"
#include "db/schema.h"
#include "q/system.h"
#include "tests/check.h"

static const struct db_scope nothing = { .chapters = "" };

static const struct query q_pid = { .name = "t_pid",
    .sql = "SELECT pg_backend_pid()",
    .n_out = 1,
    .out = (const enum db_type[]){ DB_INT4 } };
static const struct query q_fail = { .name = "t_fail",
    .sql = "SELECT 1/0",
    .n_out = 1,
    .out = (const enum db_type[]){ DB_INT4 } };
static const struct query q_arrays = { .name = "t_arrays",
    .sql = "SELECT array_length($1::text[], 1), ($1::text[])[2], (SELECT sum(x)::int8 FROM unnest($2::int8[]) x), $3::timestamptz",
    .n_in = 3,
    .in = (const enum db_type[]){ DB_TEXTS, DB_INTS, DB_TIMESTAMPTZ },
    .n_out = 4,
    .out = (const enum db_type[]){ DB_INT4, DB_TEXT, DB_INT8, DB_TIMESTAMPTZ } };
static const struct query q_note = { .name = "t_note",
    .sql = "INSERT INTO job_run (name, started) VALUES ($1, now()) ON CONFLICT (name) DO UPDATE SET started = now()",
    .n_in = 1,
    .in = (const enum db_type[]){ DB_TEXT } };

static const struct query q_scope = { .name = "t_scope",
    .sql = "SELECT scope()::text, coalesce(person()::text, ''),"
           " current_setting('transaction_read_only') = 'on'",
    .n_out = 3,
    .out = (const enum db_type[]){ DB_TEXT, DB_TEXT, DB_BOOL } };

static struct db *
open_db(void)
{
    return db_new(getenv("CHAPTERD_TEST_DB"), "db_test");
}

static void
end_backend(int pid)
{
    char sql[100];
    PGconn *pg = PQconnectdb(getenv("CHAPTERD_TEST_ADMIN"));

    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 2000)", pid);
    PQclear(PQexec(pg, sql));
    PQfinish(pg);
}

static int
backend_of(struct db *db, struct arena *arena)
{
    struct rows rows;

    if (db_run(db, arena, &q_pid, NULL, 0, &rows) != NULL)
        return 0;
    return (int)row_int(&rows, 0, 0);
}

TEST(db_runtime_role_is_safe)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    struct error *e = schema_check(db, arena);

    CHECK_TEXT(e == NULL ? "" : e->detail != NULL ? e->detail : e->cause, "");
    arena_free(arena);
    db_free(db);
}

TEST(db_values_arrive_as_they_were_sent)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    const char *texts[] = { "a", "\303\244 \"quoted\", {braces}", "" };
    const int64_t ints[] = { 1, INT64_C(1) << 40, -5 };
    struct rows rows;
    struct db_arg args[] = { db_texts((struct texts){ texts, 3 }), db_ints((struct ints){ ints, 3 }),
        db_time(INT64_C(1700000000123456)) };

    CHECK(db_run(db, arena, &q_arrays, args, 3, &rows) == NULL);
    CHECK(row_int(&rows, 0, 0) == 3);
    CHECK_TEXT(row_text(&rows, 0, 1), texts[1]);
    CHECK(row_int(&rows, 0, 2) == (INT64_C(1) << 40) - 4);
    CHECK(row_time(&rows, 0, 3) == INT64_C(1700000000123456));
    args[0] = db_texts((struct texts){ NULL, 0 });
    CHECK(db_run(db, arena, &q_arrays, args, 3, &rows) == NULL);
    CHECK(row_null(&rows, 0, 0));
    arena_free(arena);
    db_free(db);
}

TEST(db_several_queries_in_one_flush)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    struct rows a, b, c;

    CHECK(db_begin(db, arena, READ_ONLY, &nothing) == NULL);
    db_pipeline(db);
    CHECK(db_run(db, arena, &q_pid, NULL, 0, &a) == NULL);
    CHECK(db_run(db, arena, &q_pid, NULL, 0, &b) == NULL);
    CHECK(q_sync_horizon(db, arena, &c) == NULL);
    CHECK(db_flush(db, arena) == NULL);
    CHECK(a.n == 1 && b.n == 1 && c.n == 1 && row_int(&a, 0, 0) == row_int(&b, 0, 0));
    CHECK(db_commit(db, arena) == NULL);
    arena_free(arena);
    db_free(db);
}

TEST(db_every_flush_of_a_reader_has_its_scope_and_none_outlives_it)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    const struct db_scope hers = { .chapters = "", .person = 7 };
    struct rows rows;

    for (int i = 0; i < 2; i++) {
        CHECK(db_begin(db, arena, READ_ONLY, &hers) == NULL);
        for (int flush = 0; flush < 2; flush++) {
            CHECK(db_run(db, arena, &q_scope, NULL, 0, &rows) == NULL);
            CHECK_TEXT(row_text(&rows, 0, 0), "{}");
            CHECK_TEXT(row_text(&rows, 0, 1), "7");
            CHECK(row_bool(&rows, 0, 2));
        }
        CHECK(db_commit(db, arena) == NULL);
        CHECK(db_run(db, arena, &q_scope, NULL, 0, &rows) == NULL);
        CHECK_TEXT(row_text(&rows, 0, 0), "{}");
        CHECK_TEXT(row_text(&rows, 0, 1), "");
        CHECK(!row_bool(&rows, 0, 2));
    }
    arena_free(arena);
    db_free(db);
}

TEST(db_a_reader_cannot_write)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    struct db_arg name = db_text("db_test_reader");
    struct rows rows;

    CHECK(db_begin(db, arena, READ_ONLY, &nothing) == NULL);
    CHECK(db_run(db, arena, &q_note, &name, 1, &rows) != NULL);
    db_rollback(db);
    CHECK(db_begin(db, arena, READ_WRITE, &nothing) == NULL);
    CHECK(db_run(db, arena, &q_note, &name, 1, &rows) == NULL);
    db_rollback(db);
    arena_free(arena);
    db_free(db);
}

TEST(db_a_reader_that_gives_up_before_its_flush_leaves_nothing)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    const struct db_scope hers = { .chapters = "", .person = 7 };
    struct rows rows;

    CHECK(db_begin(db, arena, READ_ONLY, &hers) == NULL);
    db_pipeline(db);
    CHECK(db_run(db, arena, &q_pid, NULL, 0, &rows) == NULL);
    db_rollback(db);
    CHECK(db_run(db, arena, &q_scope, NULL, 0, &rows) == NULL);
    CHECK_TEXT(row_text(&rows, 0, 1), "");
    arena_free(arena);
    db_free(db);
}

TEST(db_an_error_ends_the_transaction_and_not_the_connection)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    struct rows rows;
    int pid = backend_of(db, arena);

    for (int i = 0; i < 50; i++) {
        CHECK(db_begin(db, arena, READ_WRITE, &nothing) == NULL);
        struct error *e = db_run(db, arena, &q_fail, NULL, 0, &rows);
        CHECK(e != NULL && e->cond == &INTERNAL && strstr(e->cause, "22012") != NULL);
        db_rollback(db);
        CHECK(db_begin(db, arena, READ_ONLY, &nothing) == NULL);
        CHECK(db_commit(db, arena) == NULL); /* a transaction in which nothing was asked */
    }
    CHECK(backend_of(db, arena) == pid);
    arena_free(arena);
    db_free(db);
}

TEST(db_a_savepoint_keeps_the_rest)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    struct rows rows;

    CHECK(db_begin(db, arena, READ_WRITE, &nothing) == NULL);
    CHECK(db_savepoint(db, arena) == NULL);
    CHECK(db_run(db, arena, &q_fail, NULL, 0, &rows) != NULL);
    db_rollback_to_savepoint(db);
    CHECK(db_run(db, arena, &q_pid, NULL, 0, &rows) == NULL);
    CHECK(db_commit(db, arena) == NULL);
    arena_free(arena);
    db_free(db);
}

TEST(db_a_killed_backend_is_a_lost_race_and_then_forgotten)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    struct rows rows;

    end_backend(backend_of(db, arena));
    CHECK(db_begin(db, arena, READ_ONLY, &nothing) == NULL);
    struct error *e = db_run(db, arena, &q_pid, NULL, 0, &rows);
    CHECK(e != NULL && e->cond == &LOST_RACE);
    db_rollback(db);
    CHECK(db_begin(db, arena, READ_ONLY, &nothing) == NULL);
    CHECK(db_run(db, arena, &q_pid, NULL, 0, &rows) == NULL);
    CHECK(db_commit(db, arena) == NULL);
    arena_free(arena);
    db_free(db);
}

TEST(db_a_backend_killed_before_commit_is_settled_as_lost)
{
    struct db *db = open_db();
    struct arena *arena = arena_new();
    struct rows rows;
    struct db_arg name = db_text("db_test");

    CHECK(db_begin(db, arena, READ_WRITE, &nothing) == NULL);
    int pid = backend_of(db, arena);
    CHECK(db_run(db, arena, &q_note, &name, 1, &rows) == NULL);
    end_backend(pid);
    struct error *e = db_commit(db, arena);
    CHECK(e != NULL && e->cond == &LOST_RACE);
    arena_free(arena);
    db_free(db);
}

/* What the daemon would find if its connection broke just after it had sent a COMMIT. */
TEST(db_a_commit_without_an_answer_is_told_by_its_mark)
{
    struct db *db = open_db(), *other = open_db();
    struct arena *arena = arena_new();
    struct rows rows;
    struct db_arg name = db_text("db_test");

    for (int64_t serial = 1; serial <= 3; serial++) {
        CHECK(db_begin(db, arena, READ_WRITE, &nothing) == NULL);
        CHECK(db_run(db, arena, &q_note, &name, 1, &rows) == NULL);
        CHECK(q_commit_mark(db, arena, 4711, serial, &rows) == NULL);
        if (serial == 2)
            db_rollback(db);
        else
            CHECK(db_commit(db, arena) == NULL);
        CHECK(q_commit_settle(other, arena, 4711, serial, &rows) == NULL);
        CHECK(commit_settle_row(&rows, 0).serial == (serial == 2 ? 1 : serial));
    }
    arena_free(arena);
    db_free(db);
    db_free(other);
}

TEST(db_what_was_given_up_cannot_commit_any_more)
{
    struct db *db = open_db(), *other = open_db();
    struct arena *arena = arena_new();
    struct rows rows;
    struct db_arg name = db_text("db_test");

    CHECK(db_begin(db, arena, READ_WRITE, &nothing) == NULL);
    CHECK(db_run(db, arena, &q_note, &name, 1, &rows) == NULL);
    CHECK(q_commit_settle(other, arena, 4712, 5, &rows) == NULL);
    CHECK(commit_settle_row(&rows, 0).serial == 0);
    struct error *e = q_commit_mark(db, arena, 4712, 5, &rows);
    CHECK(e != NULL && e->cond == &LOST_RACE);
    db_rollback(db);
    arena_free(arena);
    db_free(db);
    db_free(other);
}
