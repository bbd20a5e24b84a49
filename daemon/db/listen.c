/* Notifications: how one process tells the others that what they remember is out of date. */
#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/arena.h"
#include "base/time.h"
#include "db/conn.h"

/* LISTEN does not go through pipelines: this connection does nothing else. */
static fallible
subscribe(struct db *db, struct arena *arena, const char *const *channels)
{
    TRY(conn_open(db, arena));
    if (!PQexitPipelineMode(db->pg) || PQsetnonblocking(db->pg, 0) != 0) {
        conn_drop(db);
        return REFUSE(arena, TRY_LATER);
    }
    for (; *channels != NULL; channels++) {
        PGresult *result = PQexec(db->pg, arena_printf(arena, "LISTEN %s", *channels));
        bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
        if (!good) {
            struct error *e = conn_failure(db, arena, "LISTEN", NULL);
            conn_drop(db);
            return e;
        }
    }
    db->listening = true;
    return NULL;
}

static bool
next_notification(struct db *db, struct arena *arena, const char **channel, const char **payload)
{
    PGnotify *n = PQnotifies(db->pg);

    if (n == NULL)
        return false;
    *channel = arena_printf(arena, "%s", n->relname);
    *payload = arena_printf(arena, "%s", n->extra);
    PQfreemem(n);
    return true;
}

struct error *
db_listen(struct db *db, struct arena *arena, const char *const *channels, int timeout_ms,
    const char **channel, const char **payload)
{
    *channel = *payload = NULL;
    if (!db->listening) {
        TRY(subscribe(db, arena, channels));
        *channel = *payload = "";
        return NULL;
    }
    if (next_notification(db, arena, channel, payload))
        return NULL;
    struct pollfd p = { .fd = PQsocket(db->pg), .events = POLLIN };
    int n = poll(&p, 1, timeout_ms);
    if (n < 0 && errno != EINTR)
        return REFUSE(arena, TRY_LATER);
    if (n > 0 && !PQconsumeInput(db->pg)) {
        struct error *e = conn_failure(db, arena, "LISTEN", NULL);
        conn_drop(db);
        return e;
    }
    next_notification(db, arena, channel, payload);
    return NULL;
}
