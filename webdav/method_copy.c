#include "base/macros.h"
#include "q/lock.h"
#include "webdav/conditions.h"
#include "webdav/serve.h"

/*
 * What is at the target makes room (RFC 4918, 9.8.4); it is then a free name. *heir_of is 0, or a
 * document whose lock will be that of the document that takes its place (7.6): programs save
 * like that, and go on writing with the token they have.
 */
static fallible
make_room(struct request *rq, struct dav_state *s, int64_t *heir_of)
{
    *heir_of = 0;
    if (!s->to.exists)
        return NULL;
    if (s->to.collection || s->node.collection)
        TRY(delete_node(rq, &s->to));
    else {
        *heir_of = s->to.id;
        TRY(s->to.kind->remove(rq, &s->to));
    }
    return dav_find(rq, &s->to_path, &s->to);
}

static fallible
inherit_locks(struct request *rq, const struct dav_state *s, int64_t heir_of)
{
    struct dav_node heir;
    struct rows rows;

    if (heir_of == 0)
        return NULL;
    TRY(dav_find(rq, &s->to_path, &heir));
    return q_locks_pass(rq->db, rq->arena, heir_of, heir.id, &rows);
}

fallible
method_copy(struct request *rq, struct dav_state *s, struct response *rs)
{
    bool replaces = s->to.exists;
    int64_t heir_of;

    if (s->node.collection && s->depth == DEPTH_1)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(make_room(rq, s, &heir_of));
    CRASH_POINT(34);
    TRY(s->node.kind->copy(rq, &s->node, &s->to, s->depth == DEPTH_INFINITY));
    TRY(inherit_locks(rq, s, heir_of));
    CRASH_POINT(35);
    response_status(rs, replaces ? 204 : 201);
    return NULL;
}

/* Locks stay behind (RFC 4918, 7.6): what arrives has those of its new place. */
fallible
method_move(struct request *rq, struct dav_state *s, struct response *rs)
{
    bool replaces = s->to.exists;
    int64_t heir_of;
    struct rows rows;

    if (s->node.collection && s->depth != DEPTH_INFINITY)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(make_room(rq, s, &heir_of));
    CRASH_POINT(36);
    TRY(q_locks_remove(rq->db, rq->arena, s->node.id, &rows));
    TRY(s->node.kind->move(rq, &s->node, &s->to));
    TRY(inherit_locks(rq, s, heir_of));
    CRASH_POINT(37);
    response_status(rs, replaces ? 204 : 201);
    return NULL;
}
