#include "jobs/jobs.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "db/db.h"
#include "http/app.h"
#include "q/system.h"

#define SWEEP    3600              /* seconds: what runs less often may take long, and one does at a time */
#define ASK_LEAST ((int64_t)1000000) /* microseconds between two questions whether a job is due ... */
#define ASK_MOST  ((int64_t)10000000)
#define PAUSE      4                 /* times what a piece of work took ... */
#define PAUSE_MOST ((int64_t)500000) /* ... and at most, in microseconds */

/* A job and when its turn is asked for next; what is due, the database decides for all processes. */
struct turn {
    const struct job *job;
    int64_t next; /* time_monotonic() */
    bool taken;
};

struct slot {
    struct jobs *jobs;
    struct db *db;
    pthread_t thread;
};

struct jobs {
    const struct app *app;
    struct db_news news;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t stop;
    bool stopping;
    int sweeps; /* that run now */
    int n;
    struct turn *turn;
    struct slot slot[JOB_SLOTS];
};

struct job_pace
job_pace_of(const struct app *app)
{
    return (struct job_pace){ app, time_monotonic(), atomic_load(app->requests) };
}

void
job_pause(struct job_pace *pace)
{
    int64_t took = time_monotonic() - pace->began;
    int64_t pause = took < PAUSE_MOST / PAUSE ? took * PAUSE : PAUSE_MOST;
    const struct timespec time = { pause / 1000000, pause % 1000000 * 1000 };

    if (atomic_load(pace->app->requests) != pace->requests)
        nanosleep(&time, NULL);
    *pace = job_pace_of(pace->app);
}

/* Runs one job if it is due and no other process is at it. */
static fallible
run_if_due(const struct slot *slot, struct arena *arena, const struct job *job)
{
    struct rows rows;

    TRY(q_job_lock(slot->db, arena, job->name, &rows));
    if (!job_lock_row(&rows, 0).got)
        return NULL;
    struct error *e = q_job_claim(slot->db, arena, job->name, job->every, &rows);
    if (e == NULL && rows.n == 1) {
        e = job->run(slot->jobs->app, slot->db, arena);
        struct error *noted = q_job_done(slot->db, arena, job->name,
            e == NULL          ? NULL
            : e->cause != NULL ? e->cause
                               : e->cond->title,
            &rows);
        if (e == NULL)
            e = noted;
    }
    struct error *unlocked = q_job_unlock(slot->db, arena, job->name, &rows);
    return e != NULL ? e : unlocked;
}

static void
run(const struct slot *slot, const struct job *job)
{
    struct arena *arena = arena_new();
    struct error *e = run_if_due(slot, arena, job);

    if (e != NULL)
        LOG(LOG_WARNING_, "job_failed", "job", job->name, "cause",
            e->cause != NULL ? e->cause : e->cond->title, "where", e->where);
    arena_free(arena);
}

static bool
is_sweep(const struct turn *turn)
{
    return turn->job->every >= SWEEP;
}

static int64_t
ask_again(const struct job *job)
{
    int64_t often = (int64_t)job->every * 100000; /* ten times in its interval */

    return often < ASK_LEAST ? ASK_LEAST : often > ASK_MOST ? ASK_MOST : often;
}

/* The turn that has been due longest; NULL: none is until *next. */
static struct turn *
take_turn(struct jobs *jobs, int64_t *next)
{
    struct turn *best = NULL;

    *next = time_monotonic() + ASK_LEAST;
    for (int i = 0; i < jobs->n; i++) {
        struct turn *turn = &jobs->turn[i];
        if (!turn->taken && (jobs->sweeps == 0 || !is_sweep(turn)) &&
            (best == NULL || turn->next < best->next))
            best = turn;
    }
    if (best == NULL || best->next > time_monotonic())
        return NULL;
    best->taken = true;
    jobs->sweeps += is_sweep(best);
    return best;
}

static void
end_turn(struct jobs *jobs, struct turn *turn)
{
    turn->taken = false;
    turn->next = time_monotonic() + ask_again(turn->job);
    jobs->sweeps -= is_sweep(turn);
}

static void *
work(void *cls)
{
    struct slot *slot = cls;
    struct jobs *jobs = slot->jobs;
    int64_t next;

    pthread_setname_np(pthread_self(), "job");
    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->stopping) {
        struct turn *turn = take_turn(jobs, &next);
        if (turn == NULL) {
            const struct timespec until = { next / 1000000, next % 1000000 * 1000 };
            pthread_cond_timedwait(&jobs->stop, &jobs->mutex, &until);
            continue;
        }
        pthread_mutex_unlock(&jobs->mutex);
        run(slot, turn->job);
        pthread_mutex_lock(&jobs->mutex);
        end_turn(jobs, turn);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

static void
list_turns(struct jobs *jobs, const struct job *const *tables)
{
    for (const struct job *const *table = tables; *table != NULL; table++)
        for (const struct job *job = *table; job->name != NULL; job++) {
            jobs->turn = reallocarray(jobs->turn, (size_t)jobs->n + 1, sizeof *jobs->turn);
            if (jobs->turn == NULL)
                abort();
            jobs->turn[jobs->n++] = (struct turn){ .job = job };
        }
}

struct jobs *
jobs_start(const struct app *app, const struct job *const *tables)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    pthread_condattr_t monotonic;

    if (jobs == NULL)
        abort();
    jobs->app = app;
    list_turns(jobs, tables);
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_condattr_init(&monotonic); /* a clock that is set back would stop all jobs until then */
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (int i = 0; i < JOB_SLOTS; i++) {
        struct slot *slot = &jobs->slot[i];
        slot->jobs = jobs;
        slot->db = db_new(app->config->database, "chapterd jobs");
        db_join(slot->db, &jobs->news);
        thread_begin(&slot->thread, work, slot);
    }
    return jobs;
}

void
jobs_stop(struct jobs *jobs)
{
    atomic_store(&jobs->news.ended, true);
    pthread_mutex_lock(&jobs->mutex);
    jobs->stopping = true;
    pthread_cond_broadcast(&jobs->stop);
    pthread_mutex_unlock(&jobs->mutex);
    for (int i = 0; i < JOB_SLOTS; i++) {
        pthread_join(jobs->slot[i].thread, NULL);
        db_free(jobs->slot[i].db);
    }
    pthread_cond_destroy(&jobs->stop);
    pthread_mutex_destroy(&jobs->mutex);
    free(jobs->turn);
    free(jobs);
}
