/* Copies: the tree in one statement, then its contents when they change owner, then the space it
 * takes. */
#include <string.h>

#include "base/arena.h"
#include "http/app.h"
#include "http/request.h"
#include "q/blob.h"
#include "q/node.h"
#include "q/quota.h"
#include "webdav/quota.h"
#include "webdav/store_in.h"

/*
 * Contents are shared inside one owner. Another one gets links of its own to the
 * same files, before the rows that name them; both under the lock of the hash. What
 * a rollback leaves is swept like any file without a row.
 */
static fallible
share_parts(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    struct rows parts, unused;

    TRY(q_node_parts(rq->db, rq->arena, node->id, &parts));
    for (int i = 0; i < parts.n; i++) {
        struct node_parts_row row = node_parts_row(&parts, i);
        struct blob_part part = { .size = row.size, .where = (enum blob_where)row.store };
        memcpy(part.sha256, row.sha256.p, SHA256_SIZE);
        TRY(q_blob_lock_shared(rq->db, rq->arena, blob_lock_key(part.sha256), &unused));
        TRY(blob_share(rq->app->blobs, rq->arena, store_owner(node), store_owner(to), &part));
    }
    return NULL;
}

static fallible
note_space(struct request *rq, int64_t chapter, int64_t bytes)
{
    struct rows rows;
    int64_t lease;

    TRY(quota_draw(rq, chapter, bytes, &lease));
    db_defer(rq->db);
    return q_quota_note(rq->db, rq->arena, chapter, lease, bytes, &rows);
}

struct error *
store_copy_rows(
    struct request *rq, const struct dav_node *node, const struct dav_node *to, bool deep)
{
    bool same_owner =
        node->policy.chapter == to->policy.chapter && node->policy.person == to->policy.person;
    struct rows rows, unused;

    TRY(store_hold(rq, node));
    if (!same_owner)
        TRY(share_parts(rq, node, to));
    TRY(store_lost_race(rq, q_node_copy(rq->db, rq->arena, node->id, to->parent_id, to->name,
                                store_name_key(rq, to->name), deep, &rows)));
    struct node_copy_row made = node_copy_row(&rows, 0);
    if (!same_owner)
        TRY(q_node_adopt(rq->db, rq->arena, made.id, &unused));
    if (to->policy.chapter == 0 || made.bytes == 0)
        return NULL;
    return note_space(rq, to->policy.chapter, made.bytes);
}
