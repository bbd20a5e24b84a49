/* The beginning and the end of address books. */
#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "db/db.h"
#include "modules/contacts/contacts.h"
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

fallible
contacts_retention(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t *removed)
{
    *removed = 0;
    TRY(store_bury(db, arena, &everything));
    return store_clear_tombstones(
        db, arena, &everything, addressbook_kind.name, TOMBSTONE_DAYS, removed);
}
