/* Exports of what is kept as small objects in collections. */
#include "base/arena.h"
#include "db/db.h"
#include "modules/module.h"
#include "q/node.h"

#define BATCH 200 /* objects held in memory */

fallible
tell_members(struct db *db, struct arena *arena, const struct told *told, struct export_sink *sink)
{
    struct rows rows;
    int64_t after = 0;
    int n;

    do {
        size_t mark = arena_mark(arena);
        TRY(q_members_told(
            db, arena, told->kind, told->chapter, told->person, after, BATCH, &rows));
        for (int i = 0; i < rows.n; i++) {
            struct members_told_row row = members_told_row(&rows, i);
            after = row.node;
            if (row.bytes_is_null)
                continue;
            TRY(sink->file(sink, arena,
                arena_printf(arena, "%s/%s/%s", told->folder, row.collection, row.name),
                row.bytes.p, (int64_t)row.bytes.n));
        }
        n = rows.n;
        arena_rewind(arena, mark);
    } while (n == BATCH);
    return NULL;
}
