#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "extract/extract.h"
#include "tests/fuzz/fuzz.h"

/* Whatever a package or a text holds: well-formed text within its limit, or one of the words. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct buf out = buf_new(arena, 2 * EXTRACT_TEXT_MAX);
    bool package = n >= 2 && memcmp(data, "PK", 2) == 0;

    if ((package ? extract_office : extract_plain)(arena, (const char *)data, n, &out)) {
        MUST(out.n <= EXTRACT_TEXT_MAX);
        MUST(text_is_utf8(buf_string(&out), out.n));
        return;
    }
    const char *why = buf_string(&out);
    MUST(strcmp(why, "kind") == 0 || strcmp(why, "damaged") == 0 || strcmp(why, "encrypted") == 0 ||
         strcmp(why, "bomb") == 0);
}
