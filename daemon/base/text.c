#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/arena.h"
#include "base/macros.h"

bool
text_is_utf8(const char *s, size_t n)
{
    return n == 0 || (memchr(s, '\0', n) == NULL && u8_check((const uint8_t *)s, n) == NULL);
}

/* True when s is UTF-8 and `refused` holds for none of its characters. */
static bool
all_allowed(const char *s, size_t n, bool (*refused)(ucs4_t))
{
    const uint8_t *p = (const uint8_t *)s, *end = p + n;

    if (!text_is_utf8(s, n))
        return false;
    while (p < end) {
        ucs4_t c;
        if (*p >= ' ' && *p < 0x7f) { /* nearly all of most texts, and refused by none */
            p++;
            continue;
        }
        p += u8_mbtouc(&c, p, (size_t)(end - p));
        if (refused(c))
            return false;
    }
    return true;
}

static bool
not_in_names(ucs4_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
    bool bidirectional = c == 0x061c || c == 0x200e || c == 0x200f ||
                         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);

    return control || bidirectional || (c & 0xfffe) == 0xfffe;
}

static bool
not_in_xml(ucs4_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xfffe || c == 0xffff;
}

bool
text_is_name(const char *s, size_t n)
{
    return n > 0 && all_allowed(s, n, not_in_names);
}

bool
text_is_xml(const char *s, size_t n)
{
    return all_allowed(s, n, not_in_xml);
}

static bool
is_ascii(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s >= 0x80)
            return false;
    return true;
}

const char *
text_nfc(struct arena *arena, const char *s)
{
    size_t n;

    /* What is not UTF-8 stays: nothing that could be stored is equal to it. */
    if (is_ascii(s) || !text_is_utf8(s, strlen(s)))
        return s;
    uint8_t *normal = u8_normalize(UNINORM_NFC, (const uint8_t *)s, strlen(s), NULL, &n);
    if (normal == NULL)
        abort();
    char *copy = arena_copy(arena, (char *)normal, n);
    free(normal);
    return copy;
}

const char *
text_fold(struct arena *arena, const char *s)
{
    size_t n;

    if (!text_is_utf8(s, strlen(s)))
        return s;
    uint8_t *folded = u8_casefold((const uint8_t *)s, strlen(s), NULL, UNINORM_NFC, NULL, &n);
    if (folded == NULL)
        abort();
    char *copy = arena_copy(arena, (char *)folded, n);
    free(folded);
    return copy;
}

const char *
text_casemap_ascii(struct arena *arena, const char *s)
{
    char *mapped = arena_copy(arena, s, strlen(s));

    for (char *p = mapped; *p != '\0'; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return mapped;
}

const char *
text_small_ascii(struct arena *arena, const char *s)
{
    char *small = arena_copy(arena, s, strlen(s));

    for (char *c = small; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    return small;
}

const char *
text_casemap(struct arena *arena, const char *s)
{
    size_t n = strlen(s), room = 2 * n, mapped = 0;

    if (is_ascii(s) || !text_is_utf8(s, n))
        return text_casemap_ascii(arena, s);
    /* No simple mapping makes two bytes more than twice as many. */
    uint8_t *title = arena_alloc(arena, room);
    for (const uint8_t *p = (const uint8_t *)s, *end = p + n; p < end;) {
        ucs4_t c;
        p += u8_mbtouc(&c, p, (size_t)(end - p));
        int written = u8_uctomb(title + mapped, uc_totitle(c), (ptrdiff_t)(room - mapped));
        mapped += written > 0 ? (size_t)written : 0;
    }
    uint8_t *normal = u8_normalize(UNINORM_NFKD, title, mapped, NULL, &n);
    if (normal == NULL)
        abort();
    char *copy = arena_copy(arena, (char *)normal, n);
    free(normal);
    return copy;
}

bool
text_to_int(const char *s, int64_t most, int64_t *value)
{
    int64_t v = 0;

    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *s - '0', &v) ||
            v > most)
            return false;
    }
    *value = v;
    return true;
}

bool
text_to_size(const char *s, size_t *value)
{
    static const struct {
        const char *name;
        int shift;
    } units[] = { { "", 0 }, { "B", 0 }, { "k", 10 }, { "K", 10 }, { "KiB", 10 }, { "M", 20 },
        { "MiB", 20 }, { "G", 30 }, { "GiB", 30 }, { "T", 40 }, { "TiB", 40 } };
    char digits[20];
    size_t n = strspn(s, "0123456789");
    int64_t v;

    if (n == 0 || n >= sizeof digits)
        return false;
    memcpy(digits, s, n);
    digits[n] = '\0';
    s += n;
    s += strspn(s, " \t");
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(s, units[i].name) != 0)
            continue;
        if (!text_to_int(digits, INT64_MAX >> units[i].shift, &v))
            return false;
        *value = (size_t)v << units[i].shift;
        return true;
    }
    return false;
}

const char *
text_trim(struct arena *arena, const char *s)
{
    static const char blanks[] = " \t\r\n";
    size_t n;

    s += strspn(s, blanks);
    n = strlen(s);
    while (n > 0 && strchr(blanks, s[n - 1]) != NULL)
        n--;
    return s[n] == '\0' ? s : arena_copy(arena, s, n);
}

int
text_split(struct arena *arena, const char *s, const char *separators, const char *const **parts)
{
    int n = 0, most = 1;

    for (const char *c = s; *c != '\0'; c++)
        if (strchr(separators, *c) != NULL)
            most++;
    const char **part = NEW_ARRAY(arena, const char *, (size_t)most);
    for (;;) {
        s += strspn(s, separators);
        if (*s == '\0')
            break;
        size_t length = strcspn(s, separators);
        part[n++] = arena_copy(arena, s, length);
        s += length;
    }
    *parts = part;
    return n;
}

bool
text_is_slug(const char *s)
{
    return *s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

bool
text_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool
text_same_nocase(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        unsigned char x = (unsigned char)*a, y = (unsigned char)*b;
        if (x >= 'A' && x <= 'Z')
            x |= 0x20;
        if (y >= 'A' && y <= 'Z')
            y |= 0x20;
        if (x != y)
            return false;
    }
    return *a == *b;
}

const char *
text_size(struct arena *arena, int64_t bytes, const char *language)
{
    static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
    bool german = text_starts(language, "de");
    size_t unit = 0;

    if (bytes < 1000)
        return arena_printf(arena, "%lld %s", (long long)bytes,
            german       ? "Byte"
            : bytes == 1 ? "byte"
                         : "bytes");
    /* In tenths of the unit, rounded; what rounds to 1000 of one is 1 of the next. */
    int64_t tenths = bytes / 100 + (bytes % 100 >= 50);
    while (tenths >= 9995 && unit + 1 < COUNT_OF(units)) {
        bytes /= 1000;
        tenths = bytes / 100 + (bytes % 100 >= 50);
        unit++;
    }
    if (tenths >= 100)
        return arena_printf(arena, "%lld %s", (long long)(tenths + 5) / 10, units[unit]);
    return arena_printf(arena, "%lld%c%lld %s", (long long)tenths / 10, german ? ',' : '.',
        (long long)tenths % 10, units[unit]);
}
