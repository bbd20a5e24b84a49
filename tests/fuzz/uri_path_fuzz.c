#include <string.h>

#include "base/text.h"
#include "base/uri.h"
#include "tests/fuzz/fuzz.h"

/* What is accepted has one canonical address, and that is read back as the same path. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const struct path_limits limits = { .segments = 36, .segment = 255, .whole = 4096 };
    const struct path_limits wider = { .segments = 36, .segment = 255, .whole = 3 * 4096 };
    struct path path, again;

    if (uri_path(arena, (const char *)data, n, &limits, &path) != NULL)
        return;
    MUST(path.n <= limits.segments);
    for (int i = 0; i < path.n; i++) {
        const char *part = path.part[i];
        MUST(text_is_name(part, strlen(part)) && strlen(part) <= limits.segment);
        MUST(strcmp(part, ".") != 0 && strcmp(part, "..") != 0 && strpbrk(part, "/\\") == NULL);
    }
    const char *href = uri_href(arena, &path, path.slash);
    MUST(uri_path(arena, href, strlen(href), &wider, &again) == NULL);
    MUST(again.n == path.n && again.slash == (path.slash || path.n == 0));
    for (int i = 0; i < path.n; i++)
        MUST(strcmp(path.part[i], again.part[i]) == 0);
    MUST(strcmp(uri_href(arena, &again, again.slash), href) == 0);
}
