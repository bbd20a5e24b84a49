#include "http/stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/thread.h"
#include "db/db.h"
#include "http/app.h"
#include "http/front_in.h"
#include "http/mhd.h"
#include "http/reaper.h"
#include "http/response_out.h"

#define PIECE       ((int64_t)MB(1))
#define STREAMS_MAX 128 /* two pieces each */

struct piece {
    char *p;
    size_t n;
    bool full;
};

/* Two pieces that change hands: the threads fill the empty one, the client is sent the full one. */
struct stream {
    struct streams *all;
    struct stream *next; /* in the queue */
    pthread_mutex_t mutex;
    int users;                        /* the reply, and the queue or a thread */
    struct exchange *ex;              /* NULL once the reply is gone */
    void (*ready)(struct exchange *); /* until the first piece is there */
    struct blob_owner owner;
    struct blob_part *part;
    int n_parts;
    int64_t at, left; /* of the content: what is to be fetched; of a source 0 at its end, else not */
    struct response_source source; /* fill NULL: parts of a content */
    struct piece piece[2];
    int filling, sending;
    size_t sent;  /* of the piece that is being sent */
    bool queued;  /* a thread has it, or will */
    bool waiting; /* the connection is suspended until there is more */
    bool failed;
};

struct streams {
    const struct app *app;
    struct db_news *news;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct stream *first, **last;
    bool stopping;
    atomic_int living;
    pthread_t *thread;
    int n;
};

/* ---------------------------------------------------------------- beginning and ending */

static fallible
begin(struct streams *all, struct exchange *ex, int64_t bytes, struct stream **result)
{
    if (atomic_fetch_add(&all->living, 1) >= STREAMS_MAX) {
        atomic_fetch_sub(&all->living, 1);
        return error_cause(REFUSE(ex->rq.arena, TRY_LATER), ex->rq.arena,
            "too many downloads that are fetched or made while they are sent");
    }
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    pthread_mutex_init(&s->mutex, NULL);
    s->all = all;
    s->users = 1;
    s->ex = ex;
    s->left = bytes;
    for (int i = 0; i < 2; i++)
        if ((s->piece[i].p = malloc((size_t)(bytes < PIECE ? bytes : PIECE) + 1)) == NULL)
            abort();
    *result = s;
    return NULL;
}

struct error *
stream_new(struct streams *all, struct exchange *ex, struct blob_owner owner,
    const struct blob_part *parts, int n_parts, const struct range *range, struct stream **result)
{
    struct stream *s;

    TRY(begin(all, ex, range->last - range->first + 1, &s));
    if ((s->part = calloc((size_t)n_parts, sizeof *s->part)) == NULL)
        abort();
    memcpy(s->part, parts, (size_t)n_parts * sizeof *parts);
    s->owner = owner;
    s->n_parts = n_parts;
    s->at = range->first;
    *result = s;
    return NULL;
}

struct error *
stream_of(struct streams *all, struct exchange *ex, const struct response_source *source,
    struct stream **result)
{
    TRY(begin(all, ex, INT64_MAX, result));
    (*result)->source = *source;
    return NULL;
}

/* Gives up one use; called with the mutex, which is left. */
static void
leave(struct stream *s)
{
    bool last = --s->users == 0;

    pthread_mutex_unlock(&s->mutex);
    if (!last)
        return;
    atomic_fetch_sub(&s->all->living, 1);
    pthread_mutex_destroy(&s->mutex);
    if (s->source.fill != NULL)
        s->source.end(s->source.cls);
    free(s->piece[0].p);
    free(s->piece[1].p);
    free(s->part);
    free(s);
}

/* The reply has been sent, or its connection is gone. */
static void
on_free(void *cls)
{
    struct stream *s = cls;

    pthread_mutex_lock(&s->mutex);
    s->ex = NULL;
    leave(s);
}

/* With the mutex of the stream. */
static void
enqueue(struct stream *s)
{
    struct streams *all = s->all;

    if (s->queued || s->failed || s->left == 0)
        return;
    pthread_mutex_lock(&all->mutex);
    if (all->stopping) {
        s->failed = true;
    } else {
        s->queued = true;
        s->users++;
        s->next = NULL;
        *all->last = s;
        all->last = &s->next;
        pthread_cond_signal(&all->work);
    }
    pthread_mutex_unlock(&all->mutex);
}

