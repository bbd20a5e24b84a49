#include <string.h>

#include "html/out.h"
#include "tests/fuzz/fuzz.h"

/* Whatever text goes in, no markup and no end of an attribute comes out. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);
    struct out *o = out_new(arena, 1 << 20);

    out_text(o, text);
    out_url(o, text);
    out_url_part(o, text);
    MUST(!out_failed(o) && out_memory(o) != NULL);
    MUST(strpbrk(out_memory(o), "<>\"'") == NULL);
    MUST((int64_t)strlen(out_memory(o)) == out_length(o));
}
