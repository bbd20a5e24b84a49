#include <string.h>

#include "base/arena.h"
#include "ctl/backup.h"
#include "tests/fuzz/fuzz.h"

/* A line of `parts` that is one says the same when it is written again. */
static void
fuzz_part(struct arena *arena, const char *line)
{
    struct backup_part part, again;

    if (!backup_part_parse(line, &part))
        return;
    MUST(part.sum.size >= 0 && part.owner.id >= 0);
    MUST(backup_part_parse(backup_part_line(arena, &part), &again));
    MUST(memcmp(part.sum.sha256, again.sum.sha256, SHA256_SIZE) == 0);
    MUST(part.sum.size == again.sum.size && part.where == again.where);
    MUST(part.owner.kind == again.owner.kind && part.owner.id == again.owner.id);
}

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);
    struct backup_manifest m = { .name = NULL };

    fuzz_part(arena, text);
    backup_is_name(text);
    if (backup_manifest_parse(arena, text, &m) == NULL)
        MUST(m.name != NULL && m.dump.size >= 0 && m.parts.size >= 0 && m.n_missing >= 0);
}
