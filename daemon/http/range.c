#include "http/range.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

/* Digits up to `end`; false when there are none, or other characters. Too large a number is the
 * largest. */
static bool
read_number(const char *s, const char *end, int64_t *number)
{
    int64_t n = 0;

    if (s == end)
        return false;
    for (; s < end; s++) {
        if (*s < '0' || *s > '9')
            return false;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *s - '0', &n))
            n = INT64_MAX;
    }
    *number = n;
    return true;
}

enum range_kind
range_read(const char *header, int64_t size, struct range *range)
{
    if (header == NULL || strncasecmp(header, "bytes=", 6) != 0 || strchr(header, ',') != NULL)
        return RANGE_NONE;
    const char *s = header + 6 + strspn(header + 6, " \t"), *dash = strchr(s, '-');
    if (dash == NULL)
        return RANGE_NONE;
    const char *end = dash + 1 + strcspn(dash + 1, " \t");
    if (end[strspn(end, " \t")] != '\0')
        return RANGE_NONE;

    int64_t first, last;
    if (dash == s) { /* the last n bytes */
        if (!read_number(dash + 1, end, &last))
            return RANGE_NONE;
        if (last == 0 || size == 0)
            return RANGE_BEYOND;
        *range = (struct range){ last < size ? size - last : 0, size - 1 };
        return RANGE_ONE;
    }
    if (!read_number(s, dash, &first))
        return RANGE_NONE;
    if (dash + 1 == end)
        last = INT64_MAX;
    else if (!read_number(dash + 1, end, &last) || last < first)
        return RANGE_NONE;
    if (first >= size)
        return RANGE_BEYOND;
    *range = (struct range){ first, last < size ? last : size - 1 };
    return RANGE_ONE;
}
