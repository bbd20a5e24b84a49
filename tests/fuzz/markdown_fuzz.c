#include <string.h>

#include "base/buf.h"
#include "jobs/helper_markdown.h"
#include "tests/fuzz/fuzz.h"

/* Whatever Markdown there is, what comes out has no script and no element that loads or runs one. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct buf out = buf_new(arena, HELPER_BYTES_MAX);

    MUST(helper_markdown.run(arena, (const char *)data, n, &out));
    const char *html = buf_string(&out);
    MUST(strstr(html, "<script") == NULL && strstr(html, "<svg") == NULL &&
         strstr(html, "<iframe") == NULL && strstr(html, "=\"javascript:") == NULL);
}
