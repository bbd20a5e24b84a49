#include "base/macros.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    char name[16];

    snprintf(name, sizeof name, "%d", number);
    if (wanted != NULL && strcmp(wanted, name) == 0)
        _exit(137);
}
#endif
