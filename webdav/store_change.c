/* Changing one node: content, place, end. */
#include <string.h>

#include "base/arena.h"
#include "http/app.h"
#include "http/request.h"
#include "q/blob.h"
#include "q/node.h"
#include "q/version.h"
#include "webdav/quota.h"
#include "webdav/store_in.h"
#include "webdav/version.h"

/* The entity tag of a content: half of its hash is enough to tell any two apart. */
#define ETAG_DIGITS 32

const char *
store_etag(struct arena *arena, const unsigned char *sha256)
{
    return arena_copy(arena, hex_encode(arena, sha256, SHA256_SIZE), ETAG_DIGITS);
}

/*
 * Contents in the store were made durable before this transaction. The sweep may
 * have removed an old one since, so they are looked at again under the lock that
 * the sweep respects.
 */
struct error *
store_check_parts(
    struct request *rq, struct blob_owner owner, const struct blob_content *blob)
{
    struct rows rows;
    bool present;

    for (int i = 0; i < blob->n_parts && !blob->kept; i++) {
        TRY(q_blob_lock_shared(rq->db, rq->arena, blob_lock_key(blob->parts[i].sha256), &rows));
        TRY(blob_present(rq->app->blobs, rq->arena, owner, &blob->parts[i], &present));
        if (!present)
            return error_cause(REFUSE(rq->arena, LOST_RACE), rq->arena, "a part has been swept");
    }
    return NULL;
}

static void
list_parts(
    struct arena *arena, const struct blob_content *blob, struct texts *hashes, struct ints *sizes,
    struct ints *stores)
{
    const char **hash = NEW_ARRAY(arena, const char *, (size_t)blob->n_parts + 1);
    int64_t *size = NEW_ARRAY(arena, int64_t, (size_t)blob->n_parts + 1);
    int64_t *store = NEW_ARRAY(arena, int64_t, (size_t)blob->n_parts + 1);

    for (int i = 0; i < blob->n_parts; i++) {
        hash[i] = hex_encode(arena, blob->parts[i].sha256, SHA256_SIZE);
        size[i] = blob->parts[i].size;
        store[i] = blob->parts[i].where;
    }
    *hashes = (struct texts){ hash, blob->n_parts };
    *sizes = (struct ints){ size, blob->n_parts };
    *stores = (struct ints){ store, blob->n_parts };
}

static fallible
write_row(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    const char *type, const char *etag, int64_t lease)
{
    int32_t seconds;
    const struct blob_content *blob = content->blob;
    struct bytes bytes = { content->inline_bytes, (size_t)blob->size };
    struct texts hashes = { NULL, 0 };
    struct ints sizes = { NULL, 0 }, stores = { NULL, 0 };
    struct rows rows;

    if (content->inline_bytes == NULL)
        list_parts(rq->arena, blob, &hashes, &sizes, &stores);
    db_defer(rq->db);
    return q_file_write(rq->db, rq->arena, node->id, node->etag, node->parent_id, node->name,
        store_name_key(rq, node->name), node->kind->name, type, etag,
        content->modified == 0 ? NULL : &content->modified,
        (struct bytes){ blob->sha256, SHA256_SIZE }, blob->size,
        content->inline_bytes == NULL ? NULL : &bytes, hashes, sizes, stores, lease,
        access_writer(rq->who), version_sitting(rq, node, &seconds), &rows);
}

/* At most: whether what is there now becomes a version is found out when it is replaced. */
static int64_t
bytes_added(const struct dav_node *node, int64_t size)
{
    return version_keeps(node) ? size : size - node->length;
}

/*
 * When there is not room for both: does this save replace what is there, as one of the same
 * sitting? Then it takes only what it is longer. The answer holds for as long as nobody else can
 * change the node: to the end of the transaction when it is held in it, else only as a forecast.
 */
static fallible
replaces(struct request *rq, const struct dav_node *node, struct error *no_room, bool *yes)
{
    struct rows rows;
    int32_t seconds;

    *yes = false;
    if (no_room->cond != &STORAGE_FULL || !node->exists ||
        version_sitting(rq, node, &seconds) == NULL)
        return NULL;
    TRY(q_node_sits(rq->db, rq->arena, node->id, node->etag, rq->who->person, seconds, &rows));
    *yes = rows.n > 0 && node_sits_row(&rows, 0).sits;
    return NULL;
}

