#include "jobs/watch.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/thread.h"
#include "db/db.h"
#include "http/app.h"

#define CHANNELS_MAX 8
#define TURN_MS      500 /* how long a stop may have to wait */

struct watch {
    const struct app *app;
    const struct watched *table;
    const char *channels[CHANNELS_MAX];
    struct db *db;
    pthread_t thread;
    atomic_bool stopping;
};

static void
tell(const struct watch *watch, const char *channel, const char *payload)
{
    for (const struct watched *w = watch->table; w->channel != NULL; w++)
        if (*channel == '\0' || strcmp(w->channel, channel) == 0)
            w->fn(watch->app, *channel == '\0' ? NULL : payload);
}

/* Waits for one notification; false when the connection is lost. */
static bool
turn(const struct watch *watch)
{
    struct arena *arena = arena_new();
    const char *channel, *payload;
    struct error *e = db_listen(watch->db, arena, watch->channels, TURN_MS, &channel, &payload);

    if (e != NULL) {
        LOG(LOG_WARNING_, "notifications_lost", "cause", e->cause == NULL ? "" : e->cause);
        tell(watch, "", NULL);
    } else if (channel != NULL) {
        tell(watch, channel, payload);
    }
    arena_free(arena);
    return e == NULL;
}

static void *
work(void *cls)
{
    struct watch *watch = cls;

    while (!atomic_load(&watch->stopping))
        if (!turn(watch))
            usleep(TURN_MS * 1000);
    return NULL;
}

struct watch *
watch_start(const struct app *app, const struct watched *table)
{
    struct watch *watch = calloc(1, sizeof *watch);
    int n = 0;

    if (watch == NULL)
        abort();
    watch->app = app;
    watch->table = table;
    for (const struct watched *w = table; w->channel != NULL; w++) {
        assert(n + 1 < CHANNELS_MAX);
        watch->channels[n++] = w->channel;
    }
    watch->db = db_new(app->config->database, "chapterd watch");
    (void)turn(watch); /* subscribes; what fails here is tried again */
    thread_begin(&watch->thread, work, watch);
    return watch;
}

void
watch_stop(struct watch *watch)
{
    atomic_store(&watch->stopping, true);
    pthread_join(watch->thread, NULL);
    db_free(watch->db);
    free(watch);
}
