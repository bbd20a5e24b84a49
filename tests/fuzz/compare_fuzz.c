#include <string.h>

#include "base/buf.h"
#include "jobs/helper_compare.h"
#include "tests/fuzz/fuzz.h"

/*
 * Whatever is compared: the first line has four counts, each line begins with a known mark, only
 * changed lines have marks inside, and everything but context is of one of the two texts.
 */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct buf out = buf_new(arena, HELPER_BYTES_MAX);

    if (!helper_compare.run(arena, (const char *)data, n, &out))
        return;
    MUST(!out.over && out.n > 0 && out.p[0] == COMPARE_COUNTS && out.p[out.n - 1] == '\n');
    for (const char *line = out.p; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = strcspn(line, "\n");
        MUST(strchr("%=#-+~!", line[0]) != NULL);
        for (size_t i = 1; i < length; i++)
            MUST((unsigned char)line[i] >= ' ' || line[i] == '\t' ||
                 (line[0] == COMPARE_CHANGED && line[i] >= COMPARE_SAME && line[i] <= COMPARE_IN));
    }
}
