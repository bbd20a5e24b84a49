/*
 * Calendars and address books as jobs and exports see them, from C against a real server.
 * CHAPTERD_TEST_DB and CHAPTERD_TEST_ADMIN as in db_test.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "db/db.h"
#include "http/app.h"
#include "modules/calendars/calendars.h"
#include "modules/contacts/contacts.h"
#include "modules/module.h"
#include "tests/check.h"
#include "tests/sql/admin.h"

#define EVENT                                                                                      \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:weekly\r\nDTSTAMP:20260101T000000Z\r\n" \
    "DTSTART;TZID=Europe/Berlin:20200106T190000\r\nDURATION:PT2H\r\nRRULE:FREQ=WEEKLY\r\n"         \
    "END:VEVENT\r\nEND:VCALENDAR\r\n"

#define CARD "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:anna\r\nFN:Anna\r\nN:;Anna;;;\r\nEND:VCARD\r\n"

struct world {
    struct arena *arena;
    struct db *db;
    int64_t person, event;
    struct db_scope scope;
};

/* Somebody with a weekly event in her own calendar, of which nothing is known yet but that it is
 * old. */
static struct world
set_up(void)
{
    struct arena *arena = arena_new();
    struct world w = { .arena = arena, .db = db_new(getenv("CHAPTERD_TEST_DB"), "calendar_test") };
    const char *uid = arena_printf(arena, "cal-%" PRIx64, (uint64_t)time_now() & 0xffffffffff);

    w.person = admin(arena,
        arena_printf(arena,
            "INSERT INTO person (directory_id, uid, name) VALUES ('%s', '%s', 'x') RETURNING id",
            uid, uid));
    w.scope = (struct db_scope){ .chapters = "", .person = w.person };
    w.event = admin(arena,
        arena_printf(arena,
            "WITH held AS (INSERT INTO blob (person_id, sha256, size, bytes) VALUES (%" PRId64
            ", sha256('%s'), %zu, '" EVENT "'::bytea) RETURNING id)"
            " INSERT INTO dav_node (root_id, parent_id, person_id, policy_id, kind, collection, "
            "name,"
            " name_key, etag, blob_id, size)"
            " SELECT c.root_id, c.id, c.person_id, c.policy_id, 'event', false, 'w.ics', 'w.ics', "
            "'x',"
            " held.id, %zu FROM dav_node c, held WHERE c.person_id = %" PRId64
            " AND c.kind = 'calendar' RETURNING id",
            w.person, uid, strlen(EVENT), strlen(EVENT), w.person));
    admin(arena,
        arena_printf(arena,
            "INSERT INTO calendar_object (node_id, collection_id, person_id, uid, component, zones)"
            " SELECT id, parent_id, person_id, 'weekly', 'VEVENT', 'of another year' FROM dav_node"
            " WHERE id = %" PRId64,
            w.event));
    return w;
}

