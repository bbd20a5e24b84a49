/*
 * What documents are found by, kept by a job: writers leave nothing for it but their mark of
 * change. One process of all that share a database is at it at a time.
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
#define BATCH       32      /* contents asked for at a time ... */
#define BATCH_BYTES 4194304 /* ... and held in memory, unless one alone is larger */
#define KEEP_BYTES  131072  /* of texts put down in one transaction */
#define TRIES       3       /* a content that takes the daemon with it is given up then */
#define RUN_SECONDS 20      /* other jobs want a turn */
#define PICTURE_MOST ((size_t)32 << 20) /* bytes of a picture that is made small ... */
#define SMALL_MOST  ((size_t)64 << 10)  /* ... and of that */
#define PATIENCE_MS 25000   /* above that of the query document_index_patience */

static const struct db_scope everything = { .chapters = "*" };

/* What a run has: its database and its time, of which requests get most. */
struct run {
    const struct app *app;
    struct db *db;
    int64_t until; /* time_monotonic() */
    struct job_pace pace;
};

/* Is there time for one more piece of work? */
static bool
goes_on(struct run *run)
{
    job_pause(&run->pace);
    return time_monotonic() < run->until;
}

/* ---------------------------------------------------------------- names */

static fallible
index_changes(struct run *run, struct arena *arena)
{
    struct rows rows;

    do {
        TRY(db_begin(run->db, arena, READ_WRITE, &everything));
        TRY(db_end(run->db, arena, q_document_index_step(run->db, arena, STEP, &rows)));
    } while (document_index_step_row(&rows, 0).n == STEP && goes_on(run));
    return NULL;
}

static fallible
renew(struct db *db, struct arena *arena, struct rows *rows)
{
    TRY(q_document_index_patience(db, arena, rows));
    return q_document_index_renew(db, arena, rows);
}

static fallible
renew_words(struct run *run, struct arena *arena)
{
    struct db *db = run->db;
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &everything));
        db_set_patience(db, PATIENCE_MS);
        struct error *e = db_end(db, arena, renew(db, arena, &rows));
        db_set_patience(db, 0);
        TRY(e);
    } while (document_index_renew_row(&rows, 0).n > 0 && goes_on(run));
    return NULL;
}

/* ---------------------------------------------------------------- contents */

/* Contents that are read together: few transactions for many small ones. */
struct batch {
    int n, kept; /* of them are put down */
    int64_t blob[BATCH];
    struct bytes content[BATCH];
    const char *problem[BATCH]; /* "": none; NULL: not known yet */
    const char *text[BATCH];
};

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
        return error_cause(
            REFUSE(arena, NOT_FOUND), arena, "a content is longer than it should be");
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

/* Notes of those that will be read, from the first on, that it is begun (1), or was not, after all
 * (-1). */
static fallible
note_tries(const struct run *run, struct arena *arena, const struct batch *b, int first, int times)
{
    int64_t blob[BATCH];
    struct ints blobs = { blob, 0 };
    struct rows rows;

    for (int i = first; i < b->n; i++)
        if (b->problem[i] == NULL)
            blob[blobs.n++] = b->blob[i];
    if (blobs.n == 0)
        return NULL;
    TRY(db_begin(run->db, arena, READ_WRITE, &everything));
    return db_end(run->db, arena, q_document_text_tried(run->db, arena, blobs, times, &rows));
}

static fallible
keep(struct db *db, struct arena *arena, const struct batch *b, int n)
{
    const struct ints blobs = { b->blob + b->kept, n };
    const struct texts problems = { b->problem + b->kept, n }, texts = { b->text + b->kept, n };
    struct rows rows;

    TRY(q_document_index_patience(db, arena, &rows));
    return q_document_text_keep(db, arena, blobs, EXTRACT_VERSION, problems, texts, &rows);
}

/* Puts down what is known of those before the one named. */
static fallible
keep_until(const struct run *run, struct arena *arena, struct batch *b, int end)
{
    if (end == b->kept)
        return NULL;
    for (int i = b->kept; i < end; i++)
        if (b->problem[i][0] != '\0')
            LOG(LOG_INFO_, "not_searchable", "why", b->problem[i]);
    TRY(db_begin(run->db, arena, READ_WRITE, &everything));
    db_set_patience(run->db, PATIENCE_MS);
    struct error *e = db_end(run->db, arena, keep(run->db, arena, b, end - b->kept));
    db_set_patience(run->db, 0);
    TRY(e);
    b->kept = end;
    return NULL;
}

