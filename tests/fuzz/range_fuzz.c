#include <string.h>

#include "http/range.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    int64_t size = 0;
    struct range range;

    if (n < sizeof size)
        return;
    memcpy(&size, data, sizeof size);
    size &= INT64_MAX;
    if (range_read(fuzz_text(arena, data + sizeof size, n - sizeof size), size, &range) ==
        RANGE_ONE)
        MUST(range.first >= 0 && range.first <= range.last && range.last < size);
}
