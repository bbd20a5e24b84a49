#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H

#include "base/error.h"

struct app;
struct arena;
struct db;

/*
 * Work without a request. One process of all that share a database runs it at
 * a time (advisory lock). It gets a connection outside any transaction, and
 * commits at least every second of work.
 */
struct job {
    const char *name;
    int every; /* seconds */
    fallible (*run)(const struct app *, struct db *, struct arena *);
};

/* Tables of jobs (each ends with a NULL name), NULL last. Starts one thread. */
struct jobs;
struct jobs *jobs_start(const struct app *, const struct job *const *tables);
/* Waits for the job that runs. */
void jobs_stop(struct jobs *);

#endif
