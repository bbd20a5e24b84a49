#include "base/macros.h"

#include <errno.h>
#include <fcntl.h>
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

DIR *
dir_read(int fd)
{
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL) {
        int cause = errno;
        close_fd(&fd);
        errno = cause;
    }
    return dir;
}

DIR *
dir_open(int at, const char *name)
{
    return dir_read(openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

void
dir_close(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
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
