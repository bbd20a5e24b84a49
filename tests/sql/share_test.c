/*
 * What is kept of links: told to those it is about and forgotten in time, from C against a real
 * server. CHAPTERD_TEST_DB and CHAPTERD_TEST_ADMIN as in db_test.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "db/db.h"
#include "modules/documents/documents.h"
#include "modules/module.h"
#include "tests/check.h"
#include "tests/sql/admin.h"

static const struct db_scope everything = { .chapters = "*" };

/* Keeps the one file of an export. */
struct kept {
    struct export_sink sink;
    const char *path, *text;
};

static fallible
keep(struct export_sink *sink, struct arena *arena, const char *path, const char *bytes, int64_t n)
{
    struct kept *kept = (struct kept *)sink;

    kept->path = path;
    kept->text = arena_copy(arena, bytes, (size_t)n);
    return NULL;
}

struct world {
    struct arena *arena;
    struct db *db;
    int64_t chapter, person;
};

/* A chapter with three links that somebody made: one works, one ended yesterday, one two years ago.
 */
static struct world
set_up(void)
{
    struct arena *arena = arena_new();
    struct world w = { .arena = arena, .db = db_new(getenv("CHAPTERD_TEST_DB"), "share_test") };
    const char *slug = arena_printf(arena, "share-%" PRIx64, (uint64_t)time_now() & 0xffffffffff);

    w.chapter = admin(arena,
        arena_printf(arena,
            "INSERT INTO chapter (slug, name, kind) VALUES ('%s', 'x', 'local') RETURNING id",
            slug));
    w.person = admin(arena,
        arena_printf(arena,
            "INSERT INTO person (directory_id, uid, name) VALUES ('%s', '%s', 'x') RETURNING id",
            slug, slug));
    admin(arena,
        arena_printf(arena,
            "INSERT INTO share_link (chapter_id, node_id, hash, drop_box, read_level, write_level, "
            "purpose, maker_id, until, ended)"
            " SELECT %" PRId64 ", root_make(%" PRId64
            ", 'folder', 1::int2, 3::int2), sha256('%s'), false, 1, 3, 'works \"now\"', %" PRId64
            ", 'infinity', NULL",
            w.chapter, w.chapter, slug, w.person));
    admin(arena,
        arena_printf(arena,
            "INSERT INTO share_link (chapter_id, node_id, hash, drop_box, read_level, write_level, "
            "purpose, maker_id, until, ended)"
            " SELECT chapter_id, node_id, sha256(('%s' || d)::bytea), true, 1, 3, 'ended ' || d, "
            "maker_id, "
            "current_date - d, now() - d * interval '1 day'"
            "   FROM share_link, unnest(ARRAY[1, 700]) d WHERE chapter_id = %" PRId64,
            slug, w.chapter));
    return w;
}

static void
check_done(const struct error *e)
{
    test_text(__FILE__, __LINE__, "error",
        e == NULL          ? ""
        : e->cause != NULL ? e->cause
                           : e->cond->title,
        "");
}

static void
in_transaction(struct world *w)
{
    check_done(db_begin(w->db, w->arena, READ_WRITE, &everything));
}

static void
tear_down(struct world *w)
{
    db_free(w->db);
    arena_free(w->arena);
}

TEST(links_are_told_to_who_made_them_and_forgotten_with_her)
{
    const struct module_doors *doors = &documents_module.doors;
    struct world w = set_up();
    struct kept kept = { .sink = { .file = keep } };

    in_transaction(&w);
    check_done(
        db_end(w.db, w.arena, doors->person_export(NULL, w.db, w.arena, w.person, &kept.sink)));
    CHECK_TEXT(kept.path, "documents/links.json");
    CHECK(strstr(kept.text, "\"purpose\": \"works \\\"now\\\"\"") != NULL);
    CHECK(strstr(kept.text, "\"ended 700\"") != NULL &&
          strstr(kept.text, "\"kind\": \"drop box\"") != NULL);
    in_transaction(&w);
    check_done(db_end(w.db, w.arena, doors->person_erase(NULL, w.db, w.arena, w.person)));
    in_transaction(&w);
    check_done(
        db_end(w.db, w.arena, doors->person_export(NULL, w.db, w.arena, w.person, &kept.sink)));
    CHECK_TEXT(kept.text, "[]\n");
    in_transaction(&w);
    check_done(
        db_end(w.db, w.arena, doors->chapter_export(NULL, w.db, w.arena, w.chapter, &kept.sink)));
    CHECK(strstr(kept.text, "works") != NULL); /* the links are the chapter's, and go on */
    tear_down(&w);
}

TEST(links_are_forgotten_a_year_after_they_ended)
{
    struct world w = set_up();
    int64_t removed = 0;

    check_done(documents_module.doors.retention(NULL, w.db, w.arena, &removed));
    CHECK(removed >= 1);
    CHECK(admin(w.arena,
              arena_printf(w.arena, "SELECT count(*) FROM share_link WHERE chapter_id = %" PRId64,
                  w.chapter)) == 2);
    tear_down(&w);
}
