#include "auth/ldap_escape.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

static const char hex[] = "0123456789abcdef";

static char *
put_hex(char *to, unsigned char c)
{
    *to++ = '\\';
    *to++ = hex[c >> 4];
    *to++ = hex[c & 15];
    return to;
}

const char *
filter_escape(struct arena *arena, const char *value, size_t n)
{
    char *s = arena_alloc(arena, n * 3 + 1), *to = s;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c < 0x20 || c >= 0x7f || strchr("*()\\", c) != NULL)
            to = put_hex(to, c);
        else
            *to++ = (char)c;
    }
    return s;
}

const char *
dn_escape(struct arena *arena, const char *value, size_t n)
{
    char *s = arena_alloc(arena, n * 3 + 1), *to = s;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        bool at_edge = (c == ' ' && (i == 0 || i == n - 1)) || (c == '#' && i == 0);

        if (c < 0x20 || c >= 0x7f || at_edge || strchr("\"+,;<=>\\", c) != NULL)
            to = put_hex(to, c);
        else
            *to++ = (char)c;
    }
    return s;
}

const char *
dn_for_slug(struct arena *arena, const char *pattern, const char *slug)
{
    const char *at = strstr(pattern, "{slug}");

    if (at == NULL)
        return pattern;
    return arena_printf(arena, "%.*s%s%s", (int)(at - pattern), pattern,
        dn_escape(arena, slug, strlen(slug)), at + strlen("{slug}"));
}
