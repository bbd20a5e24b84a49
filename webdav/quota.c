#include "webdav/quota.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/time.h"
#include "db/db.h"
#include "http/app.h"
#include "http/request.h"
#include "q/quota.h"

/* What a process sets aside for small writes: a sixteenth of what is left (in SQL), at most this.
 */
#define POOL_BYTES ((int64_t)MB(16))
/* How long such a lease lives, and how long before its end it is used no more (all in seconds). */
#define POOL_SECONDS 300
#define POOL_MARGIN  60
/* An upload must be through in this time, at a bearable speed: 256 KiB a second. */
#define UPLOAD_SECONDS     600
#define UPLOAD_BYTES_A_SEC ((int64_t)KB(256))
#define UPLOAD_SECONDS_MAX 86400

/* Leases that nobody needs any more are removed with the next request for one. */
#define DEAD_MAX 256

struct lease {
    int64_t chapter, id, left, until; /* until: time_monotonic() */
};

/* What a write draws on. */
struct quota_hold {
    int64_t chapter, lease, bytes;
};

struct drawn {
    struct quota_pool *pool;
    struct quota_hold hold;
};

/*
 * `mutex` guards the leases and is held for moments; `db_mutex` the connection,
 * while a lease is asked for. Taken in the order db_mutex, mutex.
 */
struct quota_pool {
    pthread_mutex_t mutex, db_mutex;
    struct lease *lease;
    int n, room;
    struct {
        int64_t chapter, id;
    } dead[DEAD_MAX];
    int n_dead;
    struct db *db;
};

struct quota_pool *
quota_pool_new(const char *conninfo)
{
    struct quota_pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        abort();
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_mutex_init(&pool->db_mutex, NULL);
    pool->db = db_new(conninfo, "chapterd quota");
    return pool;
}

void
quota_pool_free(struct quota_pool *pool)
{
    if (pool == NULL)
        return;
    db_free(pool->db);
    pthread_mutex_destroy(&pool->db_mutex);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->lease);
    free(pool);
}

/* ---- in memory; the mutex is held ---- */

static struct lease *
lease_of(struct quota_pool *pool, int64_t chapter)
{
    for (int i = 0; i < pool->n; i++)
        if (pool->lease[i].chapter == chapter)
            return &pool->lease[i];
    return NULL;
}

static void
keep_lease(struct quota_pool *pool, struct lease new)
{
    struct lease *old = lease_of(pool, new.chapter);

    if (old != NULL) {
        *old = new;
        return;
    }
    if (pool->n == pool->room) {
        pool->room = pool->room == 0 ? 16 : 2 * pool->room;
        pool->lease = reallocarray(pool->lease, (size_t)pool->room, sizeof *pool->lease);
        if (pool->lease == NULL)
            abort();
    }
    pool->lease[pool->n++] = new;
}

static bool
draw_from_pool(struct quota_pool *pool, int64_t chapter, int64_t bytes, struct quota_hold *hold)
{
    pthread_mutex_lock(&pool->mutex);
    struct lease *l = lease_of(pool, chapter);
    bool enough = l != NULL && l->left >= bytes && l->until > time_monotonic();
    if (enough) {
        l->left -= bytes;
        *hold = (struct quota_hold){ chapter, l->id, bytes };
    }
    pthread_mutex_unlock(&pool->mutex);
    return enough;
}

/* Takes all that is left of the pool's lease out of memory, to be given back in the database. */
static struct lease
take_rest(struct quota_pool *pool, int64_t chapter)
{
    struct lease rest = { .chapter = chapter };

    pthread_mutex_lock(&pool->mutex);
    struct lease *l = lease_of(pool, chapter);
    if (l != NULL) {
        rest = *l;
        l->left = 0;
    }
    pthread_mutex_unlock(&pool->mutex);
    return rest;
}

static int
take_dead(struct quota_pool *pool, int64_t chapter, int64_t ids[DEAD_MAX])
{
    int n = 0, kept = 0;

    pthread_mutex_lock(&pool->mutex);
    for (int i = 0; i < pool->n_dead; i++)
        if (pool->dead[i].chapter == chapter)
            ids[n++] = pool->dead[i].id;
        else
            pool->dead[kept++] = pool->dead[i];
    pool->n_dead = kept;
    pthread_mutex_unlock(&pool->mutex);
    return n;
}

/* What does not fit any more ends with its time. */
static void
add_dead(struct quota_pool *pool, int64_t chapter, int64_t id)
{
    pthread_mutex_lock(&pool->mutex);
    if (pool->n_dead < DEAD_MAX) {
        pool->dead[pool->n_dead].chapter = chapter;
        pool->dead[pool->n_dead].id = id;
        pool->n_dead++;
    }
    pthread_mutex_unlock(&pool->mutex);
}

