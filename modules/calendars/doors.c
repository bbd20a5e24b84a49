/* What other parts ask of calendars: all of somebody's, all of a chapter's. */
#include "base/macros.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/feed/feed.h"
#include "modules/calendars/schedule/boxes.h"
#include "modules/module.h"
#include "q/calendar_import.h"
#include "q/group_address.h"
#include "q/imip.h"
#include "q/node.h"

fallible
calendars_chapter_export(const struct app *app, struct db *db, struct arena *arena,
    int64_t chapter, struct export_sink *sink)
{
    TRY(tell_members(
        db, arena, &(struct told){ calendar_kind.name, "calendars", .chapter = &chapter }, sink));
    return feeds_chapter_export(app, db, arena, chapter, sink);
}

fallible
calendars_person_export(const struct app *app, struct db *db, struct arena *arena,
    int64_t person, struct export_sink *sink)
{
    TRY(tell_members(
        db, arena, &(struct told){ calendar_kind.name, "calendars", .person = &person }, sink));
    TRY(tell_members(
        db, arena, &(struct told){ inbox_kind.name, "inbox", .person = &person }, sink));
    return feeds_person_export(app, db, arena, person, sink);
}

fallible
calendars_person_erase(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t person)
{
    struct rows rows;

    TRY(feeds_person_erase(db, arena, person));
    TRY(q_invited_erase(db, arena, person, &rows));
    TRY(q_reply_link_erase(db, arena, person, &rows));
    TRY(q_import_nobody(db, arena, person, &rows));
    return q_person_tree_erase(db, arena, person, &rows);
}
