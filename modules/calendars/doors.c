/* What other parts ask of calendars: all of somebody's, all of a chapter's. */
#include "base/macros.h"
#include "modules/calendars/calendars.h"
#include "modules/module.h"
#include "q/node.h"

fallible
calendars_chapter_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t chapter, struct export_sink *sink)
{
    return tell_members(
        db, arena, &(struct told){ calendar_kind.name, "calendars", .chapter = &chapter }, sink);
}

fallible
calendars_person_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t person, struct export_sink *sink)
{
    return tell_members(
        db, arena, &(struct told){ calendar_kind.name, "calendars", .person = &person }, sink);
}

fallible
calendars_person_erase(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t person)
{
    struct rows rows;

    return q_person_tree_erase(db, arena, person, &rows);
}
