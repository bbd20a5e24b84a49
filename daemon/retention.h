#ifndef RETENTION_H
#define RETENTION_H

#include "jobs/jobs.h"

/* Once a day every module removes what has outlived its purpose (the retention door). */
extern const struct job retention_jobs[];

#endif
