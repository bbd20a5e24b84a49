/* The beginning and the end of calendars, and what is reckoned anew as time goes on. */
#include "auth/access.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/zone.h"
#include "db/db.h"
#include "html/lang.h"
#include "jobs/jobs.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/feed/feed.h"
#include "modules/calendars/object.h"
#include "modules/calendars/schedule/boxes.h"
#include "modules/calendars/web/import.h"
#include "q/calendar.h"
#include "q/calendar_import.h"
#include "q/imip.h"
#include "q/node.h"
#include "q/schedule.h"
#include "webdav/store.h"

/* Clients that have not synchronised for so long start afresh (decisions 1.21). */
#define TOMBSTONE_DAYS 400

/* An invitation by mail can be looked at by its link for so long after the event. */
#define REPLY_DAYS 30

/* How long messages lie in inboxes; how many are removed in one transaction. */
#define INBOX_DAYS 90
#define INBOX_STEP 500

/* Objects reckoned in one transaction. */
#define RECKON_STEP 200

static const struct db_scope everything = { .chapters = "*" };

/* Names as people see them; addresses in ASCII, since some clients show them. */
static const struct {
    const char *name, *display;
    enum role read, write;
} calendars[] = {
    { "termine", "Termine", ROLE_PUBLIC, ROLE_BOARD },
    { "vorstand", "Vorstand", ROLE_BOARD, ROLE_BOARD },
};

fallible
calendars_chapter_made(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t chapter)
{
    struct rows rows;

    TRY(q_root_make(db, arena, chapter, calendars_home.tree.root->name, ROLE_FEDERATION, ROLE_BOARD,
        &rows));
    int64_t root = root_make_row(&rows, 0).id;
    for (size_t i = 0; i < COUNT_OF(calendars); i++) {
        int16_t read = (int16_t)calendars[i].read, write = (int16_t)calendars[i].write;
        TRY(q_collection_make(db, arena, root, calendars[i].name, calendars[i].name,
            calendar_kind.name, calendars[i].display, &read, &write, &rows));
    }
    return NULL;
}

/* ---------------------------------------------------------------- people */

/* A job sees of people one at a time: `tend` is called for each that there is something to do for. */
static fallible
for_people(struct db *db, struct arena *arena, int64_t now,
    fallible (*tend)(struct db *, struct arena *, const struct db_scope *, void *), void *what)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_ONLY, &everything));
    TRY(db_end(db, arena, q_people_to_tend(db, arena, now, zones_version(),
                              TOMBSTONE_DAYS, &rows)));
    for (int i = 0; i < rows.n; i++) {
        const struct db_scope own = { .chapters = "",
            .person = people_to_tend_row(&rows, i).person };
        TRY(tend(db, arena, &own, what));
    }
    return NULL;
}

static fallible
clear_replies(struct db *db, struct arena *arena, const struct db_scope *scope, int64_t *removed)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, scope));
    TRY(db_end(
        db, arena, q_reply_link_clear(db, arena, time_now() / 1000000, REPLY_DAYS, &rows)));
    *removed += rows.n;
    return NULL;
}

static fallible
clear(struct db *db, struct arena *arena, const struct db_scope *scope, void *removed)
{
    TRY(clear_replies(db, arena, scope, removed));
    TRY(store_bury(db, arena, scope));
    TRY(store_clear_tombstones(db, arena, scope, calendar_kind.name, TOMBSTONE_DAYS, removed));
    TRY(store_clear_tombstones(db, arena, scope, inbox_item_kind.name, TOMBSTONE_DAYS, removed));
    return store_clear_tombstones(db, arena, scope, event_kind.name, TOMBSTONE_DAYS, removed);
}

/* What has lain in inboxes long enough. */
static fallible
clear_inboxes(struct db *db, struct arena *arena, int64_t *removed)
{
    static const struct db_scope none = { .chapters = "" };
    struct rows rows;
    int64_t n;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &none));
        TRY(db_end(db, arena, q_schedule_expire(db, arena, INBOX_DAYS, INBOX_STEP, &rows)));
        n = schedule_expire_row(&rows, 0).n;
        *removed += n;
    } while (n == INBOX_STEP);
    return NULL;
}

fallible
calendars_retention(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t *removed)
{
    struct rows rows;

    *removed = 0;
    TRY(db_begin(db, arena, READ_WRITE, &everything));
    TRY(db_end(db, arena, feeds_clear(db, arena, removed)));
    TRY(clear_inboxes(db, arena, removed));
    TRY(db_begin(db, arena, READ_WRITE, &everything));
    TRY(db_end(db, arena, q_imports_clear(db, arena, IMPORT_DAYS, &rows)));
    TRY(clear(db, arena, &everything, removed));
    return for_people(db, arena, time_now() / 1000000, clear, removed);
}

/* ---------------------------------------------------------------- instances, as time goes on */

/* What was taken when it was written may be refused by a later version of ours: it stays as it is. */
static fallible
reckon_one(
    struct db *db, struct arena *arena, const struct calendar_objects_old_row *row, int64_t now)
{
    const struct lang *lang = languages[0];
    struct calendar_object o;
    struct object_times t;
    struct rows rows;
    struct error *e = object_read(arena, lang, row->bytes.p, row->bytes.n, &o);

    if (e == NULL)
        e = object_times(arena, lang, &o, now, &t);
    if (e != NULL)
        LOG(LOG_WARNING_, "object_unread", "node", arena_printf(arena, "%lld", (long long)row->node),
            "cause", e->detail != NULL ? e->detail : e->cond->title);
    if (e != NULL)
        return q_calendar_object_leave(db, arena, row->node, zones_version(), &rows);
    db_defer(db);
    return q_calendar_object_set(db, arena, row->collection, row->name_key, o.uid, o.component,
        t.zones, t.covers_from, t.open_from, t.again, t.exact, t.starts, t.ends, t.takes,
        &rows);
}

static fallible
reckon_some(struct db *db, struct arena *arena, int64_t now, int *n)
{
    struct rows rows;

    TRY(q_calendar_objects_old(
        db, arena, now, zones_version(), RECKON_STEP, &rows));
    *n = rows.n;
    for (int i = 0; i < rows.n; i++) {
        struct calendar_objects_old_row row = calendar_objects_old_row(&rows, i);
        TRY(reckon_one(db, arena, &row, now));
    }
    return NULL;
}

static fallible
reckon(struct db *db, struct arena *arena, const struct db_scope *scope, void *app)
{
    struct job_pace pace = job_pace_of(app);
    int n;

    do {
        size_t mark = arena_mark(arena);
        TRY(db_begin(db, arena, READ_WRITE, scope));
        TRY(db_end(db, arena, reckon_some(db, arena, time_now() / 1000000, &n)));
        arena_rewind(arena, mark);
        job_pause(&pace);
    } while (n == RECKON_STEP);
    return NULL;
}

fallible
calendars_reckon(const struct app *app, struct db *db, struct arena *arena)
{
    void *what = (void *)(uintptr_t)app;

    TRY(reckon(db, arena, &everything, what));
    return for_people(db, arena, time_now() / 1000000, reckon, what);
}
