/* Text and Markdown, in the encodings that programs of the last decades have written. */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "extract/extract.h"

/* Windows-1252 from 0x80 to 0x9F; 0: not used. */
static const uint16_t windows[32] = { 0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178 };

static bool
add_character(struct buf *out, uint32_t c)
{
    char utf8[4];
    size_t n = 0;

    if (c < 0x80) {
        utf8[n++] = (char)c;
    } else if (c < 0x800) {
        utf8[n++] = (char)(0xC0 | c >> 6);
        utf8[n++] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        utf8[n++] = (char)(0xE0 | c >> 12);
        utf8[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        utf8[n++] = (char)(0x80 | (c & 0x3F));
    } else {
        utf8[n++] = (char)(0xF0 | c >> 18);
        utf8[n++] = (char)(0x80 | (c >> 12 & 0x3F));
        utf8[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        utf8[n++] = (char)(0x80 | (c & 0x3F));
    }
    return extract_add(out, utf8, n);
}

static bool
is_surrogate(uint32_t c)
{
    return c >= 0xD800 && c < 0xE000;
}

static bool
from_utf16(const unsigned char *in, size_t n, bool big, struct buf *out)
{
    for (size_t i = 2; i + 1 < n; i += 2) {
        uint32_t c = (uint32_t)(big ? in[i] << 8 | in[i + 1] : in[i + 1] << 8 | in[i]);
        if (c >= 0xD800 && c < 0xDC00 && i + 3 < n) {
            uint32_t low = (uint32_t)(big ? in[i + 2] << 8 | in[i + 3] : in[i + 3] << 8 | in[i + 2]);
            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        if (c == 0)
            return extract_none(out, "kind");
        if (!is_surrogate(c) && !add_character(out, c))
            break;
    }
    return true;
}

static bool
from_windows(const unsigned char *in, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t c = in[i] >= 0x80 && in[i] < 0xA0 ? windows[in[i] - 0x80] : in[i];
        if (c != 0 && !add_character(out, c))
            break;
    }
    return true;
}

/* Control characters that no text has; a form feed between pages is none of them. */
static bool
is_text(const unsigned char *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (in[i] < ' ' && memchr("\t\n\v\f\r\x1b", in[i], 6) == NULL)
            return false;
    return true;
}

bool
extract_plain(struct arena *arena, const char *in, size_t n, struct buf *out)
{
    const unsigned char *bytes = (const unsigned char *)in;

    (void)arena;
    if (n >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        return from_utf16(bytes, n, bytes[0] == 0xFE, out);
    if (!is_text(bytes, n))
        return extract_none(out, "kind");
    if (!text_is_utf8(in, n))
        return from_windows(bytes, n, out);
    extract_add(out, in, n);
    return true;
}
