#include <string.h>

#include "base/time.h"
#include "base/zone.h"
#include "base/zone_rule.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);
    int64_t us, again, when = 0;
    int offset;

    if (time_from_http(text, &us)) {
        MUST(us % 1000000 == 0);
        if (us >= 0 && us < INT64_C(253402300800) * 1000000) /* year 10000 */
            MUST(time_from_http(time_http(arena, us), &again) && again == us);
    }
    memcpy(&when, data, n < sizeof when ? n : sizeof when);
    MUST(strlen(time_rfc3339(arena, when)) >= 20);
    if (n > 8 && zone_rule(text, when / 1000000, &offset))
        MUST(offset >= -168 * 3600 && offset <= 168 * 3600);
    offset = zone_offset("Europe/Berlin", when / 1000000);
    MUST(offset >= 0 && offset <= 3 * 3600);
}
