#ifndef MAIL_ROUTES_H
#define MAIL_ROUTES_H

#include "http/route.h"
#include "jobs/jobs.h"

extern const struct route mail_routes[];
extern const struct job mail_jobs[];

#endif
