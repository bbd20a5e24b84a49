#include "http/spool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/thread.h"
#include "blob/blob.h"
#include "http/exchange.h"

#define PIECE       KB(256)
#define OUTSTANDING 4  /* pieces of one upload: 1 MiB */
#define KEPT        64 /* free pieces kept for the next upload */
#define THREADS     16
#define UPLOADS     1000 /* at a time: at most 1 GiB in pieces */

struct piece {
    struct piece *next;
    size_t n;
    char bytes[PIECE];
};

/* A piece is written and then hashed, by two threads when both have something to do. */
enum work { WRITE, HASH, WORKS };

/* The pieces of an upload that wait for one kind of work. One thread at a time is at it: in order.
 */
struct lane {
    struct lane *next; /* in the spool's queue */
    struct upload *upload;
    enum work work;
    struct piece *first, **last;
    bool taken; /* in the queue, or in a spool thread's hands */
};

/* Guarded by spool->mutex, but for `filling`, which is the event thread's, and `writer`. */
struct upload {
    struct spool *spool;
    struct exchange *exchange;
    struct blob_writer
        *writer; /* of the spool threads that have a lane in hand, later of a worker */
    struct piece *filling;
    struct lane lane[WORKS];
    int outstanding;
    bool waiting;   /* the connection is suspended until there is room */
    bool ended;     /* no more will come: call `complete` when all is written */
    bool abandoned; /* the exchange is gone */
    const struct condition *failed;
    char cause[256];
};

struct spool {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct blob_store *store;
    void (*suspend)(struct exchange *);
    void (*resume)(struct exchange *);
    void (*complete)(struct exchange *);
    struct lane *first, **last;
    struct piece *free;
    int n_free;
    int n_uploads;
    bool stopping;
    pthread_t thread[THREADS];
    int n_threads;
};

/* ---------------------------------------------------------------- pieces; under the mutex */

static struct piece *
get_piece(struct spool *s)
{
    struct piece *p = s->free;

    if (p != NULL) {
        s->free = p->next;
        s->n_free--;
    } else if ((p = malloc(sizeof *p)) == NULL) {
        abort();
    }
    p->next = NULL;
    p->n = 0;
    return p;
}

static void
put_piece(struct spool *s, struct piece *p)
{
    if (s->n_free >= KEPT) {
        free(p);
        return;
    }
    p->next = s->free;
    s->free = p;
    s->n_free++;
}

/* ---------------------------------------------------------------- lanes; under the mutex */

static void
append(struct lane *l, struct piece *p)
{
    p->next = NULL;
    *l->last = p;
    l->last = &p->next;
}

static struct piece *
first_of(struct lane *l)
{
    struct piece *p = l->first;

    if (p != NULL && (l->first = p->next) == NULL)
        l->last = &l->first;
    return p;
}

static void
queue(struct lane *l)
{
    struct spool *s = l->upload->spool;

    l->taken = true;
    l->next = NULL;
    *s->last = l;
    s->last = &l->next;
    pthread_cond_signal(&s->filled);
}

static struct lane *
first_queued(struct spool *s)
{
    struct lane *l = s->first;

    if (l != NULL && (s->first = l->next) == NULL)
        s->last = &s->first;
    return l;
}

static bool
at_work(const struct upload *u)
{
    return u->lane[WRITE].taken || u->lane[HASH].taken;
}

static void
hand_over(struct upload *u)
{
    append(&u->lane[WRITE], u->filling);
    u->filling = NULL;
    u->outstanding++;
    if (!u->lane[WRITE].taken)
        queue(&u->lane[WRITE]);
}

static void
drop_pieces(struct upload *u)
{
    struct piece *p;

    for (int i = 0; i < WORKS; i++) {
        while ((p = first_of(&u->lane[i])) != NULL)
            put_piece(u->spool, p);
    }
    if (u->filling != NULL)
        put_piece(u->spool, u->filling);
    u->filling = NULL;
}

/* ---------------------------------------------------------------- spool threads */

