#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct db;

/*
 * Work without a request. One process of all that share a database runs it at
 * a time (advisory lock). It gets a connection outside any transaction, and
 * commits at least every second of work: when the process ends, db_begin refuses.
 */
struct job {
    const char *name;
    int every; /* seconds */
    fallible (*run)(const struct app *, struct db *, struct arena *);
};

/*
 * How a long job lets requests go first. Between two pieces of its work it calls job_pause(), which
 * waits when this process has answered requests during the last piece: four times as long as that
 * took, half a second at most, so that it takes one fifth of a processor from them.
 */
struct job_pace {
    const struct app *app;
    int64_t began; /* time_monotonic() of the piece of work ... */
    long long requests; /* ... and how many there had been */
};
struct job_pace job_pace_of(const struct app *);
void job_pause(struct job_pace *);

/*
 * Tables of jobs (each ends with a NULL name), NULL last. Starts threads with a connection each, so
 * that a long job holds up no other; those that run less than hourly share one of them.
 */
#define JOB_SLOTS 3
struct jobs;
struct jobs *jobs_start(const struct app *, const struct job *const *tables);
/* Waits for the jobs that run; they come to an end at their next transaction. */
void jobs_stop(struct jobs *);

#endif
