#include "webdav/noise.h"

#include <stddef.h>
#include <string.h>

#include "base/macros.h"
#include "base/text.h"

bool
noise_name(const char *name)
{
    static const char *const whole[] = { ".DS_Store", "Thumbs.db", "desktop.ini" };
    static const char *const start[] = { "._", "~$" };
    size_t n = strlen(name);

    for (size_t i = 0; i < COUNT_OF(whole); i++)
        if (text_same_nocase(name, whole[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(start); i++)
        if (strncmp(name, start[i], strlen(start[i])) == 0)
            return true;
    return strncmp(name, ".~lock.", strlen(".~lock.")) == 0 && name[n - 1] == '#';
}
