#include "http/spool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
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

/* Guarded by spool->mutex, but for `filling`, which is the event thread's, and `writer`. */
struct upload {
    struct upload *next; /* in the spool's queue */
    struct spool *spool;
    struct exchange *exchange;
    struct blob_writer *writer; /* of the spool thread that has it in hand, later of a worker */
    struct piece *filling;
    struct piece *first, **last; /* to be written */
    int outstanding;
    bool scheduled; /* in the queue, or in a spool thread's hands */
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
    struct upload *first, **last;
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

static void
schedule(struct upload *u)
{
    struct spool *s = u->spool;

    u->scheduled = true;
    u->next = NULL;
    *s->last = u;
    s->last = &u->next;
    pthread_cond_signal(&s->filled);
}

static void
hand_over(struct upload *u)
{
    struct piece *p = u->filling;

    u->filling = NULL;
    *u->last = p;
    u->last = &p->next;
    u->outstanding++;
    if (!u->scheduled)
        schedule(u);
}

static void
drop_pieces(struct upload *u)
{
    for (struct piece *p = u->first; p != NULL;) {
        struct piece *next = p->next;
        put_piece(u->spool, p);
        p = next;
    }
    if (u->filling != NULL)
        put_piece(u->spool, u->filling);
    u->first = u->filling = NULL;
    u->last = &u->first;
    u->outstanding = 0;
}

/* ---------------------------------------------------------------- spool threads */

static void
fail(struct upload *u, const struct error *e)
{
    u->failed = e->cond;
    if (e->cause != NULL)
        snprintf(u->cause, sizeof u->cause, "%s", e->cause);
}

/* Writes one piece without the mutex; the upload is this thread's meanwhile. */
static void
write_piece(struct upload *u, struct piece *p, struct arena *arena)
{
    struct spool *s = u->spool;
    struct error *e = NULL;
    bool wanted = u->failed == NULL;

    pthread_mutex_unlock(&s->mutex);
    size_t mark = arena_mark(arena);
    if (wanted) {
        if (u->writer == NULL)
            u->writer = blob_writer_new(s->store);
        e = blob_write(u->writer, arena, p->bytes, p->n);
        CRASH_POINT(10);
    }
    pthread_mutex_lock(&s->mutex);
    if (e != NULL)
        fail(u, e);
    arena_rewind(arena, mark);
    put_piece(s, p);
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

/* One turn: a piece at most, so that a large upload does not keep small ones waiting. */
static void
take_turn(struct upload *u, struct arena *arena)
{
    struct spool *s = u->spool;
    struct piece *p = u->first;

    if (p != NULL && !u->abandoned) {
        u->first = p->next;
        if (u->first == NULL)
            u->last = &u->first;
        write_piece(u, p, arena);
        u->outstanding--;
    }
    if (u->abandoned) {
        dispose(u);
        return;
    }
    if (u->first != NULL)
        schedule(u);
    else
        u->scheduled = false;
    if (u->waiting && u->outstanding < OUTSTANDING) {
        u->waiting = false;
        s->resume(u->exchange);
    } else if (u->ended && !u->scheduled) {
        struct exchange *ex = u->exchange;
        u->ended = false; /* the upload is the worker's from here on */
        pthread_mutex_unlock(&s->mutex);
        s->complete(ex);
        pthread_mutex_lock(&s->mutex);
    }
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
        struct upload *u = s->first;
        if (u == NULL)
            break;
        s->first = u->next;
        if (s->first == NULL)
            s->last = &s->first;
        take_turn(u, arena);
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
        if (pthread_create(&s->thread[i], NULL, spool_run, s) != 0)
            abort();
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
    u->last = &u->first;
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
        if (!u->scheduled)
            now = true;
    } else if (u->filling != NULL) {
        hand_over(u);
    }
    if (u->scheduled)
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
    if (u->scheduled)
        u->abandoned = true;
    else
        dispose(u);
    pthread_mutex_unlock(&s->mutex);
}
