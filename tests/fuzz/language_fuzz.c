#include "html/lang.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);

    MUST(lang_accept(text, lang_find("en")) != NULL);
    MUST(tr(lang_find("de"), text) != NULL);
    MUST(trn(lang_find("de"), text, text, (long)n) != NULL);
}