/* ---------------------------------------------------------------- sending */

/* From an event thread. */
static ssize_t
on_read(void *cls, uint64_t at UNUSED, char *p, size_t max)
{
    struct stream *s = cls;
    ssize_t n = 0;

    pthread_mutex_lock(&s->mutex);
    struct piece *piece = &s->piece[s->sending];
    if (piece->full) {
        n = (ssize_t)(piece->n - s->sent < max ? piece->n - s->sent : max);
        memcpy(p, piece->p + s->sent, (size_t)n);
        s->sent += (size_t)n;
        if (s->source.fill != NULL)
            s->ex->sent += n;
        if (s->sent == piece->n) {
            piece->full = false;
            s->sent = 0;
            s->sending ^= 1;
            enqueue(s);
        }
    } else if (s->left == 0) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (s->failed) {
        n = MHD_CONTENT_READER_END_WITH_ERROR;
    } else {
        s->waiting = true;
        atomic_store(&s->ex->connection->phase, BUSY);
        MHD_suspend_connection(s->ex->mhd);
    }
    pthread_mutex_unlock(&s->mutex);
    return n;
}

struct MHD_Response *
stream_reply(struct stream *s)
{
    struct MHD_Response *reply = MHD_create_response_from_callback(
        s->source.fill != NULL ? MHD_SIZE_UNKNOWN : (uint64_t)s->left, KB(64), on_read, s, on_free);

    if (reply == NULL)
        on_free(s);
    return reply;
}

/* ---------------------------------------------------------------- fetching */

struct target {
    char *p;
};

static fallible
take(void *cls, struct arena *arena UNUSED, const char *p, size_t n)
{
    struct target *to = cls;

    memcpy(to->p, p, n);
    to->p += n;
    return NULL;
}

/* n bytes from `at` on, of one part or several. */
static fallible
fetch(struct stream *s, struct arena *arena, int64_t at, int64_t n, char *p)
{
    struct target target = { p };
    const struct blob_sink sink = { take, &target };

    for (int i = 0; i < s->n_parts && n > 0; i++) {
        const struct blob_part *part = &s->part[i];
        if (at >= part->size) {
            at -= part->size;
            continue;
        }
        int64_t now = part->size - at < n ? part->size - at : n;
        TRY(blob_fetch(s->all->app->blobs, arena, s->owner, part, at, now, &sink));
        n -= now;
        at = 0;
    }
    return NULL;
}

/* Nothing has been sent yet: they get a status after all. */
static void
answer_error(struct exchange *ex, const struct error *e)
{
    struct arena *arena = ex->rq.arena;

    MHD_destroy_response(ex->reply);
    ex->reply = NULL;
    ex->error = error_cause(
        REFUSE(arena, TRY_LATER), arena, "%s", e->cause != NULL ? e->cause : e->cond->title);
    LOG(LOG_WARNING_, "request_failed", "request", ex->rq.id, "route", ex->rq.route->pattern,
        "title", ex->error->cond->title, "where", e->where, "cause", ex->error->cause);
    response_error(ex, ex->rs, ex->error, false);
    reply_make(ex);
}

/* A piece is there, or will never be: whoever waits for it goes on. Called with the mutex. */
static void
tell(struct stream *s, const struct error *e)
{
    void (*ready)(struct exchange *) = s->ready;
    struct exchange *ex = s->ex;

    s->ready = NULL;
    if (ready != NULL) { /* the exchange is ours until we give it back */
        pthread_mutex_unlock(&s->mutex);
        if (e != NULL)
            answer_error(ex, e);
        ready(ex);
        pthread_mutex_lock(&s->mutex);
    } else if (s->waiting) {
        s->waiting = false;
        atomic_store(&ex->connection->phase, REPLYING);
        MHD_resume_connection(ex->mhd);
    }
    if (e != NULL && ready == NULL)
        LOG(LOG_WARNING_, "stream_cut", "where", e->where, "cause",
            e->cause != NULL ? e->cause : e->cond->title);
}