/* What has no words may be a picture: lists show it small. Whatever else comes back is as if there were none. */
static fallible
make_small(const struct run *run, struct arena *arena, int64_t blob, const struct bytes *content)
{
    static const char jpeg[] = { '\xff', '\xd8', '\xff' };
    struct helper_answer small = { .n = 0 };
    struct rows rows;

    TRY(helper_picture(run->app->helpers, arena, content->p, content->n, &small));
    if (small.refused || small.n > SMALL_MOST || small.n < sizeof jpeg ||
        memcmp(small.p, jpeg, sizeof jpeg) != 0)
        return NULL;
    TRY(db_begin(run->db, arena, READ_WRITE, &everything));
    return db_end(run->db, arena,
        q_document_picture_keep(
            run->db, arena, blob, (struct bytes){ small.p, small.n }, &rows));
}

static fallible
extract(const struct run *run, struct arena *arena, struct batch *b, int i)
{
    struct helper_answer answer = { .n = 0 };
    struct error *e =
        helper_extract(run->app->helpers, arena, b->content[i].p, b->content[i].n, &answer);

    if (e == NULL && answer.refused && strcmp(answer.p, "kind") == 0 &&
        b->content[i].n <= PICTURE_MOST)
        e = make_small(run, arena, b->blob[i], &b->content[i]);
    if (e != NULL && e->cond != &HELPER_OVERRAN && e->cond != &HELPER_DIED)
        return e;
    const char *problem = e != NULL ? "killed" : problem_of(&answer);
    b->problem[i] = problem == NULL ? "" : problem;
    b->text[i] = problem == NULL ? answer.p : "";
    return NULL;
}

/* Those whose turn does not come are as if nobody had begun. */
static fallible
extract_all(struct run *run, struct arena *arena, struct batch *b)
{
    struct error *e = NULL;
    size_t weight = 0;
    int i = 0;

    for (; i < b->n && e == NULL && goes_on(run); i++) {
        if (b->problem[i] == NULL && (e = extract(run, arena, b, i)) != NULL)
            break;
        weight += strlen(b->text[i]);
        if (weight >= KEEP_BYTES) {
            e = keep_until(run, arena, b, i + 1);
            weight = 0;
        }
    }
    if (e == NULL)
        e = keep_until(run, arena, b, i);
    struct error *noted = i < b->n ? note_tries(run, arena, b, i, -1) : NULL;
    return e != NULL ? e : noted;
}

/* What was begun before and not ended is read alone: the daemon may have died of it. */
static int
count_together(const struct rows *rows)
{
    int64_t size = 0;

    for (int i = 0; i < rows->n; i++) {
        struct document_text_waiting_row row = document_text_waiting_row(rows, i);
        size += row.size;
        if (i > 0 && (row.tries > 0 || size > BATCH_BYTES))
            return i;
        if (row.tries > 0)
            return 1;
    }
    return rows->n;
}

static fallible
fetch_all(const struct run *run, struct arena *arena, const struct rows *rows, struct batch *b)
{
    for (int n = count_together(rows); b->n < n; b->n++) {
        struct document_text_waiting_row row = document_text_waiting_row(rows, b->n);
        const char *bytes = NULL;
        b->blob[b->n] = row.blob;
        b->text[b->n] = "";
        b->problem[b->n] = row.tries >= TRIES ? "killed" : NULL;
        if (row.tries >= TRIES)
            continue;
        struct error *e = fetch(run->app, run->db, arena, &row, &bytes);
        if (e != NULL && e->cond == &TRY_LATER)
            return b->n == 0 ? e : NULL; /* what there is comes first */
        if (e != NULL)
            b->problem[b->n] = "damaged";
        b->content[b->n] = (struct bytes){ bytes, (size_t)row.size };
    }
    return NULL;
}

static fallible
read_batch(struct run *run, struct arena *arena, bool *more)
{
    struct batch b = { .n = 0 };
    struct rows rows;

    TRY(db_begin(run->db, arena, READ_ONLY, &everything));
    TRY(db_end(run->db, arena, q_document_text_waiting(run->db, arena, BATCH, &rows)));
    TRY(fetch_all(run, arena, &rows, &b));
    *more = b.n < rows.n || rows.n == BATCH;
    TRY(note_tries(run, arena, &b, 0, 1));
    return extract_all(run, arena, &b);
}

static fallible
read_contents(struct run *run, struct arena *arena)
{
    bool more = true;

    while (more && goes_on(run)) {
        size_t mark = arena_mark(arena);
        TRY(read_batch(run, arena, &more));
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
index_all(struct run *run, struct arena *arena)
{
    TRY(index_changes(run, arena));
    TRY(renew_words(run, arena));
    TRY(try_again(run->db, arena));
    return read_contents(run, arena);
}

static fallible
run(const struct app *app, struct db *db, struct arena *arena)
{
    struct run run = { app, db, time_monotonic() + RUN_SECONDS * INT64_C(1000000),
        job_pace_of(app) };
    struct error *e = index_all(&run, arena);

    helper_extract_end(app->helpers);
    return e;
}

const struct job search_jobs[] = {
    { "document_index", 5, run },
    { .name = NULL },
};
