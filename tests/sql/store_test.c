/*
 * The store of nodes, the pool of space and the sweep, from C against a real server
 * and a real directory. CHAPTERD_TEST_DB and CHAPTERD_TEST_ADMIN as in db_test.c.
 */
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "blob/store_in.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "modules/documents/documents.h"
#include "tests/check.h"
#include "tests/sql/admin.h"
#include "webdav/conditions.h"
#include "webdav/quota.h"
#include "webdav/store.h"

/* ---- the house for one test: a chapter, its blob directory, its pool ---- */

struct house {
    struct arena *arena;
    struct config config;
    struct app app;
    struct db *db;
    char dir[64], slug[64];
    int64_t chapter;
    struct role_in role;
    struct principal who;
};

static bool
went_well(const struct error *e)
{
    return test_text(__FILE__, __LINE__, "error",
        e == NULL ? "" : e->cause != NULL ? e->cause : e->cond->title, "");
}

static struct house *
set_up(int64_t quota)
{
    struct arena *arena = arena_new();
    struct house *h = NEW(arena, struct house);

    h->arena = arena;
    snprintf(h->slug, sizeof h->slug, "store-%" PRIx64, (uint64_t)time_now() & 0xffffffffff);
    snprintf(h->dir, sizeof h->dir, "/tmp/store_test.XXXXXX");
    h->chapter = admin(arena,
        arena_printf(arena,
            "WITH c AS (INSERT INTO chapter (slug, name, kind) VALUES ('%s', 'x', 'local') RETURNING id),"
            " q AS (INSERT INTO quota (chapter_id, max) SELECT id, %" PRId64 " FROM c)"
            " SELECT id FROM c",
            h->slug, quota));
    admin(arena, arena_printf(arena, "SELECT root_make(%" PRId64 ", 'folder', 1::int2, 3::int2)",
                     h->chapter));
    if (mkdtemp(h->dir) == NULL || blob_store_open(arena, h->dir, &h->app.blobs) != NULL)
        abort();
    h->config.database = getenv("CHAPTERD_TEST_DB");
    h->app.config = &h->config;
    h->app.quota = quota_pool_new(h->config.database);
    h->db = db_new(h->config.database, "store_test");
    h->role = (struct role_in){ h->chapter, ROLE_BOARD };
    h->who = (struct principal){ .person = 1, .uid = "x", .name = "x", .roles = &h->role, .n_roles = 1 };
    return h;
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *ftw UNUSED)
{
    return remove(path);
}