/* Of rows of the person alone. */
static int64_t
count(struct world *w, const char *what, const char *where)
{
    return admin(w->arena, arena_printf(w->arena, "SELECT %s WHERE %s AND person_id = %" PRId64,
                               what, where, w->person));
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

/* Counts the objects of an export, and keeps the last. */
struct kept {
    struct export_sink sink;
    int n;
    char path[100], text[1000];
};

static fallible
keep(struct export_sink *sink, struct arena *arena UNUSED, const char *path, const char *bytes,
    int64_t n)
{
    struct kept *kept = (struct kept *)sink;

    if (strstr(path, "feeds.json") != NULL)
        return NULL; /* how she has her feeds */
    kept->n++;
    snprintf(kept->path, sizeof kept->path, "%s", path);
    snprintf(kept->text, sizeof kept->text, "%.*s", (int)n, bytes);
    return NULL;
}

static int
exported(struct world *w, struct kept *kept)
{
    kept->n = 0;
    check_done(db_begin(w->db, w->arena, READ_ONLY, &w->scope));
    check_done(db_end(w->db, w->arena,
        calendars_module.doors.person_export(NULL, w->db, w->arena, w->person, &kept->sink)));
    return kept->n;
}

TEST(her_own_calendar_is_exported_and_erased)
{
    struct world w = set_up();
    struct kept kept = { .sink = { .file = keep } };

    CHECK(exported(&w, &kept) == 1);
    CHECK_TEXT(kept.path, "calendars/calendar/w.ics");
    CHECK_TEXT(kept.text, EVENT);
    check_done(db_begin(w.db, w.arena, READ_WRITE, &w.scope));
    check_done(
        db_end(w.db, w.arena, calendars_module.doors.person_erase(NULL, w.db, w.arena, w.person)));
    CHECK(exported(&w, &kept) == 0);
    static const char *const tables[] = { "dav_node", "blob", "dav_policy", "calendar_object" };
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        CHECK(count(&w, arena_printf(w.arena, "count(*) FROM %s", tables[i]), "true") == 0);
    db_free(w.db);
    arena_free(w.arena);
}

/* What is left of her own address books. */
static int64_t
books(struct world *w)
{
    return count(w, "count(*) FROM dav_node", "kind = 'addressbook'");
}

/* They were deleted that long ago; what retention removed. */
static int64_t
removed_after(struct world *w, int days)
{
    int64_t removed = 0;

    admin(w->arena, arena_printf(w->arena,
                        "UPDATE dav_node SET gone = true, gone_at = now() - interval '%d days'"
                        " WHERE person_id = %" PRId64 " AND kind = 'addressbook'",
                        days, w->person));
    check_done(contacts_module.doors.retention(NULL, w->db, w->arena, &removed));
    return removed;
}

TEST(her_own_contacts_are_exported_and_erased)
{
    struct world w = set_up();
    struct kept kept = { .sink = { .file = keep } };

    admin(w.arena,
        arena_printf(w.arena,
            "WITH held AS (INSERT INTO blob (person_id, sha256, size, bytes) VALUES (%" PRId64
            ", sha256('" CARD "'::bytea), %zu, '" CARD "'::bytea) RETURNING id), made AS ("
            " INSERT INTO dav_node (root_id, parent_id, person_id, policy_id, kind, collection, "
            "name,"
            " name_key, etag, blob_id, size)"
            " SELECT c.root_id, c.id, c.person_id, c.policy_id, 'card', false, 'a.vcf', 'a.vcf', "
            "'x',"
            " held.id, %zu FROM dav_node c, held WHERE c.person_id = %" PRId64
            " AND c.kind = 'addressbook' RETURNING id, parent_id, person_id)"
            " INSERT INTO card (node_id, collection_id, person_id, uid, name, org, email, phone, "
            "is_group, says)"
            " SELECT id, parent_id, person_id, 'anna', 'Anna', '', '', '', false, 'ANNA' FROM made",
            w.person, strlen(CARD), strlen(CARD), w.person));
    const struct module_doors *doors = &contacts_module.doors;
    check_done(db_begin(w.db, w.arena, READ_WRITE, &w.scope));
    check_done(doors->person_export(NULL, w.db, w.arena, w.person, &kept.sink));
    CHECK(kept.n == 1);
    CHECK_TEXT(kept.path, "contacts/contacts/a.vcf");
    CHECK_TEXT(kept.text, CARD);
    check_done(db_end(w.db, w.arena, doors->person_erase(NULL, w.db, w.arena, w.person)));
    CHECK(count(&w, "count(*) FROM card", "true") == 0 && books(&w) == 0);
    db_free(w.db);
    arena_free(w.arena);
}

TEST(a_deleted_address_book_goes_with_all_that_is_remembered_of_it)
{
    struct world w = set_up();

    removed_after(&w, 300);
    CHECK(books(&w) == 1);
    CHECK(removed_after(&w, 500) >= 1 && books(&w) == 0);
    db_free(w.db);
    arena_free(w.arena);
}

TEST(instances_are_reckoned_anew_with_other_time_zones)
{
    struct world w = set_up();
    atomic_llong requests = 0;
    const struct app app = { .requests = &requests };

    CHECK(count(&w, "count(*) FROM occurrence", "true") == 0);
    check_done(calendars_reckon(&app, w.db, w.arena));
    CHECK(count(&w, "count(*) FROM occurrence", "true") > 400);
    /* the first one, at seven in the evening in Berlin in winter */
    CHECK(count(&w, "min(starts) FROM occurrence", "true") == 1578333600);
    CHECK(count(&w, "count(*) FROM calendar_object",
              "zones <> 'of another year' AND open_from > extract(epoch FROM now() + interval '700 "
              "days')") == 1);
    db_free(w.db);
    arena_free(w.arena);
}

TEST(what_was_deleted_is_removed_in_time)
{
    struct world w = set_up();
    int64_t removed = 0;

    admin(w.arena, arena_printf(w.arena,
                       "UPDATE dav_node SET gone = true, gone_at = now() - interval '500 days' "
                       "WHERE person_id = %" PRId64 " AND kind IN ('calendar', 'event')",
                       w.person));
    check_done(calendars_module.doors.retention(NULL, w.db, w.arena, &removed));
    CHECK(removed >= 1);
    CHECK(count(&w, "count(*) FROM dav_node", "kind = 'event'") == 0);
    db_free(w.db);
    arena_free(w.arena);
}
