#include "base/macros.h"
#include "q/lock.h"
#include "webdav/conditions.h"
#include "webdav/serve.h"

/* What is at the target makes room (RFC 4918, 9.8.4); it is then a free name. */
static fallible
make_room(struct request *rq, struct dav_state *s)
{
    if (!s->to.exists)
        return NULL;
    TRY(delete_node(rq, &s->to));
    return dav_find(rq, &s->to_path, &s->to);
}

fallible
method_copy(struct request *rq, struct dav_state *s, struct response *rs)
{
    bool replaces = s->to.exists;

    if (s->node.collection && s->depth == DEPTH_1)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(make_room(rq, s));
    CRASH_POINT(34);
    TRY(s->node.kind->copy(rq, &s->node, &s->to, s->depth == DEPTH_INFINITY));
    CRASH_POINT(35);
    response_status(rs, replaces ? 204 : 201);
    return NULL;
}

/* Locks stay behind (RFC 4918, 7.5): what arrives has those of its new place. */
fallible
method_move(struct request *rq, struct dav_state *s, struct response *rs)
{
    bool replaces = s->to.exists;
    struct rows rows;

    if (s->node.collection && s->depth != DEPTH_INFINITY)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(make_room(rq, s));
    CRASH_POINT(36);
    TRY(q_locks_remove(rq->db, rq->arena, s->node.id, &rows));
    TRY(s->node.kind->move(rq, &s->node, &s->to));
    CRASH_POINT(37);
    response_status(rs, replaces ? 204 : 201);
    return NULL;
}