/* Fills one piece; then it is somebody else's turn. */
static void
work_on(struct stream *s, struct db *db)
{
    struct arena *arena = arena_new();
    struct error *e = NULL;

    pthread_mutex_lock(&s->mutex);
    struct piece *piece = &s->piece[s->filling];
    int64_t n = s->left < PIECE ? s->left : PIECE, at = s->at;
    size_t made = (size_t)n;
    if (s->ex != NULL && !s->failed && !piece->full) {
        pthread_mutex_unlock(&s->mutex);
        e = s->source.fill == NULL ? fetch(s, arena, at, n, piece->p)
                                   : s->source.fill(s->source.cls, arena, db, piece->p, PIECE, &made);
        pthread_mutex_lock(&s->mutex);
        if (e == NULL && made == 0) {
            s->left = 0;
        } else if (e == NULL) {
            piece->n = made;
            piece->full = true;
            s->at += n;
            s->left -= s->source.fill == NULL ? n : 0;
            s->filling ^= 1;
        }
        s->failed = s->failed || e != NULL;
        tell(s, e);
    }
    s->queued = false;
    if (s->ex != NULL && !s->piece[s->filling].full)
        enqueue(s);
    leave(s);
    arena_free(arena);
}

static struct stream *
next_stream(struct streams *all)
{
    pthread_mutex_lock(&all->mutex);
    while (all->first == NULL && !all->stopping)
        pthread_cond_wait(&all->work, &all->mutex);
    struct stream *s = all->first;
    if (s != NULL) {
        all->first = s->next;
        if (all->first == NULL)
            all->last = &all->first;
    }
    pthread_mutex_unlock(&all->mutex);
    return s;
}

/* When it all ends, what is still queued gets an error at once. */
static void
drop(struct stream *s)
{
    struct arena *arena = arena_new();

    pthread_mutex_lock(&s->mutex);
    s->queued = false;
    s->failed = true;
    if (s->ex != NULL)
        tell(s, error_cause(REFUSE(arena, TRY_LATER), arena, "the daemon stops"));
    leave(s);
    arena_free(arena);
}

static void *
run(void *cls)
{
    struct streams *all = cls;
    struct db *db = db_new(all->app->config->database, "chapterd stream"); /* when first used */
    struct stream *s;

    db_join(db, all->news);
    pthread_setname_np(pthread_self(), "stream");
    while ((s = next_stream(all)) != NULL) {
        pthread_mutex_lock(&all->mutex);
        bool stopping = all->stopping;
        pthread_mutex_unlock(&all->mutex);
        if (stopping)
            drop(s);
        else
            work_on(s, db);
    }
    db_free(db);
    return NULL;
}

void
stream_begin(struct stream *s, void (*ready)(struct exchange *))
{
    pthread_mutex_lock(&s->mutex);
    s->users++; /* ours, until here */
    s->ready = ready;
    enqueue(s);
    if (!s->queued)
        tell(s, REFUSE(s->ex->rq.arena, TRY_LATER));
    leave(s);
}

/* ---------------------------------------------------------------- the threads */

struct streams *
streams_start(const struct app *app, struct db_news *news, int threads)
{
    struct streams *all = calloc(1, sizeof *all);

    if (all == NULL || (all->thread = calloc((size_t)threads, sizeof *all->thread)) == NULL)
        abort();
    all->app = app;
    all->news = news;
    all->last = &all->first;
    pthread_mutex_init(&all->mutex, NULL);
    pthread_cond_init(&all->work, NULL);
    for (; all->n < threads; all->n++)
        thread_begin(&all->thread[all->n], run, all);
    return all;
}

void
streams_stop(struct streams *all)
{
    pthread_mutex_lock(&all->mutex);
    all->stopping = true;
    pthread_cond_broadcast(&all->work);
    pthread_mutex_unlock(&all->mutex);
    for (int i = 0; i < all->n; i++)
        pthread_join(all->thread[i], NULL);
}

void
streams_free(struct streams *all)
{
    pthread_cond_destroy(&all->work);
    pthread_mutex_destroy(&all->mutex);
    free(all->thread);
    free(all);
}
