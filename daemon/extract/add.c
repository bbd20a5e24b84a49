/* What every kind of document ends in: text that may be kept. */
#include "base/buf.h"
#include "extract/extract.h"

bool
extract_none(struct buf *out, const char *why)
{
    out->n = 0;
    out->over = false;
    buf_text(out, why);
    return false;
}

/* Bytes of a character of well-formed UTF-8. */
static size_t
length_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static bool
is_kept(const unsigned char *c)
{
    if (c[0] < ' ')
        return c[0] == '\t' || c[0] == '\n';
    return c[0] != 0x7F && !(c[0] == 0xC2 && c[1] < 0xA0); /* C1 */
}

bool
extract_add(struct buf *out, const char *text, size_t n)
{
    const unsigned char *c = (const unsigned char *)text, *end = c + n;

    for (size_t one; c < end; c += one) {
        one = length_of(*c);
        if (one > (size_t)(end - c) || out->n + one > EXTRACT_TEXT_MAX)
            return false;
        if (is_kept(c))
            buf_add(out, c, one);
    }
    return true;
}
