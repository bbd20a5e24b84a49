#include "auth/audit.h"
#include "base/macros.h"
#include "q/lock.h"
#include "webdav/serve.h"

/* A person's own collections are her own business. */
static fallible
tell_deleted(struct request *rq, const struct dav_node *node)
{
    if (node->policy.chapter == 0)
        return NULL;
    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = AUDIT_FOLDER_DELETED,
            .by = rq->who->person,
            .chapter = node->policy.chapter,
            .kind = node->kind->name,
            .object = node->id,
            .title = node->display_name != NULL ? node->display_name : node->name });
}

fallible
delete_node(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(q_locks_remove(rq->db, rq->arena, node->id, &rows));
    CRASH_POINT(32);
    TRY(node->kind->remove(rq, node));
    CRASH_POINT(33);
    return node->collection ? tell_deleted(rq, node) : NULL;
}

fallible
method_delete(struct request *rq, struct dav_state *s, struct response *rs)
{
    /* RFC 4918, 9.6.1: of a collection there is no other Depth. */
    if (s->node.collection && s->depth != DEPTH_INFINITY)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(delete_node(rq, &s->node));
    response_status(rs, 204);
    return NULL;
}