/* ---- in the database; db_mutex is held ---- */

struct wish {
    int64_t chapter, need, most;
    int seconds;
};

static fallible
ask(struct quota_pool *pool, struct arena *arena, const struct db_scope *scope,
    const struct wish *wish, const struct lease *back, struct quota_hold *got)
{
    struct db_scope own = { .chapters = scope->chapters, .lock = TREE_UNLOCKED };
    int64_t dead[DEAD_MAX];
    struct ints ids = { dead, take_dead(pool, wish->chapter, dead) };
    struct rows rows;

    TRY(db_begin(pool->db, arena, READ_WRITE, &own));
    TRY(db_end(pool->db, arena,
        q_quota_take(pool->db, arena, wish->chapter, wish->need, wish->most, wish->seconds, ids,
            back->id, back->left, &rows)));
    if (rows.n == 0)
        return REFUSE(arena, STORAGE_FULL);
    struct quota_take_row row = quota_take_row(&rows, 0);
    *got = (struct quota_hold){ wish->chapter, row.lease, row.granted };
    return NULL;
}

static fallible
refill(struct quota_pool *pool, struct arena *arena, const struct db_scope *scope, int64_t chapter,
    int64_t bytes, struct quota_hold *hold)
{
    struct wish wish = { chapter, bytes, POOL_BYTES > bytes ? POOL_BYTES : bytes, POOL_SECONDS };
    struct lease rest = take_rest(pool, chapter);
    struct quota_hold got;

    TRY(ask(pool, arena, scope, &wish, &rest, &got));
    pthread_mutex_lock(&pool->mutex);
    keep_lease(
        pool, (struct lease){ .chapter = chapter,
                  .id = got.lease,
                  .left = got.bytes - bytes,
                  .until = time_monotonic() + (int64_t)(POOL_SECONDS - POOL_MARGIN) * 1000000 });
    pthread_mutex_unlock(&pool->mutex);
    *hold = (struct quota_hold){ chapter, got.lease, bytes };
    return NULL;
}

/* Sets bytes aside for a write to a chapter that the scope names. */
static fallible
hold_bytes(struct quota_pool *pool, struct arena *arena, const struct db_scope *scope,
    int64_t chapter, int64_t bytes, struct quota_hold *hold)
{
    struct error *e = NULL;

    if (draw_from_pool(pool, chapter, bytes, hold))
        return NULL;
    pthread_mutex_lock(&pool->db_mutex);
    if (!draw_from_pool(pool, chapter, bytes, hold))
        e = refill(pool, arena, scope, chapter, bytes, hold);
    pthread_mutex_unlock(&pool->db_mutex);
    return e;
}

/* ---- for requests ---- */

/* At the end of the request, or before it is run again: what no write has used. */
static void
give_back_reserved(void *what)
{
    struct request *rq = what;

    if (rq->space.lease != 0 && !rq->space.lasting)
        add_dead(rq->app->quota, rq->space.chapter, rq->space.lease);
    rq->space.lease = 0;
}

/* When there is too little, what this process has set aside for small writes is given back first.
 */
static fallible
ask_for_upload(struct request *rq, const struct wish *wish, struct quota_hold *got)
{
    struct quota_pool *pool = rq->app->quota;
    const struct lease nothing = { .id = 0 };

    struct error *e = ask(pool, rq->arena, &rq->scope, wish, &nothing, got);
    if (e == NULL || e->cond != &STORAGE_FULL)
        return e;
    struct lease rest = take_rest(pool, wish->chapter);
    return rest.left == 0 ? e : ask(pool, rq->arena, &rq->scope, wish, &rest, got);
}

struct error *
quota_reserve(struct request *rq, int64_t chapter, int64_t bytes)
{
    struct quota_pool *pool = rq->app->quota;
    int64_t seconds = UPLOAD_SECONDS + bytes / UPLOAD_BYTES_A_SEC;
    struct wish wish = { chapter, bytes, bytes,
        (int)(seconds < UPLOAD_SECONDS_MAX ? seconds : UPLOAD_SECONDS_MAX) };
    struct quota_hold got;

    if (chapter == 0 || bytes <= 0 || (rq->space.lease != 0 && rq->space.bytes >= bytes))
        return NULL;
    give_back_reserved(rq);
    pthread_mutex_lock(&pool->db_mutex);
    struct error *e = ask_for_upload(rq, &wish, &got);
    pthread_mutex_unlock(&pool->db_mutex);
    if (e != NULL)
        return e;
    rq->space.chapter = chapter;
    rq->space.lease = got.lease;
    rq->space.bytes = bytes;
    arena_defer(rq->arena, give_back_reserved, rq);
    return NULL;
}

