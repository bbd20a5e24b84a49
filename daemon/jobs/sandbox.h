#ifndef JOBS_SANDBOX_H
#define JOBS_SANDBOX_H

#include <stdbool.h>

/*
 * The cage of a helper: Linux seccomp(2) with a list of calls that compute and
 * talk over descriptors that are open already; whatever else is called kills
 * the process. Limits on memory, CPU, files and core dumps besides.
 */
struct sandbox;

/* What becomes of who calls for a file: libraries of the extractor ask and can do without. It may have threads besides. */
enum sandbox_files { FILES_KILL, FILES_REFUSED };

/* Makes the filter ready, in the zygote; NULL when the kernel or the library cannot. */
struct sandbox *sandbox_prepare(enum sandbox_files);
/* Locks this process in, for good. False when it could not be. */
bool sandbox_enter(struct sandbox *);

/* From here on at most so much CPU time, then SIGPROF kills; 0 ends the count. */
void sandbox_cpu_limit(int milliseconds);

#endif
