/* The beginning and the end of documents: what a new chapter has, what is removed in time. */
#include <stddef.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/macros.h"
#include "db/db.h"
#include "modules/documents/documents.h"
#include "modules/documents/share.h"
#include "q/node.h"
#include "q/search.h"
#include "webdav/keeping.h"
#include "webdav/store.h"

/* Clients that have not synchronised for so long start afresh (decisions 1.21). */
#define TOMBSTONE_DAYS 90

/* Decisions 1.30. The names are those that people see on their drive. */
static const struct {
    const char *name;
    enum role read, write;
} folders[] = {
    { "Öffentlich", ROLE_PUBLIC, ROLE_BOARD },
    { "Mitglieder", ROLE_MEMBER, ROLE_MEMBER },
    { "Vorstand", ROLE_BOARD, ROLE_BOARD },
};

struct error *
documents_chapter_made(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t chapter)
{
    struct rows rows;

    TRY(q_root_make(db, arena, chapter, folder_kind.name, ROLE_FEDERATION, ROLE_BOARD, &rows));
    int64_t root = root_make_row(&rows, 0).id;
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        int16_t read = (int16_t)folders[i].read, write = (int16_t)folders[i].write;
        TRY(q_collection_make(db, arena, root, folders[i].name, folders[i].name, folder_kind.name,
            NULL, &read, &write, &rows));
    }
    return NULL;
}

struct error *
documents_retention(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t *removed)
{
    static const struct db_scope everything = { .chapters = "*" };
    struct rows rows;

    *removed = 0;
    TRY(db_begin(db, arena, READ_WRITE, &everything));
    TRY(db_end(db, arena, q_document_index_clear(db, arena, &rows)));
    TRY(db_begin(db, arena, READ_WRITE, &everything));
    TRY(db_end(db, arena, share_clear(db, arena, removed)));
    TRY(keeping_run(db, arena, &folder_kind, removed));
    TRY(store_clear_tombstones(
        db, arena, &everything, folder_kind.name, TOMBSTONE_DAYS, removed));
    return store_clear_tombstones(
        db, arena, &everything, file_kind.name, TOMBSTONE_DAYS, removed);
}
