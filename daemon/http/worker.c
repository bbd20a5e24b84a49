#include "http/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/thread.h"
#include "base/time.h"
#include "http/app.h"
#include "http/body_in.h"
#include "http/front_in.h"
#include "http/response_out.h"
#include "http/worker.h"

#define ATTEMPTS        3
#define QUEUED_A_WORKER 64 /* so many waiting for each worker are plenty */
#define SECOND          INT64_C(1000000)

/*
 * A thread that waits for work. Of several the one that worked last is woken:
 * its connection to the database, and what that has prepared, is the warmest.
 */
struct worker {
    struct workers *all;
    struct worker *idler; /* who has been waiting longer */
    pthread_cond_t wake;
    pthread_t thread;
};

struct workers {
    const struct app *app;
    struct db_news *news;
    void (*done)(struct exchange *);
    pthread_mutex_t mutex;
    struct worker *idle;
    struct exchange *first, **last;
    int queued, queue_max;
    bool stopping;
    atomic_int busy;
    struct worker *worker;
    int n;
};

/* ---------------------------------------------------------------- one request */

static fallible
authorize(struct request *rq)
{
    return rq->app->authorize == NULL ? NULL : rq->app->authorize(rq);
}

/* Who asks, and what may the request touch: once for each request. */
static fallible
enter(struct exchange *ex)
{
    struct request *rq = &ex->rq;

    if (ex->entered)
        return NULL;
    if (rq->route->login != LOGIN_DAV && route_chapter(rq) != NULL)
        rq->scope.chapters = route_chapter(rq);
    if (rq->app->authenticate != NULL)
        TRY(rq->app->authenticate(rq));
    if (rq->route->scope != NULL)
        TRY(rq->route->scope(rq));
    ex->scope = rq->scope;
    ex->entered = true;
    return NULL;
}

/* Runs `inside` in a transaction; `rs` is NULL for a step. */
static fallible
in_transaction(struct request *rq, enum tx tx, step *inside, struct response *rs)
{
    struct db *db = rq->db;

    if (tx == NO_TX) {
        if (rq->route->need != ANYBODY)
            TRY(authorize(rq));
        return rq->route->run(rq, rs);
    }
    TRY(db_begin(db, rq->arena, tx, &rq->scope));
    struct error *e = authorize(rq);
    if (e == NULL)
        e = inside != NULL ? inside(rq) : rq->route->run(rq, rs);
    if (e != NULL) {
        db_rollback(db);
        return e;
    }
    CRASH_POINT(14);
    return db_commit(db, rq->arena);
}

static fallible
admit(struct exchange *ex)
{
    struct request *rq = &ex->rq;

    TRY(enter(ex));
    rq->scope = ex->scope;
    if (rq->route->admit != NULL)
        TRY(in_transaction(rq, READ_WRITE, rq->route->admit, NULL));
    return body_fits(ex);
}

static fallible
attempt(struct exchange *ex)
{
    struct request *rq = &ex->rq;

    rq->chapter = 0;
    rq->scope = ex->scope;
    if (rq->route->prepare != NULL)
        TRY(rq->route->prepare(rq));
    CRASH_POINT(13);
    TRY(in_transaction(rq, rq->route->tx, NULL, ex->rs));
    CRASH_POINT(15);
    return response_end(rq, ex->rs);
}

static fallible
enter_and_attempt(struct exchange *ex)
{
    TRY(enter(ex));
    return attempt(ex);
}

/*
 * Nothing has been sent until here and the body can be read again, so a request
 * that lost against another, or whose connection to the database was lost, is
 * simply repeated.
 */
static fallible
insist(struct exchange *ex, fallible (*once)(struct exchange *))
{
    struct request *rq = &ex->rq;

    for (int i = 1;; i++) {
        struct error *e = once(ex);
        if (e == NULL || e->cond != &LOST_RACE || i == ATTEMPTS)
            return e;
        atomic_fetch_add(&ex->front->metrics.lost_races, 1);
        if (rq->scope.lock > ex->scope.lock)
            ex->scope.lock = rq->scope.lock; /* it found that it needs the whole tree */
        if (i == ATTEMPTS - 1 && ex->scope.lock == TREE_SHARED)
            ex->scope.lock = TREE_EXCLUSIVE; /* the last time nobody of this chapter is in its way */
        response_reset(ex->rs);
    }
}

static void
log_failure(const struct exchange *ex, const struct error *e)
{
    if (e->cond->status < 500 && e->cause == NULL)
        return;
    LOG(e->cond->status == 500 ? LOG_ERROR_ : LOG_WARNING_, "request_failed", "request", ex->rq.id,
        "route", ex->rq.route == NULL ? "" : ex->rq.route->pattern, "title", e->cond->title,
        "where", e->where, "cause", e->cause == NULL ? "" : e->cause);
}

