#include "jobs/jobs.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "db/db.h"
#include "http/app.h"
#include "q/system.h"

struct jobs {
    const struct app *app;
    const struct job *const *tables;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stop;
    bool stopping;
};

/* Runs one job if it is due and no other process is at it. */
static fallible
run_if_due(struct jobs *jobs, struct arena *arena, const struct job *job)
{
    struct rows rows;

    TRY(q_job_lock(jobs->db, arena, job->name, &rows));
    if (!job_lock_row(&rows, 0).got)
        return NULL;
    struct error *e = q_job_claim(jobs->db, arena, job->name, job->every, &rows);
    if (e == NULL && rows.n == 1) {
        e = job->run(jobs->app, jobs->db, arena);
        struct error *noted = q_job_done(jobs->db, arena, job->name,
            e == NULL          ? NULL
            : e->cause != NULL ? e->cause
                               : e->cond->title,
            &rows);
        if (e == NULL)
            e = noted;
    }
    struct error *unlocked = q_job_unlock(jobs->db, arena, job->name, &rows);
    return e != NULL ? e : unlocked;
}

static void
run_all(struct jobs *jobs)
{
    for (const struct job *const *table = jobs->tables; *table != NULL; table++)
        for (const struct job *job = *table; job->name != NULL; job++) {
            struct arena *arena = arena_new();
            struct error *e = run_if_due(jobs, arena, job);
            if (e != NULL)
                LOG(LOG_WARNING_, "job_failed", "job", job->name, "cause",
                    e->cause != NULL ? e->cause : e->cond->title, "where", e->where);
            arena_free(arena);
        }
}

/* Once a second: what is due is decided by the database, for all processes at once. */
static void *
work(void *cls)
{
    struct jobs *jobs = cls;

    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->stopping) {
        pthread_mutex_unlock(&jobs->mutex);
        run_all(jobs);
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 1;
        pthread_mutex_lock(&jobs->mutex);
        if (!jobs->stopping)
            pthread_cond_timedwait(&jobs->stop, &jobs->mutex, &until);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

struct jobs *
jobs_start(const struct app *app, const struct job *const *tables)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    pthread_condattr_t monotonic;

    if (jobs == NULL)
        abort();
    jobs->app = app;
    jobs->tables = tables;
    jobs->db = db_new(app->config->database, "chapterd jobs");
    pthread_mutex_init(&jobs->mutex, NULL);
    pthread_condattr_init(&monotonic); /* a clock that is set back would stop all jobs until then */
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&jobs->thread, NULL, work, jobs) != 0)
        abort();
    return jobs;
}

void
jobs_stop(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->mutex);
    jobs->stopping = true;
    pthread_cond_signal(&jobs->stop);
    pthread_mutex_unlock(&jobs->mutex);
    pthread_join(jobs->thread, NULL);
    db_free(jobs->db);
    pthread_cond_destroy(&jobs->stop);
    pthread_mutex_destroy(&jobs->mutex);
    free(jobs);
}