static void
fail(struct upload *u, const struct error *e)
{
    u->failed = e->cond;
    if (e->cause != NULL)
        snprintf(u->cause, sizeof u->cause, "%s", e->cause);
}

/* Without the mutex: the lane is this thread's meanwhile. */
static fallible
do_work(struct lane *l, const struct piece *p, struct arena *arena)
{
    struct upload *u = l->upload;

    if (l->work == HASH) {
        blob_hash(u->writer, p->bytes, p->n);
        return NULL;
    }
    if (u->writer == NULL)
        u->writer = blob_writer_new(u->spool->store);
    TRY(blob_put(u->writer, arena, p->bytes, p->n));
    CRASH_POINT(10);
    return NULL;
}

static void
work_on(struct lane *l, struct piece *p, struct arena *arena)
{
    struct upload *u = l->upload;
    struct spool *s = u->spool;

    if (u->failed == NULL) {
        pthread_mutex_unlock(&s->mutex);
        size_t mark = arena_mark(arena);
        struct error *e = do_work(l, p, arena);
        pthread_mutex_lock(&s->mutex);
        if (e != NULL)
            fail(u, e);
        arena_rewind(arena, mark);
    }
    if (l->work == WRITE && u->failed == NULL) {
        append(&u->lane[HASH], p);
    } else {
        put_piece(s, p);
        u->outstanding--;
    }
}

static void
dispose(struct upload *u)
{
    struct spool *s = u->spool;

    drop_pieces(u);
    s->n_uploads--;
    pthread_mutex_unlock(&s->mutex);
    blob_writer_free(u->writer);
    free(u);
    pthread_mutex_lock(&s->mutex);
}

/* Tells those who wait for the upload. */
static void
report(struct upload *u)
{
    struct spool *s = u->spool;

    if (u->waiting && u->outstanding < OUTSTANDING) {
        u->waiting = false;
        s->resume(u->exchange);
    } else if (u->ended && !at_work(u)) {
        struct exchange *ex = u->exchange;
        u->ended = false; /* the upload is the worker's from here on */
        pthread_mutex_unlock(&s->mutex);
        s->complete(ex);
        pthread_mutex_lock(&s->mutex);
    }
}

/*
 * One turn: a piece at most, so that a large upload does not keep small ones waiting.
 * Returns the lane to go on with: who has nothing more to write hashes what he wrote.
 */
static struct lane *
take_turn(struct lane *l, struct arena *arena)
{
    struct upload *u = l->upload;
    struct lane *hash = &u->lane[HASH], *go_on = NULL;

    if (l->first != NULL && !u->abandoned)
        work_on(l, first_of(l), arena);
    l->taken = false;
    if (u->abandoned) {
        if (!at_work(u))
            dispose(u);
        return NULL;
    }
    if (l->first != NULL)
        queue(l);
    if (hash->first != NULL && !hash->taken) {
        if (l->taken)
            queue(hash);
        else
            go_on = hash;
        hash->taken = true;
    }
    report(u);
    return go_on;
}

static void *
spool_run(void *cls)
{
    struct spool *s = cls;
    struct arena *arena = arena_new();

    pthread_setname_np(pthread_self(), "spool");
    pthread_mutex_lock(&s->mutex);
    for (;;) {
        while (s->first == NULL && !s->stopping)
            pthread_cond_wait(&s->filled, &s->mutex);
        struct lane *l = first_queued(s);
        if (l == NULL)
            break;
        while (l != NULL)
            l = take_turn(l, arena);
    }
    pthread_mutex_unlock(&s->mutex);
    arena_free(arena);
    return NULL;
}

struct spool *
spool_start(struct blob_store *store, int threads, void (*suspend)(struct exchange *),
    void (*resume)(struct exchange *), void (*complete)(struct exchange *))
{
    struct spool *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->filled, NULL);
    s->store = store;
    s->suspend = suspend;
    s->resume = resume;
    s->complete = complete;
    s->last = &s->first;
    for (int i = 0; i < threads && i < THREADS; i++) {
        thread_begin(&s->thread[i], spool_run, s);
        s->n_threads++;
    }
    return s;
}

