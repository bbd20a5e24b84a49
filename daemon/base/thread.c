#include "base/thread.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
thread_begin(pthread_t *thread, void *(*run)(void *own), void *own)
{
    int error = pthread_create(thread, NULL, run, own);

    if (error == 0)
        return;
    fprintf(stderr,
        "chapterd: cannot start a thread: %s. Allow more tasks (TasksMax of the unit, ulimit -u), or "
        "set fewer workers.\n",
        strerror(error));
    _exit(1); /* exit() would end things that threads use which run already */
}
