#include "auth/basic.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "auth/passwords.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/token.h"

static void
wipe(void *secret)
{
    forget(secret, strlen(secret));
}

void
credentials_wipe_later(struct arena *arena, char *secret)
{
    arena_defer(arena, wipe, secret);
}

static bool
has_control(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < 0x20 || s[i] == 0x7f)
            return true;
    return false;
}

/* Every byte of ISO 8859-1 is the code point of the same number. */
static char *
from_latin1(struct arena *arena, const unsigned char *s, size_t n)
{
    char *out = arena_alloc(arena, n * 2 + 1), *to = out;

    for (size_t i = 0; i < n; i++) {
        if (s[i] < 0x80) {
            *to++ = (char)s[i];
        } else {
            *to++ = (char)(0xc0 | s[i] >> 6);
            *to++ = (char)(0x80 | (s[i] & 0x3f));
        }
    }
    return out;
}

static bool
is_blank(const char *s)
{
    return s[strspn(s, " ")] == '\0';
}

bool
credentials_possible(const struct credentials *c)
{
    return !is_blank(c->user) && !is_blank(c->password) && strlen(c->user) <= USER_BYTES_MAX &&
           strlen(c->password) <= PASSWORD_BYTES_MAX;
}

enum basic
basic_read(struct arena *arena, const char *header, struct credentials *credentials)
{
    static const char scheme[] = "Basic";
    size_t n_scheme = sizeof scheme - 1, n;

    if (header == NULL || strncasecmp(header, scheme, n_scheme) != 0 ||
        (header[n_scheme] != ' ' && header[n_scheme] != '\0'))
        return BASIC_ABSENT;
    header += n_scheme;
    header += strspn(header, " ");

    const unsigned char *pair = base64_decode(arena, header, &n);
    if (pair == NULL)
        return BASIC_MALFORMED;
    bool whole = n > 0 && !has_control(pair, n) && memchr(pair, ':', n) != NULL;
    char *text = !whole                                 ? NULL
                 : text_is_utf8((const char *)pair, n) ? arena_copy(arena, (const char *)pair, n)
                                                        : from_latin1(arena, pair, n);
    forget((void *)(uintptr_t)pair, n);
    if (text == NULL)
        return BASIC_MALFORMED;
    char *colon = strchr(text, ':');
    *colon = '\0';
    credentials_wipe_later(arena, colon + 1);
    *credentials = (struct credentials){ .user = text, .password = colon + 1 };
    return credentials_possible(credentials) ? BASIC_GIVEN : BASIC_REFUSED;
}