static void
answer_error(struct exchange *ex, const struct error *e)
{
    log_failure(ex, e);
    ex->error = e;
    response_error(ex, ex->rs, e, false);
    reply_make(ex);
}

static void
work_on(struct exchange *ex, struct db *db, int64_t longest_wait)
{
    struct request *rq = &ex->rq;
    bool admitting = atomic_load(&ex->step) == ADMITTING;
    struct error *e;

    rq->db = db;
    if (time_monotonic() - ex->queued > longest_wait)
        e = error_cause(REFUSE(rq->arena, TRY_LATER), rq->arena, "waited too long for a worker");
    else
        e = insist(ex, admitting ? admit : enter_and_attempt);
    if (e != NULL)
        answer_error(ex, e);
    else if (!admitting)
        reply_make(ex);
    rq->db = NULL;
}

/* ---------------------------------------------------------------- the queue */

static void
remove_idle(struct workers *w, const struct worker *me)
{
    for (struct worker **at = &w->idle; *at != NULL; at = &(*at)->idler)
        if (*at == me) {
            *at = me->idler;
            return;
        }
}

/* *late: it ends, and what waits is answered without being begun. */
static struct exchange *
next_exchange(struct worker *me, bool *late)
{
    struct workers *w = me->all;

    pthread_mutex_lock(&w->mutex);
    while (w->first == NULL && !w->stopping) {
        me->idler = w->idle;
        w->idle = me;
        pthread_cond_wait(&me->wake, &w->mutex);
        remove_idle(w, me); /* a wake-up without cause leaves it in the list */
    }
    struct exchange *ex = w->first;
    *late = w->stopping;
    if (ex != NULL) {
        w->first = ex->next;
        if (w->first == NULL)
            w->last = &w->first;
        w->queued--;
    }
    pthread_mutex_unlock(&w->mutex);
    return ex;
}

static void *
workers_run(void *cls)
{
    struct worker *me = cls;
    struct workers *w = me->all;
    struct db *db = db_new(w->app->config->database, "chapterd worker");
    db_join(db, w->news);
    int64_t longest_wait = w->app->config->handler_timeout * SECOND;
    struct exchange *ex;
    bool late;

    db_expect_lookups(db);
    pthread_setname_np(pthread_self(), "worker");
    while ((ex = next_exchange(me, &late)) != NULL) {
        atomic_fetch_add(&w->busy, 1);
        atomic_fetch_add(w->app->requests, 1);
        work_on(ex, db, late ? -1 : longest_wait);
        atomic_fetch_sub(&w->busy, 1);
        w->done(ex);
    }
    db_free(db);
    return NULL;
}

struct workers *
workers_start(
    const struct app *app, int n, struct db_news *news, void (*done)(struct exchange *))
{
    struct workers *w = calloc(1, sizeof *w);

    if (w == NULL || (w->worker = calloc((size_t)n, sizeof *w->worker)) == NULL)
        abort();
    w->app = app;
    w->news = news;
    w->done = done;
    w->last = &w->first;
    w->queue_max = n * QUEUED_A_WORKER;
    pthread_mutex_init(&w->mutex, NULL);
    for (; w->n < n; w->n++) {
        struct worker *new = &w->worker[w->n];
        new->all = w;
        pthread_cond_init(&new->wake, NULL);
        thread_begin(&new->thread, workers_run, new);
    }
    return w;
}

bool
workers_take(struct workers *w, struct exchange *ex)
{
    ex->queued = time_monotonic();
    ex->next = NULL;
    pthread_mutex_lock(&w->mutex);
    bool room = w->queued < w->queue_max && !w->stopping;
    if (room) {
        *w->last = ex;
        w->last = &ex->next;
        w->queued++;
        if (w->idle != NULL) {
            struct worker *woken = w->idle;
            w->idle = woken->idler; /* the next exchange is for somebody else */
            pthread_cond_signal(&woken->wake);
        }
    }
    pthread_mutex_unlock(&w->mutex);
    return room;
}

void
workers_stop(struct workers *w)
{
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    for (int i = 0; i < w->n; i++)
        pthread_cond_signal(&w->worker[i].wake);
    pthread_mutex_unlock(&w->mutex);
    for (int i = 0; i < w->n; i++)
        pthread_join(w->worker[i].thread, NULL);
}

void
workers_free(struct workers *w)
{
    for (int i = 0; i < w->n; i++)
        pthread_cond_destroy(&w->worker[i].wake);
    pthread_mutex_destroy(&w->mutex);
    free(w->worker);
    free(w);
}

int
workers_busy(struct workers *w)
{
    return atomic_load(&w->busy);
}

int
workers_queued(struct workers *w)
{
    pthread_mutex_lock(&w->mutex);
    int n = w->queued;
    pthread_mutex_unlock(&w->mutex);
    return n;
}