void
spool_stop(struct spool *s)
{
    pthread_mutex_lock(&s->mutex);
    s->stopping = true;
    pthread_cond_broadcast(&s->filled);
    pthread_mutex_unlock(&s->mutex);
    for (int i = 0; i < s->n_threads; i++)
        pthread_join(s->thread[i], NULL);
    s->n_threads = 0;
}

void
spool_free(struct spool *s)
{
    for (struct piece *p = s->free; p != NULL;) {
        struct piece *next = p->next;
        free(p);
        p = next;
    }
    pthread_cond_destroy(&s->filled);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

/* ---------------------------------------------------------------- event threads */

struct upload *
upload_new(struct spool *s, struct exchange *ex)
{
    pthread_mutex_lock(&s->mutex);
    bool room = s->n_uploads < UPLOADS;
    s->n_uploads += room;
    pthread_mutex_unlock(&s->mutex);
    if (!room)
        return NULL;
    struct upload *u = calloc(1, sizeof *u);
    if (u == NULL)
        abort();
    u->spool = s;
    u->exchange = ex;
    for (int i = 0; i < WORKS; i++) {
        struct lane *l = &u->lane[i];
        *l = (struct lane){ .upload = u, .work = (enum work)i, .last = &l->first };
    }
    return u;
}

size_t
upload_take(struct upload *u, const char *p, size_t n)
{
    struct spool *s = u->spool;
    size_t taken = 0;

    while (taken < n) {
        if (u->filling == NULL) {
            pthread_mutex_lock(&s->mutex);
            bool full = u->outstanding >= OUTSTANDING && !s->stopping;
            if (full) {
                u->waiting = true;
                s->suspend(u->exchange); /* under the mutex, or the resume could come first */
            } else {
                u->filling = get_piece(s);
            }
            pthread_mutex_unlock(&s->mutex);
            if (full)
                return taken;
        }
        struct piece *f = u->filling;
        size_t room = PIECE - f->n, now = n - taken < room ? n - taken : room;
        memcpy(f->bytes + f->n, p + taken, now);
        f->n += now;
        taken += now;
        if (f->n == PIECE) {
            pthread_mutex_lock(&s->mutex);
            if (s->stopping) {
                u->failed = &TRY_LATER;
                f->n = 0;
            } else {
                hand_over(u);
            }
            pthread_mutex_unlock(&s->mutex);
        }
    }
    return taken;
}

fallible
upload_error(struct upload *u, struct arena *arena)
{
    struct error *e = NULL;

    pthread_mutex_lock(&u->spool->mutex);
    if (u->failed != NULL) {
        e = error_plain(arena, u->failed, HERE);
        if (u->cause[0] != '\0')
            e = error_cause(e, arena, "%s", u->cause);
    }
    pthread_mutex_unlock(&u->spool->mutex);
    return e;
}

void
upload_end(struct upload *u)
{
    struct spool *s = u->spool;
    bool now = false;

    pthread_mutex_lock(&s->mutex);
    if (s->stopping) {
        u->failed = &TRY_LATER;
        if (!at_work(u))
            now = true;
    } else if (u->filling != NULL) {
        hand_over(u);
    }
    if (at_work(u))
        u->ended = true;
    else
        now = true;
    pthread_mutex_unlock(&s->mutex);
    if (now)
        s->complete(u->exchange);
}

struct blob_writer *
upload_writer(struct upload *u)
{
    if (u->writer == NULL) /* nothing came */
        u->writer = blob_writer_new(u->spool->store);
    return u->writer;
}

void
upload_free(struct upload *u)
{
    struct spool *s;

    if (u == NULL)
        return;
    s = u->spool;
    pthread_mutex_lock(&s->mutex);
    if (at_work(u))
        u->abandoned = true;
    else
        dispose(u);
    pthread_mutex_unlock(&s->mutex);
}
