#ifndef JOBS_HELPER_FAULTS_H
#define JOBS_HELPER_FAULTS_H

#include "jobs/helpers.h"

/*
 * What a parser gone wrong, or taken over, would try. Only in test builds
 * (make TEST_FAULTS=1): each shows that the sandbox or a deadline ends it.
 */
extern const struct helper_task helper_refuse, helper_spin, helper_hang, helper_crash, helper_eat,
    helper_rubbish, helper_flood, helper_open, helper_socket, helper_execve, helper_fork,
    helper_kill, helper_exec_memory, helper_descriptors, helper_overflow;

#endif
