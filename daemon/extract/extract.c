#include "extract/extract.h"

#include <string.h>

#include "base/buf.h"

/* PDF readers look for the mark this far; some programs write mail headers before it. */
#define PDF_MARK_WITHIN 1024

static bool
begins(const char *in, size_t n, const char *mark)
{
    return n >= strlen(mark) && memcmp(in, mark, strlen(mark)) == 0;
}

bool
extract_text(struct arena *arena, const char *in, size_t n, struct buf *out)
{
    if (memmem(in, n < PDF_MARK_WITHIN ? n : PDF_MARK_WITHIN, "%PDF-", 5) != NULL)
        return extract_pdf(arena, in, n, out);
    if (begins(in, n, "PK\x03\x04"))
        return extract_office(arena, in, n, out);
    if (begins(in, n, "{\\rtf") || begins(in, n, "%!PS"))
        return extract_none(out, "kind");
    return extract_plain(arena, in, n, out);
}
