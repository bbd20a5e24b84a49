#include "auth/next.h"

#include <stddef.h>
#include <string.h>

#define NEXT_BYTES_MAX 2048

const char *
next_or_home(const char *next)
{
    size_t n = next == NULL ? 0 : strlen(next);

    /* Browsers take a backslash for a slash, and drop tabs and line ends before they look. */
    if (n == 0 || n > NEXT_BYTES_MAX || next[0] != '/' || next[1] == '/')
        return "/";
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)next[i] <= ' ' || next[i] == 0x7f || next[i] == '\\')
            return "/";
    return next;
}
