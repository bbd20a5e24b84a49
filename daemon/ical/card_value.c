#include "ical/card_value.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/macros.h"

/* ---------------------------------------------------------------- days and times */

/* n digits off *s. */
static bool
take_digits(const char **s, int n, int *value)
{
    *value = 0;
    for (; n > 0; n--, ++*s) {
        if (**s < '0' || **s > '9')
            return false;
        *value = *value * 10 + (**s - '0');
    }
    return true;
}

static bool
take(const char **s, char c)
{
    if (**s != c)
        return false;
    ++*s;
    return true;
}

/* "Z", "+01:00" or "+0100" to the end; or nothing. */
static bool
read_zone(const char *s, char to[8])
{
    int hours, minutes;
    char sign = *s;

    to[0] = '\0';
    if (*s == '\0')
        return true;
    if ((*s == 'Z' || *s == 'z') && s[1] == '\0') {
        memcpy(to, "Z", 2);
        return true;
    }
    if (sign != '+' && sign != '-')
        return false;
    s++;
    if (!take_digits(&s, 2, &hours))
        return false;
    take(&s, ':');
    if (!take_digits(&s, 2, &minutes) || *s != '\0')
        return false;
    snprintf(to, 8, "%c%02d%02d", sign, hours % 100, minutes % 100);
    return true;
}

bool
card_date_read(const char *s, struct card_date *d)
{
    *d = (struct card_date){ .year = -1 };
    if (take(&s, '-')) {
        if (!take(&s, '-'))
            return false;
    } else {
        if (!take_digits(&s, 4, &d->year))
            return false;
        take(&s, '-');
    }
    if (!take_digits(&s, 2, &d->month))
        return false;
    take(&s, '-');
    if (!take_digits(&s, 2, &d->day))
        return false;
    if (*s == '\0')
        return true;
    if (!take(&s, 'T') || !take_digits(&s, 2, &d->hour))
        return false;
    take(&s, ':');
    if (!take_digits(&s, 2, &d->minute))
        return false;
    take(&s, ':');
    d->timed = true;
    return take_digits(&s, 2, &d->second) && read_zone(s, d->zone);
}

const char *
card_date_basic(struct arena *arena, const struct card_date *d)
{
    const char *day = d->year < 0 ? arena_printf(arena, "--%02d%02d", d->month, d->day)
                                  : arena_printf(arena, "%04d%02d%02d", d->year, d->month, d->day);

    return !d->timed ? day
                     : arena_printf(
                           arena, "%sT%02d%02d%02d%s", day, d->hour, d->minute, d->second, d->zone);
}

const char *
card_date_extended(struct arena *arena, const struct card_date *d)
{
    const char *day = d->year < 0
                          ? arena_printf(arena, "--%02d-%02d", d->month, d->day)
                          : arena_printf(arena, "%04d-%02d-%02d", d->year, d->month, d->day);
    const char *zone = card_offset_extended(arena, d->zone);

    return !d->timed ? day
                     : arena_printf(arena, "%sT%02d:%02d:%02d%s", day, d->hour, d->minute,
                           d->second, zone != NULL ? zone : d->zone);
}

static const char *
offset(struct arena *arena, const char *s, const char *between)
{
    char zone[8];

    if ((*s != '+' && *s != '-') || !read_zone(s, zone))
        return NULL;
    return arena_printf(arena, "%.3s%s%s", zone, between, zone + 3);
}

const char *
card_offset_basic(struct arena *arena, const char *s)
{
    return offset(arena, s, "");
}

const char *
card_offset_extended(struct arena *arena, const char *s)
{
    return offset(arena, s, ":");
}

/* ---------------------------------------------------------------- places */

/* How long the number is that s begins with; 0: none. */
static size_t
number(const char *s)
{
    size_t sign = *s == '-' || *s == '+', n = strspn(s + sign, "0123456789.");

    return n == 0 ? 0 : sign + n;
}

/* Two numbers with `between` between them, and nothing else. */
static const char *
pair(struct arena *arena, const char *s, char between, const char *format)
{
    size_t first = number(s), second = first > 0 && s[first] == between ? number(s + first + 1) : 0;

    if (second == 0 || s[first + 1 + second] != '\0')
        return NULL;
    return arena_printf(
        arena, "%s%.*s%s%s", format, (int)first, s, between == ';' ? "," : ";", s + first + 1);
}

const char *
card_geo_uri(struct arena *arena, const char *s)
{
    return pair(arena, s, ';', "geo:");
}

const char *
card_geo_pair(struct arena *arena, const char *s)
{
    return strncasecmp(s, "geo:", 4) == 0 ? pair(arena, s + 4, ',', "") : NULL;
}

/* ---------------------------------------------------------------- pictures and keys */

const char *
card_base64(struct arena *arena, const char *s)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *clean = arena_alloc(arena, strlen(s) + 1), *to = clean;

    while (*s != '\0') {
        size_t n = strspn(s, alphabet), blanks = strspn(s + n, " \t");
        memcpy(to, s, n);
        to += n;
        s += n + blanks;
        if (n + blanks == 0)
            break;
    }
    while (*s == '=')
        *to++ = *s++;
    s += strspn(s, " \t");
    return *s == '\0' && to > clean ? clean : NULL;
}

const char *
card_data_uri(struct arena *arena, const char *s, const char **media)
{
    const char *comma = strchr(s, ',');

    if (strncasecmp(s, "data:", 5) != 0 || comma == NULL || comma - s < 12 ||
        strncasecmp(comma - 7, ";base64", 7) != 0)
        return NULL;
    *media = arena_copy(arena, s + 5, (size_t)(comma - 7 - (s + 5)));
    return card_base64(arena, comma + 1);
}

const char *
card_sniff(const char *base64)
{
    static const struct {
        const char *begins, *media;
    } known[] = {
        { "/9j/", "image/jpeg" },
        { "iVBORw0KGgo", "image/png" },
        { "R0lGOD", "image/gif" },
        { "UklGR", "image/webp" },
    };

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strncmp(base64, known[i].begins, strlen(known[i].begins)) == 0)
            return known[i].media;
    return NULL;
}
