#include "base/uri.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

const char *
uri_decode(struct arena *arena, const char *s, size_t n, bool form)
{
    char *text = arena_alloc(arena, n + 1);
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '%') {
            if (n - i < 3 || hex_digit(s[i + 1]) < 0 || hex_digit(s[i + 2]) < 0)
                return NULL;
            c = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        text[length++] = c;
    }
    return text_is_utf8(text, length) ? text : NULL;
}

/* One part of a path, if it is what may name a resource. */
static bool
decode_part(struct arena *arena, const char *raw, size_t n, const char **part)
{
    const char *s = uri_decode(arena, raw, n, false);

    if (s == NULL || !text_is_name(s, strlen(s)) || strpbrk(s, "/\\") != NULL ||
        strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
        return false;
    *part = s;
    return true;
}

fallible
uri_path(struct arena *arena, const char *raw, size_t n, const struct path_limits *limits,
    struct path *path)
{
    const char *end = raw + n;

    if (n > limits->whole)
        return REFUSE(arena, ADDRESS_TOO_LONG);
    if (n == 0 || *raw != '/' || memchr(raw, '?', n) != NULL || memchr(raw, '#', n) != NULL)
        return REFUSE(arena, BAD_REQUEST);

    const char **part = NEW_ARRAY(arena, const char *, (size_t)limits->segments);
    *path = (struct path){ .part = part, .slash = raw[n - 1] == '/' };
    while (raw < end) {
        const char *slash = memchr(raw, '/', (size_t)(end - raw));
        size_t length = (size_t)((slash == NULL ? end : slash) - raw);
        const char *name;

        if (length > 0) {
            if (!decode_part(arena, raw, length, &name))
                return REFUSE(arena, BAD_REQUEST);
            if (strlen(name) > limits->segment || path->n == limits->segments)
                return REFUSE(arena, ADDRESS_TOO_LONG);
            part[path->n++] = name;
        }
        raw += length + (slash != NULL);
    }
    return NULL;
}

/* Writes s encoded at `to`, which has room for three times its length; returns the end. */
static char *
put_encoded(char *to, const char *s)
{
    static const char hex[] = "0123456789ABCDEF";
    static const bool plain[256] = { ['a' ... 'z'] = true,
        ['A' ... 'Z'] = true,
        ['0' ... '9'] = true,
        ['-'] = true,
        ['.'] = true,
        ['_'] = true,
        ['~'] = true,
        ['@'] = true };

    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (plain[c]) {
            *to++ = *s;
        } else {
            *to++ = '%';
            *to++ = hex[c >> 4];
            *to++ = hex[c & 15];
        }
    }
    return to;
}

const char *
uri_href(struct arena *arena, const struct path *path, bool slash)
{
    size_t room = 2;

    for (int i = 0; i < path->n; i++)
        room += 3 * strlen(path->part[i]) + 1;
    char *href = arena_alloc(arena, room), *to = href;
    for (int i = 0; i < path->n; i++) {
        *to++ = '/';
        to = put_encoded(to, path->part[i]);
    }
    if (slash || path->n == 0)
        *to++ = '/';
    assert((size_t)(to - href) < room);
    return href;
}

const char *
uri_encode(struct arena *arena, const char *part)
{
    char *s = arena_alloc(arena, 3 * strlen(part) + 1);

    put_encoded(s, part);
    return s;
}

static char *
lower_copy(struct arena *arena, const char *s, size_t n)
{
    char *copy = arena_copy(arena, s, n);

    for (size_t i = 0; i < n; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] |= 0x20;
    return copy;
}

/* A registered name or an IPv4 address: letters, digits, '-', '.', '_'; the final dot goes. */
static bool
plain_host(struct arena *arena, const char *s, size_t n, const char **host)
{
    if (n > 0 && s[n - 1] == '.')
        n--;
    if (n == 0 || n > 253 || s[0] == '.')
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_alnum(s[i]) && s[i] != '-' && s[i] != '_' && s[i] != '.')
            return false;
        if (s[i] == '.' && s[i - 1] == '.')
            return false;
    }
    *host = lower_copy(arena, s, n);
    return true;
}

/* "host", "host:port", "[address]", "[address]:port"; *port is left alone when there is none. */
static bool
host_and_port(struct arena *arena, const char *s, size_t n, const char **host, int *port)
{
    const char *colon;
    int64_t number;

    if (n > 0 && s[0] == '[') {
        const char *close = memchr(s, ']', n);
        struct in6_addr address;
        if (close == NULL)
            return false;
        *host = lower_copy(arena, s + 1, (size_t)(close - s - 1));
        if (inet_pton(AF_INET6, *host, &address) != 1)
            return false;
        colon = close + 1 == s + n ? NULL : close + 1;
        if (colon != NULL && *colon != ':')
            return false;
    } else {
        colon = memchr(s, ':', n);
        if (!plain_host(arena, s, colon == NULL ? n : (size_t)(colon - s), host))
            return false;
    }
    if (colon == NULL || colon + 1 == s + n)
        return true;
    const char *digits = arena_copy(arena, colon + 1, (size_t)(s + n - colon - 1));
    if (!text_to_int(digits, 65535, &number) || number == 0)
        return false;
    *port = (int)number;
    return true;
}

bool
uri_host(struct arena *arena, const char *header, const char **host, int *port)
{
    *port = -1;
    return host_and_port(arena, header, strlen(header), host, port);
}

bool
uri_parse(struct arena *arena, const char *s, struct uri *uri)
{
    for (const char *c = s; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '#' || *c == '\\')
            return false;

    if (strncasecmp(s, "http://", 7) == 0) {
        *uri = (struct uri){ .scheme = "http", .port = 80 };
        s += 7;
    } else if (strncasecmp(s, "https://", 8) == 0) {
        *uri = (struct uri){ .scheme = "https", .port = 443 };
        s += 8;
    } else {
        return false;
    }

    size_t n = strcspn(s, "/?");
    const char *rest = s + n, *at = memrchr(s, '@', n);
    if (at != NULL) {
        n -= (size_t)(at + 1 - s);
        s = at + 1;
    }
    if (!host_and_port(arena, s, n, &uri->host, &uri->port))
        return false;
    n = strcspn(rest, "?");
    uri->path = n == 0 ? "/" : arena_copy(arena, rest, n);
    uri->query = rest[n] == '?' ? arena_copy(arena, rest + n + 1, strlen(rest + n + 1)) : NULL;
    return true;
}
