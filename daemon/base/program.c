#include "base/program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

bool
program_find(const char *name, char *path, size_t room)
{
    static const char *const places[] = { "", "../lib/chapterd/" };
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    *path = '\0';
    if (n <= 0)
        return false;
    self[n] = '\0';
    *(strrchr(self, '/') + 1) = '\0';
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (snprintf(path, room, "%s%s%s", self, places[i], name) < (int)room &&
            access(path, X_OK) == 0)
            return true;
    *path = '\0';
    return false;
}