static fallible
draw(struct request *rq, const struct dav_node *node, int64_t size, int64_t *lease)
{
    struct error *e = quota_draw(rq, node->policy.chapter, bytes_added(node, size), lease);
    bool yes;

    if (e == NULL)
        return NULL;
    if (e->cond == &STORAGE_FULL && node->exists)
        TRY(store_hold(rq, node));
    TRY(replaces(rq, node, e, &yes));
    return yes ? quota_draw(rq, node->policy.chapter, size - node->length, lease) : e;
}

struct error *
store_write(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    const char *type, struct dav_written *written)
{
    const char *etag = store_etag(rq->arena, content->blob->sha256);
    int64_t lease;

    if (!node->exists)
        TRY(store_check_name(rq, node->name));
    if (content->inline_bytes == NULL)
        TRY(store_check_parts(rq, store_owner(node), content->blob));
    TRY(draw(rq, node, content->blob->size, &lease));
    TRY(write_row(rq, node, content, type, etag, lease));
    TRY(quota_check_person(rq, node->policy.person));
    *written = (struct dav_written){ .created = !node->exists, .etag = etag };
    return NULL;
}

struct error *
store_make(struct request *rq, const struct dav_node *node, const char *display, int64_t *id)
{
    struct rows rows;

    TRY(store_check_name(rq, node->name));
    TRY(store_lost_race(
        rq, q_collection_make(rq->db, rq->arena, node->parent_id, node->name,
                store_name_key(rq, node->name), node->kind->name, display, NULL, NULL, &rows)));
    *id = collection_make_row(&rows, 0).id;
    return NULL;
}

fallible
store_hold(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    if (node->collection)
        return NULL;
    db_defer(rq->db);
    return q_node_hold(
        rq->db, rq->arena, node->id, node->parent_id, store_name_key(rq, node->name), &rows);
}

struct error *
store_remove(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(store_hold(rq, node));
    db_defer(rq->db);
    return q_node_remove(rq->db, rq->arena, node->id, node->etag, &rows);
}

/* Members and collections of one tree stay among themselves: a document is no event. */
static fallible
check_kinds(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    if (store_kind(to->kind, node->kind->name) == node->kind)
        return store_check_name(rq, to->name);
    return REFUSE(rq->arena, FORBIDDEN);
}

struct error *
store_copy(struct request *rq, const struct dav_node *node, const struct dav_node *to, bool deep)
{
    TRY(check_kinds(rq, node, to));
    return store_copy_rows(rq, node, to, deep);
}

struct error *
store_move(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    struct rows rows;

    TRY(check_kinds(rq, node, to));
    for (int i = 0; i < to->n_ancestors; i++)
        if (to->ancestors[i] == node->id)
            return REFUSE(rq->arena, FORBIDDEN);
    if (node->root_id != to->root_id) {
        TRY(store_copy_rows(rq, node, to, true));
        return node->kind->remove(rq, node);
    }
    TRY(store_hold(rq, node));
    db_defer(rq->db);
    return q_node_move(rq->db, rq->arena, node->id, node->etag, to->parent_id, to->name,
        store_name_key(rq, to->name), &rows);
}

struct error *
store_quota(struct request *rq, const struct dav_node *node, int64_t *used, int64_t *available)
{
    if (node->policy.person != 0)
        return quota_of_person(rq, node->policy.person, used, available);
    return quota_used(rq, node->policy.chapter, used, available);
}

struct error *
store_reserve(struct request *rq, const struct dav_node *node, int64_t bytes)
{
    struct error *e = quota_reserve(rq, node->policy.chapter, bytes_added(node, bytes));
    bool yes;

    if (e == NULL)
        return NULL;
    TRY(replaces(rq, node, e, &yes));
    return yes ? quota_reserve(rq, node->policy.chapter, bytes - node->length) : e;
}

struct error *
store_set_modified(struct request *rq, const struct dav_node *node, int64_t us)
{
    struct rows rows;

    return q_node_modified_set(rq->db, rq->arena, node->id, us, &rows);
}
