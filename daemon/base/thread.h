#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/*
 * Starts one of the threads that the daemon always has. Without it there is no service: when the
 * system has none to give, says so on standard error and ends the process with status 1, at once.
 */
void thread_begin(pthread_t *, void *(*run)(void *own), void *own);

#endif
