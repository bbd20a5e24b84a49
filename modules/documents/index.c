/*
 * What documents are found by, kept by a job: writers leave nothing for it but their mark of change.
 * One process of all that share a database is at it at a time.
 */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "blob/blob.h"
#include "extract/extract.h"
#include "http/app.h"
#include "jobs/helpers.h"
#include "modules/documents/search.h"
#include "q/blob.h"
#include "q/search.h"

#define STEP        200     /* documents whose names are indexed in one transaction */
#define BATCH       20      /* contents asked for at a time */
#define TRIES       3       /* a content that takes the daemon with it is given up then */
#define RUN_SECONDS 20      /* other jobs want a turn */
#define PATIENCE_MS 25000   /* above that of the query document_index_patience */

static const struct db_scope everything = { .chapters = "*" };

/* ---------------------------------------------------------------- names */

static fallible
index_changes(struct db *db, struct arena *arena, int64_t until)
{
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &everything));
        TRY(db_end(db, arena, q_document_index_step(db, arena, STEP, &rows)));
    } while (document_index_step_row(&rows, 0).n == STEP && time_monotonic() < until);
    return NULL;
}

static fallible
renew(struct db *db, struct arena *arena, struct rows *rows)
{
    TRY(q_document_index_patience(db, arena, rows));
    return q_document_index_renew(db, arena, rows);
}

static fallible
renew_words(struct db *db, struct arena *arena, int64_t until)
{
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &everything));
        db_set_patience(db, PATIENCE_MS);
        struct error *e = db_end(db, arena, renew(db, arena, &rows));
        db_set_patience(db, 0);
        TRY(e);
    } while (document_index_renew_row(&rows, 0).n > 0 && time_monotonic() < until);
    return NULL;
}

/* ---------------------------------------------------------------- contents */

/* Puts the pieces of a content together. */
struct whole {
    char *bytes;
    size_t n, size;
};

static fallible
take(void *cls, struct arena *arena, const char *p, size_t n)
{
    struct whole *w = cls;

    if (n > w->size - w->n)
        return error_cause(REFUSE(arena, NOT_FOUND), arena, "a content is longer than it should be");
    memcpy(w->bytes + w->n, p, n);
    w->n += n;
    return NULL;
}

static fallible
fetch(const struct app *app, struct db *db, struct arena *arena,
    const struct document_text_waiting_row *row, const char **bytes)
{
    struct whole whole = { .size = (size_t)row->size };
    const struct blob_sink sink = { take, &whole };
    struct blob_owner owner = { 'c', row->chapter };
    struct rows rows;

    if (!row->bytes_is_null) {
        *bytes = row->bytes.p;
        return NULL;
    }
    whole.bytes = arena_alloc(arena, whole.size + 1);
    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_blob_parts(db, arena, row->blob, &rows)));
    for (int i = 0; i < rows.n; i++) {
        struct blob_parts_row r = blob_parts_row(&rows, i);
        struct blob_part part = { .size = r.size, .where = (enum blob_where)r.store };
        memcpy(part.sha256, r.sha256.p, SHA256_SIZE);
        TRY(blob_fetch(app->blobs, arena, owner, &part, 0, part.size, &sink));
    }
    if (whole.n != whole.size)
        return error_cause(REFUSE(arena, NOT_FOUND), arena, "a content lacks parts");
    *bytes = whole.bytes;
    return NULL;
}

/* What the extractor says is no more to be trusted than what it was given. */
static const char *
problem_of(const struct helper_answer *answer)
{
    static const char *const words[] = { "kind", "damaged", "encrypted", "bomb" };

    for (size_t i = 0; answer->refused && i < COUNT_OF(words); i++)
        if (strcmp(answer->p, words[i]) == 0)
            return words[i];
    if (!answer->refused && answer->n <= EXTRACT_TEXT_MAX && text_is_utf8(answer->p, answer->n))
        return NULL;
    return "killed";
}

static fallible
note(struct db *db, struct arena *arena, int64_t blob, const char *problem, const char *text)
{
    struct rows rows;

    TRY(q_document_index_patience(db, arena, &rows));
    return q_document_text_keep(db, arena, blob, EXTRACT_VERSION, problem, text, &rows);
}

static fallible
keep(struct db *db, struct arena *arena, int64_t blob, const char *problem, const char *text)
{
    if (problem != NULL)
        LOG(LOG_INFO_, "not_searchable", "why", problem);
    TRY(db_begin(db, arena, READ_WRITE, &everything));
    db_set_patience(db, PATIENCE_MS);
    struct error *e = db_end(db, arena, note(db, arena, blob, problem, problem == NULL ? text : NULL));
    db_set_patience(db, 0);
    return e;
}

static fallible
begin(struct db *db, struct arena *arena, int64_t blob)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &everything));
    return db_end(db, arena, q_document_text_begin(db, arena, blob, &rows));
}

static fallible
read_content(const struct app *app, struct db *db, struct arena *arena,
    const struct document_text_waiting_row *row)
{
    struct helper_answer answer = { .n = 0 };
    const char *bytes;

    if (row->tries >= TRIES)
        return keep(db, arena, row->blob, "killed", NULL);
    struct error *e = fetch(app, db, arena, row, &bytes);
    if (e != NULL && e->cond != &TRY_LATER)
        return keep(db, arena, row->blob, "damaged", NULL);
    TRY(e);
    TRY(begin(db, arena, row->blob));
    e = helper_extract(app->helpers, arena, bytes, (size_t)row->size, &answer);
    if (e != NULL && (e->cond == &HELPER_OVERRAN || e->cond == &HELPER_DIED))
        return keep(db, arena, row->blob, "killed", NULL);
    TRY(e);
    return keep(db, arena, row->blob, problem_of(&answer), answer.p);
}

static fallible
read_batch(const struct app *app, struct db *db, struct arena *arena, int64_t until, bool *more)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_document_text_waiting(db, arena, BATCH, &rows)));
    *more = rows.n == BATCH;
    for (int i = 0; i < rows.n && time_monotonic() < until; i++) {
        size_t mark = arena_mark(arena);
        struct document_text_waiting_row row = document_text_waiting_row(&rows, i);
        TRY(read_content(app, db, arena, &row));
        arena_rewind(arena, mark);
    }
    return NULL;
}

static fallible
read_contents(const struct app *app, struct db *db, struct arena *arena, int64_t until)
{
    bool more = true;

    while (more && time_monotonic() < until) {
        size_t mark = arena_mark(arena);
        TRY(read_batch(app, db, arena, until, &more));
        arena_rewind(arena, mark);
    }
    return NULL;
}

/* A newer extractor tries again what an older one has failed with. */
static fallible
try_again(struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &everything));
    return db_end(db, arena, q_document_text_again(db, arena, EXTRACT_VERSION, &rows));
}

static fallible
index_all(const struct app *app, struct db *db, struct arena *arena, int64_t until)
{
    TRY(index_changes(db, arena, until));
    TRY(renew_words(db, arena, until));
    TRY(try_again(db, arena));
    return read_contents(app, db, arena, until);
}

static fallible
run(const struct app *app, struct db *db, struct arena *arena)
{
    struct error *e = index_all(app, db, arena, time_monotonic() + RUN_SECONDS * INT64_C(1000000));

    helper_extract_end(app->helpers);
    return e;
}

const struct job search_jobs[] = {
    { "document_index", 5, run },
    { .name = NULL },
};
