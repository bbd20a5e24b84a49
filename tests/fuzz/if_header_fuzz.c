#include "tests/fuzz/fuzz.h"
#include "webdav/if_header.h"

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const struct if_limits limits = { .bytes = 8192, .lists = 64, .conditions = 256 };
    const char *text = fuzz_text(arena, data, n);
    const char *const tokens[] = { "urn:uuid:1", "DAV:no-lock" };
    const struct if_state state = { .etag = "e", .token = tokens, .n = 2 };
    struct if_header header;
    int conditions = 0;

    if (if_parse(arena, text, &limits, &header) != NULL)
        return;
    MUST(header.n >= 1 && header.n <= limits.lists);
    for (int i = 0; i < header.n; i++) {
        const struct if_list *list = &header.list[i];
        MUST(list->n >= 1);
        conditions += list->n;
        for (int j = 0; j < list->n; j++)
            MUST((list->condition[j].token == NULL) != (list->condition[j].etag == NULL));
        if_list_holds(list, &state);
    }
    MUST(conditions <= limits.conditions);
    if_submits(&header, "urn:uuid:1");
}
