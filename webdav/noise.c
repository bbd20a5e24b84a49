#include "webdav/noise.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/text.h"

/* Does all of s up to `end` consist of at least `least` of these characters (and at most `most`)? */
static bool
all_of(const char *s, const char *end, const char *set, size_t least, size_t most)
{
    size_t n = (size_t)(end - s);

    return n >= least && n <= most && strspn(s, set) >= n;
}

#define DIGITS "0123456789"
#define HEX    DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* "~WRD0001.tmp" and its like. */
static bool
is_temporary(const char *name, size_t n)
{
    const char *end = name + n - strlen(".tmp");

    if (n <= strlen(".tmp") || !text_same_nocase(end, ".tmp"))
        return false;
    if (strncasecmp(name, "~wr", 3) == 0 && end - name == 8)
        return all_of(name + 3, name + 4, LETTERS, 1, 1) && all_of(name + 4, end, DIGITS, 4, 4);
    if (strncasecmp(name, "~df", 3) == 0 || strncasecmp(name, "ppt", 3) == 0)
        return all_of(name + 3, end, HEX, 1, SIZE_MAX);
    if (strncasecmp(name, "lu", 2) == 0)
        return all_of(name + 2, end, DIGITS LETTERS, 6, SIZE_MAX);
    return all_of(name, end, HEX, 8, 8);
}

bool
noise_name(const char *name)
{
    static const char *const whole[] = { ".DS_Store", "Thumbs.db", "desktop.ini" };
    static const char *const start[] = { "._", "~$" };
    static const char *const numbered[] = { ".goutputstream-", ".fuse_hidden", ".nfs" };
    size_t n = strlen(name);

    for (size_t i = 0; i < COUNT_OF(whole); i++)
        if (text_same_nocase(name, whole[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(start); i++)
        if (strncmp(name, start[i], strlen(start[i])) == 0)
            return true;
    for (size_t i = 0; i < COUNT_OF(numbered); i++) {
        size_t k = strlen(numbered[i]);
        if (strncasecmp(name, numbered[i], k) == 0 &&
            all_of(name + k, name + n, DIGITS LETTERS, 1, SIZE_MAX))
            return true;
    }
    if (strncasecmp(name, ".~lock.", strlen(".~lock.")) == 0 && name[n - 1] == '#')
        return true;
    if (n > 4 && name[0] == '.' &&
        (text_same_nocase(name + n - 4, ".swp") || text_same_nocase(name + n - 4, ".swo")))
        return true;
    return is_temporary(name, n);
}