/* A kept lease, if the transaction that notes whose it is does not take place. */
static void
give_back_kept(void *what)
{
    const struct drawn *drawn = what;

    add_dead(drawn->pool, drawn->hold.chapter, drawn->hold.lease);
}

void
quota_keep(struct request *rq, int64_t *lease)
{
    struct drawn *kept = NEW(rq->arena, struct drawn);

    *lease = rq->space.lease;
    if (*lease == 0)
        return;
    kept->pool = rq->app->quota;
    kept->hold = (struct quota_hold){ rq->space.chapter, rq->space.lease, rq->space.bytes };
    rq->space.lease = 0;
    db_undo(rq->db, give_back_kept, kept);
}

void
quota_use(struct request *rq, int64_t chapter, int64_t lease, int64_t bytes)
{
    rq->space.chapter = chapter;
    rq->space.lease = lease;
    rq->space.bytes = bytes;
    rq->space.lasting = true;
}

/* Its time is over, so the next write asks for a new lease and gives back there what is left of this. */
static void
give_back_drawn(void *what)
{
    const struct drawn *drawn = what;
    struct quota_pool *pool = drawn->pool;

    pthread_mutex_lock(&pool->mutex);
    struct lease *l = lease_of(pool, drawn->hold.chapter);
    if (l != NULL && l->id == drawn->hold.lease) {
        l->left += drawn->hold.bytes;
        l->until = 0;
    }
    pthread_mutex_unlock(&pool->mutex);
}

struct error *
quota_draw(struct request *rq, int64_t chapter, int64_t bytes, int64_t *lease)
{
    *lease = 0;
    if (chapter == 0 || bytes <= 0)
        return NULL;
    if (rq->space.lease != 0 && rq->space.chapter == chapter && rq->space.bytes >= bytes) {
        *lease = rq->space.lease;
        if (!rq->space.lasting)
            db_undo(rq->db, give_back_reserved, rq);
        return NULL;
    }
    struct drawn *drawn = NEW(rq->arena, struct drawn);
    drawn->pool = rq->app->quota;
    TRY(hold_bytes(drawn->pool, rq->arena, &rq->scope, chapter, bytes, &drawn->hold));
    *lease = drawn->hold.lease;
    db_undo(rq->db, give_back_drawn, drawn);
    return NULL;
}

struct error *
quota_used(struct request *rq, int64_t chapter, int64_t *used, int64_t *available)
{
    struct rows rows;

    *used = *available = 0;
    TRY(q_quota_state(rq->db, rq->arena, chapter, &rows));
    if (rows.n == 0)
        return NULL;
    struct quota_state_row row = quota_state_row(&rows, 0);
    *used = row.used;
    *available = row.most > row.used ? row.most - row.used : 0;
    return NULL;
}

struct error *
quota_check_person(struct request *rq, int64_t person)
{
    struct rows rows;

    if (person == 0)
        return NULL;
    db_defer(rq->db);
    return q_person_space_check(rq->db, rq->arena, person, rq->app->config->person_quota, &rows);
}

struct error *
quota_of_person(struct request *rq, int64_t person, int64_t *used, int64_t *available)
{
    int64_t most = rq->app->config->person_quota;
    struct rows rows;

    TRY(q_person_space(rq->db, rq->arena, person, &rows));
    *used = rows.n == 0 ? 0 : person_space_row(&rows, 0).used;
    *available = most > *used ? most - *used : 0;
    return NULL;
}

struct error *
quota_uses(struct db *db, struct arena *arena, int64_t chapter, struct quota_uses *uses)
{
    struct rows rows;

    *uses = (struct quota_uses){ .used = 0 };
    TRY(q_quota_uses(db, arena, chapter, &rows));
    if (rows.n == 0)
        return NULL;
    struct quota_uses_row row = quota_uses_row(&rows, 0);
    *uses = (struct quota_uses){ .used = row.used,
        .most = row.most,
        .versions = row.versions,
        .trash = row.trash };
    uses->documents = row.used - row.versions - row.trash;
    if (uses->documents < 0) /* what is being buried is not counted any more */
        uses->documents = 0;
    return NULL;
}

bool
quota_is_scarce(int64_t used, int64_t most)
{
    return used >= most - most / 10;
}
