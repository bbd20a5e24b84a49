/* The file of "chapterctl apply". */
#include <string.h>

#include "base/arena.h"
#include "modules/chapters/apply.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct apply_plan plan;

    if (apply_read(arena, "fuzz", (const char *)data, n, &plan) != NULL)
        return;
    MUST(plan.n <= APPLY_CHAPTERS_MAX);
    for (int i = 0; i < plan.n; i++) {
        MUST(plan.chapter[i].n <= APPLY_SETTINGS_MAX && plan.chapter[i].line > 0);
        for (int k = 0; k < plan.chapter[i].n; k++)
            MUST(strchr(plan.chapter[i].set[k].key, '=') == NULL);
    }
}
