/* Answers of an S3 store: a handful of elements without attributes are looked for, nothing else. */
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "blob/s3.h"

static const struct {
    const char *name;
    char c;
} entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' },
    { "&#34;", '"' }, { "&#39;", '\'' }, { "&apos;", '\'' } };

/* Replaces the entities that such a store writes. */
static const char *
decode(struct arena *arena, const char *s, size_t n)
{
    char *text = arena_copy(arena, s, n), *to = text;
    const char *from = text;

    while (*from != '\0') {
        size_t i = 0;
        while (i < COUNT_OF(entities) && !text_starts(from, entities[i].name))
            i++;
        *to++ = i < COUNT_OF(entities) ? entities[i].c : *from;
        from += i < COUNT_OF(entities) ? strlen(entities[i].name) : 1;
    }
    *to = '\0';
    return text;
}

const char *
s3_element(struct arena *arena, const char **at, const char *name)
{
    const char *open = arena_printf(arena, "<%s>", name);
    const char *found = strstr(*at, open);

    if (found == NULL)
        return NULL;
    found += strlen(open);
    const char *end = strchr(found, '<');
    if (end == NULL || !text_starts(end, arena_printf(arena, "</%s>", name)))
        return NULL;
    *at = end + strlen(open) + 1;
    return decode(arena, found, (size_t)(end - found));
}

static bool
digits(const char *s, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *value = 10 * *value + s[i] - '0';
    }
    return true;
}

bool
s3_time(const char *s, int64_t *us)
{
    struct tm tm = { .tm_isdst = 0 };

    if (strlen(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' ||
        s[16] != ':' || s[strlen(s) - 1] != 'Z')
        return false;
    if (!digits(s, 4, &tm.tm_year) || !digits(s + 5, 2, &tm.tm_mon) ||
        !digits(s + 8, 2, &tm.tm_mday) || !digits(s + 11, 2, &tm.tm_hour) ||
        !digits(s + 14, 2, &tm.tm_min) || !digits(s + 17, 2, &tm.tm_sec))
        return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
        tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    *us = (int64_t)timegm(&tm) * 1000000;
    return true;
}

bool
s3_key_parse(struct arena *arena, const char *key, struct blob_owner *owner,
    unsigned char sha256[SHA256_SIZE])
{
    const char *const *part;

    if (text_split(arena, key, "/", &part) != 4 || strcmp(part[0], "objects") != 0)
        return false;
    if (!blob_place_parse(part[1], part[3], owner, sha256))
        return false;
    struct blob_place place = blob_place(*owner, sha256);
    return strcmp(s3_key(arena, &place) + 1, key) == 0;
}
