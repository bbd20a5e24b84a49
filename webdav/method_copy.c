#include "base/macros.h"
#include "q/lock.h"
#include "webdav/conditions.h"
#include "webdav/serve.h"

/*
 * What is at the target makes room (RFC 4918, 9.8.4); it is then a free name. A document leaves to
 * the one that takes its place what it held before, and its lock (7.6): programs save like that,
 * and go on writing with the token they have. *retired does not exist when there is nothing to leave.
 */
static fallible
make_room(struct request *rq, struct dav_state *s, struct dav_node *retired)
{
    *retired = (struct dav_node){ .exists = false };
    if (!s->to.exists)
        return NULL;
    if (s->to.collection || s->node.collection)
        TRY(delete_node(rq, &s->to));
    else {
        *retired = s->to;
        TRY((s->to.kind->retire != NULL ? s->to.kind->retire : s->to.kind->remove)(rq, &s->to));
    }
    return dav_find(rq, &s->to_path, &s->to);
}

static fallible
inherit(struct request *rq, const struct dav_state *s, const struct dav_node *retired)
{
    struct dav_node heir;
    struct rows rows;

    if (!retired->exists)
        return NULL;
    TRY(dav_find(rq, &s->to_path, &heir));
    if (retired->kind->succeed != NULL)
        TRY(retired->kind->succeed(rq, retired, &heir));
    return q_locks_pass(rq->db, rq->arena, retired->id, heir.id, &rows);
}

static fallible
tell_arrived(struct request *rq, const struct dav_state *s, struct response *rs)
{
    struct dav_node there;

    if (s->node.kind->arrived == NULL)
        return NULL;
    TRY(dav_find(rq, &s->to_path, &there));
    return s->node.kind->arrived(rq, &there, rs);
}

fallible
method_copy(struct request *rq, struct dav_state *s, struct response *rs)
{
    bool replaces = s->to.exists;
    struct dav_node retired;

    if (s->node.collection && s->depth == DEPTH_1)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(make_room(rq, s, &retired));
    CRASH_POINT(34);
    TRY(s->node.kind->copy(rq, &s->node, &s->to, s->depth == DEPTH_INFINITY));
    TRY(inherit(rq, s, &retired));
    CRASH_POINT(35);
    TRY(tell_arrived(rq, s, rs));
    response_status(rs, replaces ? 204 : 201);
    return NULL;
}

/* Locks stay behind (RFC 4918, 7.6): what arrives has those of its new place. */
fallible
method_move(struct request *rq, struct dav_state *s, struct response *rs)
{
    bool replaces = s->to.exists;
    struct dav_node retired;
    struct rows rows;

    if (s->node.collection && s->depth != DEPTH_INFINITY)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(make_room(rq, s, &retired));
    CRASH_POINT(36);
    TRY(q_locks_remove(rq->db, rq->arena, s->node.id, &rows));
    TRY(s->node.kind->move(rq, &s->node, &s->to));
    TRY(inherit(rq, s, &retired));
    CRASH_POINT(37);
    TRY(tell_arrived(rq, s, rs));
    response_status(rs, replaces ? 204 : 201);
    return NULL;
}
