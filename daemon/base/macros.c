#include "base/macros.h"

#include <stdlib.h>
#include <unistd.h>

void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

#ifdef TEST_FAULTS
void
crash_point(int number)
{
    const char *wanted = getenv("CHAPTERD_CRASH");

    if (wanted != NULL && atoi(wanted) == number)
        _exit(137);
}
#endif
