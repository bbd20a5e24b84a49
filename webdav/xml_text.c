#include "webdav/xml_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"

/* Longest start tag that is passed on. */
#define TAG_MAX KB(8)

enum order { NOT_UTF16, LITTLE, BIG };

/* UTF-16 by its byte order mark, or by how "<" looks in it (XML 1.0, appendix F). */
static enum order
utf16_order(const char *p, size_t n, size_t *mark)
{
    *mark = 0;
    if (n < 2)
        return NOT_UTF16;
    if (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0) {
        *mark = 2;
        return p[0] == '\xFF' ? LITTLE : BIG;
    }
    if (memcmp(p, "<\0", 2) == 0)
        return LITTLE;
    return memcmp(p, "\0<", 2) == 0 ? BIG : NOT_UTF16;
}

static size_t
put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static uint32_t
unit(const char *p, enum order order)
{
    unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];

    return order == BIG ? (uint32_t)a << 8 | b : (uint32_t)b << 8 | a;
}

/* NULL when it is no UTF-16. */
static const char *
utf8_of_utf16(struct arena *arena, const char *p, size_t n, enum order order, size_t *length)
{
    char *text = arena_alloc(arena, n / 2 * 3 + 1), *to = text;

    if (n % 2 != 0)
        return NULL;
    for (size_t i = 0; i < n; i += 2) {
        uint32_t c = unit(p + i, order);

        if (c >= 0xDC00 && c < 0xE000)
            return NULL;
        if (c >= 0xD800 && c < 0xDC00) {
            uint32_t low = i + 4 <= n ? unit(p + i + 2, order) : 0;

            if (low < 0xDC00 || low >= 0xE000)
                return NULL;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        }
        to += put_utf8(to, c);
    }
    *length = (size_t)(to - text);
    return text;
}

/* Does the declaration, if there is one, name an encoding that this text can be in? */
static bool
encoding_fits(struct arena *arena, const char *p, size_t n, bool was_utf16)
{
    const char *end, *name;
    char quote;

    if (n < 5 || memcmp(p, "<?xml", 5) != 0)
        return true;
    end = memmem(p, n, "?>", 2);
    name = end == NULL ? NULL : memmem(p, (size_t)(end - p), "encoding", 8);
    if (name == NULL)
        return true;
    name += 8 + strspn(name + 8, " \t\r\n=");
    quote = *name;
    if (quote != '"' && quote != '\'')
        return false;
    name = arena_copy(arena, name + 1, strcspn(name + 1, "\"'?"));
    if (was_utf16)
        return text_same_nocase(name, "utf-16") || text_same_nocase(name, "utf-16le") ||
               text_same_nocase(name, "utf-16be");
    return text_same_nocase(name, "utf-8") || text_same_nocase(name, "utf8") ||
           text_same_nocase(name, "us-ascii");
}

/* Skips to behind `what`; NULL when it does not come. */
static const char *
behind(const char *p, const char *end, const char *what)
{
    const char *at = memmem(p, (size_t)(end - p), what, strlen(what));

    return at == NULL ? NULL : at + strlen(what);
}

/* From a "<" to behind its ">", quotes respected; NULL when that is too far. */
static const char *
behind_tag(const char *p, const char *end)
{
    const char *most = (size_t)(end - p) > TAG_MAX ? p + TAG_MAX : end;
    char quote = '\0';

    for (; p < most; p++)
        if (quote != '\0')
            quote = *p == quote ? '\0' : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '>')
            return p + 1;
    return NULL;
}

static bool
tags_are_short(const char *p, size_t n)
{
    const char *end = p + n;

    while (p != NULL && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
        if (end - p >= 4 && memcmp(p, "<!--", 4) == 0)
            p = behind(p + 4, end, "-->");
        else if (end - p >= 9 && memcmp(p, "<![CDATA[", 9) == 0)
            p = behind(p + 9, end, "]]>");
        else if (end - p >= 2 && memcmp(p, "<?", 2) == 0)
            p = behind(p + 2, end, "?>");
        else if (end - p >= 2 && memcmp(p, "<!", 2) == 0)
            return false; /* a document type */
        else
            p = behind_tag(p, end);
        if (p == NULL)
            return false;
    }
    return true;
}

fallible
xml_text_prepare(struct arena *arena, const char **p, size_t *n)
{
    size_t mark;
    enum order order = utf16_order(*p, *n, &mark);

    if (order != NOT_UTF16) {
        *p = utf8_of_utf16(arena, *p + mark, *n - mark, order, n);
        if (*p == NULL)
            return REFUSE(arena, BAD_REQUEST);
    } else if (*n >= 3 && memcmp(*p, "\xEF\xBB\xBF", 3) == 0) {
        *p += 3;
        *n -= 3;
    }
    /* The parser's own copy ends with a NUL, which the search for quotes relies on. */
    *p = arena_copy(arena, *p, *n);
    if (!encoding_fits(arena, *p, *n, order != NOT_UTF16))
        return REFUSE(arena, UNSUPPORTED_TYPE);
    if (!text_is_utf8(*p, *n) || !tags_are_short(*p, *n))
        return REFUSE(arena, BAD_REQUEST);
    return NULL;
}
