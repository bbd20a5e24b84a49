/* The thread that delivers: woken by who puts something into the queue, and from time to time. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "db/db.h"
#include "http/app.h"
#include "modules/calendars/schedule/deliver.h"
#include "modules/calendars/schedule/group.h"
#include "q/schedule.h"

#define TURN_MS 500               /* how long a stop may have to wait */
#define LOOK    ((int64_t)3000000) /* microseconds between two looks that nobody asked for */
#define AT_ONCE 100               /* receivers */

struct delivery {
    const struct app *app;
    struct db *ear, *db;
    struct db_news news;
    pthread_t thread;
    atomic_bool stopping;
    int64_t next; /* time_monotonic(): the next look */
};

static const char *const channels[] = { "chapterd_schedule", NULL };
static const struct db_scope nobody_s = { .chapters = "" };

/* Has somebody called, or is it time? */
static bool
is_woken(struct delivery *d)
{
    struct arena *arena = arena_new();
    const char *channel, *payload;
    struct error *e = db_listen(d->ear, arena, channels, TURN_MS, &channel, &payload);
    const bool called = e == NULL && channel != NULL, failed = e != NULL;

    arena_free(arena);
    if (failed)
        usleep(TURN_MS * 1000);
    return called || time_monotonic() >= d->next;
}

/* One receiver whose turn fails holds up no other. */
static fallible
round_of(struct delivery *d, struct arena *arena, int *n)
{
    struct error *first = NULL;
    struct rows rows;

    *n = 0;
    TRY(group_reconcile(d->db, arena));
    TRY(db_begin(d->db, arena, READ_ONLY, &nobody_s));
    TRY(db_end(d->db, arena, q_schedule_waits(d->db, arena, AT_ONCE, &rows)));
    *n = rows.n;
    for (int i = 0; i < rows.n && !atomic_load(&d->stopping); i++) {
        struct schedule_waits_row row = schedule_waits_row(&rows, i);
        struct error *e =
            deliver_to(d->app, d->db, arena, row.slug, row.person_is_null ? 0 : row.person);
        if (first == NULL)
            first = e;
    }
    return first;
}

/* Until nothing waits any more. */
static void
deliver_all(struct delivery *d)
{
    int n = 1;

    while (n > 0 && !atomic_load(&d->stopping)) {
        struct arena *arena = arena_new();
        struct error *e = round_of(d, arena, &n);
        if (e != NULL && e->cond != &TRY_LATER && e->cond != &LOST_RACE)
            LOG(LOG_WARNING_, "delivery_failed", "cause",
                e->cause != NULL ? e->cause : e->cond->title, "where", e->where);
        if (e != NULL)
            n = 0; /* at the next look */
        arena_free(arena);
    }
}

static void *
work(void *own)
{
    struct delivery *d = own;

    pthread_setname_np(pthread_self(), "delivery");
    while (!atomic_load(&d->stopping))
        if (is_woken(d)) {
            deliver_all(d);
            d->next = time_monotonic() + LOOK;
        }
    return NULL;
}

struct delivery *
delivery_start(const struct app *app)
{
    struct delivery *d = calloc(1, sizeof *d);

    if (d == NULL)
        abort();
    d->app = app;
    d->ear = db_new(app->config->database, "chapterd delivery");
    d->db = db_new(app->config->database, "chapterd delivery");
    db_expect_lookups(d->db);
    db_join(d->db, &d->news);
    thread_begin(&d->thread, work, d);
    return d;
}

void
delivery_stop(struct delivery *d)
{
    if (d == NULL)
        return;
    atomic_store(&d->stopping, true);
    pthread_join(d->thread, NULL);
    db_free(d->ear);
    db_free(d->db);
    free(d);
}
