#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

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
 * Tables of jobs (each ends with a NULL name), NULL last. Starts threads with a connection each, so
 * that a long job holds up no other; those that run less than hourly share one of them.
 */
#define JOB_SLOTS 3
struct jobs;
struct jobs *jobs_start(const struct app *, const struct job *const *tables);
/* Waits for the jobs that run; they come to an end at their next transaction. */
void jobs_stop(struct jobs *);

#endif