static void
tear_down(struct house *h)
{
    quota_pool_free(h->app.quota);
    db_free(h->db);
    blob_store_close(h->app.blobs);
    nftw(h->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(h->arena);
}

static struct request *
request(struct house *h)
{
    struct arena *arena = arena_new();
    struct request *rq = NEW(h->arena, struct request);

    rq->arena = arena;
    rq->app = &h->app;
    rq->method = GET;
    rq->lang = languages[0];
    rq->who = &h->who;
    rq->scope = (struct db_scope){ .chapters = h->slug, .lock = TREE_SHARED };
    return rq;
}

static struct request *
begin(struct house *h)
{
    struct request *rq = request(h);

    rq->db = h->db;
    if (!went_well(db_begin(h->db, rq->arena, READ_WRITE, &rq->scope)))
        abort();
    return rq;
}

/* Ends what begin() began: commits when nothing went wrong. Gives the condition. */
static const struct condition *
end(struct request *rq, struct error *e)
{
    if (e == NULL)
        e = db_commit(rq->db, rq->arena);
    else
        db_rollback(rq->db);
    const struct condition *cond = e == NULL ? NULL : e->cond;
    arena_free(rq->arena);
    return cond;
}

static fallible
find(struct house *h, struct request *rq, const char *path, struct dav_node *node)
{
    struct path below = { .slash = false };

    below.n = text_split(rq->arena, path, "/", &below.part);
    return store_find(rq, &files_tree, h->slug, &below, node);
}

static void
drop_writer(void *writer)
{
    blob_writer_free(writer);
}

/* PUT as the DAV method does it. inside: in the row. */
static fallible
put(struct house *h, struct request *rq, const char *path, const char *text, bool inside)
{
    struct blob_writer *w = blob_writer_new(h->app.blobs);
    struct dav_content content = { .inline_bytes = inside ? text : NULL };
    struct dav_written written;
    struct dav_node node;

    arena_defer(rq->arena, drop_writer, w);
    TRY(blob_write(w, rq->arena, text, strlen(text)));
    TRY(blob_finish(w, rq->arena, &content.blob));
    if (!inside)
        TRY(blob_publish(w, rq->arena, (struct blob_owner){ 'c', h->chapter }));
    TRY(find(h, rq, path, &node));
    if (!node.exists)
        node.kind = &file_kind;
    return store_write(rq, &node, &content, "text/plain", &written);
}

static const struct condition *
put_alone(struct house *h, const char *path, const char *text, bool inside)
{
    struct request *rq = begin(h);

    return end(rq, put(h, rq, path, text, inside));
}

static fallible
run_job(struct house *h, const char *name)
{
    for (const struct job *j = store_jobs; j->name != NULL; j++)
        if (strcmp(j->name, name) == 0)
            return j->run(&h->app, h->db, h->arena);
    abort();
}

/* ---- the sweep ---- */

static bool
stored(struct house *h, const char *text, int days_old)
{
    unsigned char hash[SHA256_SIZE];
    struct blob_place place;
    struct timespec times[2];

    sha256(text, strlen(text), hash);
    place = blob_place((struct blob_owner){ 'c', h->chapter }, hash);
    const char *path = arena_printf(h->arena, "%s/objects/%s/%s/%s", h->dir, place.owner, place.fan,
        place.name);
    if (days_old > 0) {
        times[0] = times[1] = (struct timespec){ .tv_sec = time(NULL) - days_old * 86400L };
        utimensat(AT_FDCWD, path, times, 0);
    }
    return access(path, F_OK) == 0;
}

static void
publish(struct house *h, const char *text)
{
    struct blob_writer *w = blob_writer_new(h->app.blobs);
    const struct blob_content *content;

    CHECK(blob_write(w, h->arena, text, strlen(text)) == NULL);
    CHECK(blob_finish(w, h->arena, &content) == NULL);
    CHECK(blob_publish(w, h->arena, (struct blob_owner){ 'c', h->chapter }) == NULL);
    blob_writer_free(w);
}

TEST(sweep_removes_what_nothing_refers_to_after_a_week)
{
    struct house *h = set_up(1000000);

    CHECK(put_alone(h, "kept", "kept content", false) == NULL);
    CHECK(put_alone(h, "._f", "old content", false) == NULL); /* noise has no versions */
    CHECK(put_alone(h, "._f", "new content", false) == NULL);
    CHECK(put_alone(h, "v", "old version", false) == NULL);
    CHECK(put_alone(h, "v", "new version", false) == NULL);
    CHECK(stored(h, "old version", 30) && stored(h, "new version", 30));
    CHECK(stored(h, "kept content", 30) && stored(h, "old content", 30) && stored(h, "new content", 30));
    went_well(run_job(h, "blob_sweep"));
    CHECK(stored(h, "old content", 0));
    admin(h->arena, "UPDATE blob SET unused = unused - interval '8 days'");
    went_well(run_job(h, "blob_sweep"));
    CHECK(!stored(h, "old content", 0));
    CHECK(stored(h, "kept content", 0) && stored(h, "new content", 0));
    CHECK(stored(h, "old version", 0) && stored(h, "new version", 0));
    tear_down(h);
}

TEST(sweep_removes_files_without_a_row_when_they_are_old)
{
    struct house *h = set_up(1000000);

    publish(h, "from a crash");
    publish(h, "under way");
    CHECK(stored(h, "from a crash", 8) && stored(h, "under way", 6));
    went_well(run_job(h, "blob_sweep"));
    CHECK(!stored(h, "from a crash", 0) && stored(h, "under way", 0));
    tear_down(h);
}

TEST(sweep_leaves_archived_chapters_alone)
{
    struct house *h = set_up(1000000);

    CHECK(put_alone(h, "f", "archived content", false) == NULL);
    CHECK(stored(h, "archived content", 100));
    admin(h->arena, arena_printf(h->arena, "UPDATE chapter SET archived = now() WHERE id = %" PRId64,
                        h->chapter));
    went_well(run_job(h, "blob_sweep"));
    CHECK(stored(h, "archived content", 0));
    tear_down(h);
}

TEST(write_notices_a_part_that_was_swept_after_it_was_published)
{
    struct house *h = set_up(1000000);
    struct request *rq = begin(h);
    unsigned char hash[SHA256_SIZE];

    publish(h, "gone again");
    sha256("gone again", 10, hash);
    struct blob_part part = { .size = 10 };
    memcpy(part.sha256, hash, SHA256_SIZE);
    struct blob_content blob = { .size = 10, .n_parts = 1, .parts = &part };
    memcpy(blob.sha256, hash, SHA256_SIZE);
    CHECK(blob_remove(h->app.blobs, h->arena, (struct blob_owner){ 'c', h->chapter }, BLOB_DISK, hash, INT64_MAX) == NULL);
    struct dav_node node;
    struct dav_written written;
    CHECK(find(h, rq, "f", &node) == NULL);
    node.kind = &file_kind;
    struct dav_content content = { .blob = &blob };
    CHECK(end(rq, store_write(rq, &node, &content, NULL, &written)) == &LOST_RACE);
    tear_down(h);
}

/* Somebody found a member, and its content is fetched later: what she gets then must be what she found. */
TEST(content_that_was_replaced_meanwhile_is_noticed)
{
    struct house *h = set_up(100000);
    const struct store_content *content;
    struct dav_node node;

    CHECK(put_alone(h, "f", "first", true) == NULL);
    CHECK(put_alone(h, "g", "the second", true) == NULL);
    struct request *rq = begin(h);
    CHECK(find(h, rq, "f", &node) == NULL);
    node.own = NULL;
    went_well(store_content(rq, &node, &content));
    CHECK(memcmp(content->bytes, "first", strlen("first")) == 0);
    admin(h->arena,
        arena_printf(h->arena,
            "UPDATE dav_node f SET blob_id = g.blob_id, size = g.size, etag = g.etag FROM dav_node g"
            " WHERE f.id = %lld AND g.parent_id = f.parent_id AND g.name = 'g'",
            (long long)node.id));
    CHECK(end(rq, store_content(rq, &node, &content)) == &LOST_RACE);
    tear_down(h);
}

/* ---- space ---- */

static int64_t
used(struct house *h)
{
    struct request *rq = begin(h);
    int64_t bytes, available;

    struct error *e = quota_used(rq, h->chapter, &bytes, &available);
    return end(rq, e) == NULL ? bytes : -1;
}

TEST(space_ends_at_the_limit_to_the_byte)
{
    struct house *h = set_up(20);

    CHECK(put_alone(h, "a", "1234567890", true) == NULL);
    CHECK(put_alone(h, "._b", "12345678901", true) == &STORAGE_FULL);
    CHECK(put_alone(h, "._b", "1234567890", true) == NULL);
    CHECK(put_alone(h, "c", "1", true) == &STORAGE_FULL);
    CHECK(put_alone(h, "._b", "0987654321", true) == NULL); /* as large as before */
    CHECK(put_alone(h, "._b", "123", true) == NULL);
    CHECK(put_alone(h, "c", "1234567", true) == NULL);
    CHECK(put_alone(h, "a", "x", true) == &STORAGE_FULL); /* what it held would be kept */
    CHECK_INT(used(h), 20);
    went_well(run_job(h, "quota_fold"));
    CHECK_INT(used(h), 20);
    tear_down(h);
}

TEST(space_reserved_for_an_upload_comes_back_without_it)
{
    struct house *h = set_up(10);
    struct request *first = request(h), *second = request(h);

    went_well(quota_reserve(first, h->chapter, 6));
    struct error *e = quota_reserve(second, h->chapter, 6);
    CHECK(e != NULL && e->cond == &STORAGE_FULL);
    arena_free(first->arena);
    went_well(quota_reserve(second, h->chapter, 6));
    arena_free(second->arena);
    tear_down(h);
}

TEST(space_for_small_writes_gives_way_to_an_upload)
{
    struct house *h = set_up(1600);

    CHECK(put_alone(h, "a", "x", true) == NULL); /* the pool has set 100 aside */
    struct request *rq = request(h);
    went_well(quota_reserve(rq, h->chapter, 1599));
    arena_free(rq->arena);
    tear_down(h);
}

TEST(space_of_a_copy_is_counted)
{
    struct house *h = set_up(15);

    CHECK(put_alone(h, "a", "1234567", true) == NULL);
    for (int i = 0; i < 2; i++) {
        struct request *rq = begin(h);
        struct dav_node from, to;
        CHECK(find(h, rq, "a", &from) == NULL && find(h, rq, i == 0 ? "b" : "c", &to) == NULL);
        CHECK(end(rq, store_copy(rq, &from, &to, true)) == (i == 0 ? NULL : &STORAGE_FULL));
    }
    CHECK_INT(used(h), 14);
    tear_down(h);
}

struct racer {
    struct house *house;
    int id, done;
};

static void *
race(void *cls)
{
    struct racer *r = cls;
    struct db *db = db_new(r->house->config.database, "racer");

    for (int i = 0; i < 40; i++) {
        struct request *rq = request(r->house);
        rq->db = db;
        struct error *e = db_begin(db, rq->arena, READ_WRITE, &rq->scope);
        if (e == NULL)
            e = put(r->house, rq, arena_printf(rq->arena, "%d-%d", r->id, i),
                arena_printf(rq->arena, "%100d", i), true);
        r->done += end(rq, e) == NULL;
    }
    db_free(db);
    return NULL;
}

TEST(space_is_exact_after_a_race_in_one_process)
{
    struct house *h = set_up(10000); /* for 100 of 160 */
    struct racer racers[4];
    pthread_t threads[4];
    int done = 0;

    for (int i = 0; i < 4; i++) {
        racers[i] = (struct racer){ h, i, 0 };
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        done += racers[i].done;
    }
    CHECK_INT(used(h), (int64_t)done * 100);
    CHECK(done <= 100 && done >= 90);
    tear_down(h);
}

/* ---- sync tokens ---- */

static const struct condition *
changes_since(struct house *h, const char *token, int limit, struct dav_changes *changes)
{
    struct request *rq = begin(h);
    struct dav_node root;

    struct error *e = find(h, rq, "", &root);
    if (e == NULL)
        e = store_changes(rq, &root, token, limit, changes);
    if (e == NULL)
        changes->token = arena_copy(h->arena, changes->token, strlen(changes->token));
    return end(rq, e);
}

TEST(a29_sync_tokens_that_are_not_ours_are_refused)
{
    struct house *h = set_up(1000000), *other = set_up(1000000);
    struct dav_changes c, foreign;

    CHECK(put_alone(h, "f", "x", true) == NULL);
    CHECK(changes_since(h, NULL, 10, &c) == NULL && c.n == 1);
    CHECK(changes_since(other, NULL, 10, &foreign) == NULL);
    const char *last = strrchr(c.token, ':') + 1;
    int64_t xid = strtoll(last, NULL, 10);
    const char *stem = arena_copy(h->arena, c.token, (size_t)(last - c.token));
    const char *const bad[] = { "", "x", "urn:chapterd:sync:", "http://example.org/sync/1", foreign.token,
        stem, arena_printf(h->arena, "%s%" PRId64, stem, xid + 1000),
        arena_printf(h->arena, "%s-1", stem), arena_printf(h->arena, "%s9223372036854775808", stem),
        arena_printf(h->arena, "%s0%" PRId64, stem, xid), arena_printf(h->arena, "%s:1", c.token),
        arena_printf(h->arena, "%s:1:2", c.token), arena_printf(h->arena, "%s:1:2:3:4", c.token),
        "urn:chapterd:sync:000000000000:1:1" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (changes_since(h, bad[i], 10, &foreign) != &VALID_SYNC_TOKEN)
            test_text(__FILE__, __LINE__, bad[i], "taken", "refused");
    CHECK(changes_since(h, c.token, 10, &c) == NULL);
    tear_down(other);
    tear_down(h);
}

TEST(sync_pages_end_with_the_token_of_the_first)
{
    struct house *h = set_up(1000000);
    struct dav_changes c;
    const char *token = NULL;
    int told = 0, pages = 0;

    for (int i = 0; i < 7; i++)
        CHECK(put_alone(h, arena_printf(h->arena, "n%d", i), "x", true) == NULL);
    do {
        if (!CHECK(changes_since(h, token, 3, &c) == NULL))
            break;
        token = c.token;
        told += c.n;
        pages++;
    } while (c.more);
    CHECK(told == 7 && pages == 3);
    CHECK(changes_since(h, token, 3, &c) == NULL && c.n == 0 && !c.more);
    CHECK_TEXT(c.token, token);
    tear_down(h);
}
