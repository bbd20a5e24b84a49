/* The beginning and the end of address books, and what other parts ask of them. */
#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/zone.h"
#include "db/db.h"
#include "modules/contacts/contacts.h"
#include "modules/module.h"
#include "q/calendar.h"
#include "q/node.h"
#include "webdav/store.h"

/* Clients that have not looked into their home for so long start afresh. */
#define TOMBSTONE_DAYS 400

static const struct db_scope everything = { .chapters = "*" };

fallible
contacts_chapter_made(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t chapter)
{
    int16_t board = ROLE_BOARD;
    struct rows rows;

    TRY(q_root_make(
        db, arena, chapter, contacts_home.tree.root->name, ROLE_FEDERATION, ROLE_BOARD, &rows));
    int64_t root = root_make_row(&rows, 0).id;
    return q_collection_make(db, arena, root, "kontakte", "kontakte", addressbook_kind.name,
        "Kontakte", &board, &board, &rows);
}

static fallible
clear(struct db *db, struct arena *arena, const struct db_scope *scope, int64_t *removed)
{
    TRY(store_bury(db, arena, scope));
    return store_clear_tombstones(db, arena, scope, addressbook_kind.name, TOMBSTONE_DAYS, removed);
}

fallible
contacts_retention(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t *removed)
{
    struct rows rows;

    *removed = 0;
    TRY(clear(db, arena, &everything, removed));
    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_people_to_tend(db, arena, 0, zones_version(), TOMBSTONE_DAYS, &rows)));
    for (int i = 0; i < rows.n; i++) {
        const struct db_scope own = { .chapters = "",
            .person = people_to_tend_row(&rows, i).person };
        TRY(clear(db, arena, &own, removed));
    }
    return NULL;
}

/* ---------------------------------------------------------------- exports and erasure */

fallible
contacts_chapter_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t chapter, struct export_sink *sink)
{
    return tell_members(
        db, arena, &(struct told){ addressbook_kind.name, "contacts", .chapter = &chapter }, sink);
}

fallible
contacts_person_export(const struct app *app UNUSED, struct db *db, struct arena *arena,
    int64_t person, struct export_sink *sink)
{
    return tell_members(
        db, arena, &(struct told){ addressbook_kind.name, "contacts", .person = &person }, sink);
}

fallible
contacts_person_erase(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t person)
{
    struct rows rows;

    return q_person_tree_erase(db, arena, person, &rows);
}
