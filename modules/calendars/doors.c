/* What other parts ask of calendars: all of somebody's, all of a chapter's. */
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "db/db.h"
#include "modules/calendars/calendars.h"
#include "modules/module.h"
#include "q/calendar.h"

#define BATCH 200 /* objects held in memory */

static fallible
tell(struct db *db, struct arena *arena, const int64_t *chapter, const int64_t *person,
    struct export_sink *sink)
{
    struct rows rows;
    int64_t after = 0;

    do {
        size_t mark = arena_mark(arena);
        TRY(q_calendar_told(db, arena, chapter, person, after, BATCH, &rows));
        for (int i = 0; i < rows.n; i++) {
            struct calendar_told_row row = calendar_told_row(&rows, i);
            after = row.node;
            if (row.bytes_is_null)
                continue;
            TRY(sink->file(sink, arena,
                arena_printf(arena, "calendars/%s/%s", row.calendar, row.name), row.bytes.p,
                (int64_t)row.bytes.n));
        }
        int n = rows.n;
        arena_rewind(arena, mark);
        if (n < BATCH)
            return NULL;
    } while (true);
}

fallible
calendars_chapter_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t chapter, struct export_sink *sink)
{
    return tell(db, arena, &chapter, NULL, sink);
}

fallible
calendars_person_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t person, struct export_sink *sink)
{
    return tell(db, arena, NULL, &person, sink);
}

fallible
calendars_person_erase(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t person)
{
    struct rows rows;

    return q_person_tree_erase(db, arena, person, &rows);
}
