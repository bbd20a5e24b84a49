#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "http/app.h"
#include "q/lock.h"
#include "webdav/conditions.h"
#include "webdav/serve.h"

static fallible
missing(struct request *rq, const struct condition *cond, const struct dav_node *node)
{
    struct error *e = error_plain(rq->arena, cond, HERE);

    e->href = node->href;
    return e;
}

/* The collection a node is in. */
static fallible
find_parent(struct request *rq, const struct path *path, struct dav_node *parent)
{
    struct path up = { path->part, path->n - 1, true };

    return dav_find(rq, &up, parent);
}

fallible
rights_missing_parent(struct request *rq, const struct path *path, const struct condition *hidden)
{
    struct dav_node above;

    for (struct path up = { path->part, path->n - 1, true }; up.n > 0; up.n--) {
        struct error *e = dav_find(rq, &up, &above);

        if (e == NULL && above.exists && above.id == 0)
            break; /* where chapters are: a chapter there is, or is not, for nobody to be told */
        if (e == NULL && above.exists)
            return above.rights & MAY_WRITE  ? REFUSE(rq->arena, CONFLICT)
                   : above.rights & MAY_READ ? missing(rq, &NEED_WRITE, &above)
                                             : REFUSE(rq->arena, *hidden);
        if (e != NULL && e->cond != &NOT_FOUND)
            return e;
    }
    return REFUSE(rq->arena, *hidden);
}

/*
 * Everything below a collection: a folder inside may be closed to somebody who may
 * write around it, and what one may not write one may not remove along with its parent.
 */
fallible
rights_below(struct request *rq, const struct dav_node *node, unsigned need)
{
    int64_t most = rq->app->config->tree_members_max, members = 0;
    struct rows rows;

    if (!node->collection || node->id == 0)
        return NULL;
    TRY(q_tree_below(rq->db, rq->arena, node->id, most + 1, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct tree_below_row row = tree_below_row(&rows, i);
        const struct policy policy = { .id = row.policy,
            .chapter = row.chapter,
            .person = row.person,
            .read_level = (enum role)row.read_level,
            .write_level = (enum role)row.write_level };

        members += row.members;
        if ((access_rights(rq->who, &policy) & need) != need)
            return missing(rq, need & MAY_WRITE ? &NEED_WRITE : &NEED_READ, node);
    }
    return members <= most ? NULL : REFUSE(rq->arena, TOO_MANY_MEMBERS);
}

/* May it leave its place: removed, moved away, or overwritten? */
static fallible
check_removal(struct request *rq, const struct path *path, const struct dav_node *node)
{
    struct dav_node parent;

    if (node->is_root || node->id == 0)
        return REFUSE(rq->arena, FORBIDDEN);
    if (!(node->rights & MAY_WRITE))
        return missing(rq, &NEED_WRITE, node);
    if (!node->collection)
        return NULL; /* a member has the policy of its collection */
    TRY(dav_need_whole_tree(rq));
    TRY(find_parent(rq, path, &parent));
    if (!(parent.rights & MAY_WRITE))
        return missing(rq, &NEED_WRITE, &parent);
    return rights_below(rq, node, MAY_READ | MAY_WRITE);
}

static bool
lies_in(const struct dav_node *node, int64_t collection)
{
    for (int i = 0; i < node->n_ancestors; i++)
        if (node->ancestors[i] == collection)
            return true;
    return false;
}

/* Can the parent of the target hold such a thing? */
static fallible
check_fits(struct request *rq, const struct dav_state *s)
{
    const struct dav_kind *parent = s->to.kind, *kind = s->node.kind;
    struct dav_node above;

    if (s->to.exists) {
        TRY(find_parent(rq, &s->to_path, &above));
        parent = above.kind;
    }
    if (kind != (s->node.collection ? parent->child_collection : parent->member))
        return error_plain(rq->arena, kind->misplaced != NULL ? kind->misplaced : &FORBIDDEN, HERE);
    return NULL;
}

/* Where COPY and MOVE go. Who may not look there learns nothing of what is there. */
static fallible
check_destination(struct request *rq, const struct dav_state *s)
{
    const struct dav_node *to = &s->to;

    if ((to->rights & (MAY_READ | MAY_WRITE)) != (MAY_READ | MAY_WRITE))
        return missing(rq, &NEED_WRITE, to);
    if (to->exists && (to->id == s->node.id || lies_in(&s->node, to->id)))
        return REFUSE(rq->arena, FORBIDDEN);
    if (s->node.collection && lies_in(to, s->node.id))
        return REFUSE(rq->arena, FORBIDDEN);
    TRY(check_fits(rq, s));
    if (!to->exists)
        return NULL;
    if (!s->overwrite)
        return REFUSE(rq->arena, PRECONDITION_FAILED);
    return check_removal(rq, &s->to_path, to);
}

static fallible
need(struct request *rq, const struct dav_node *node, unsigned right)
{
    return node->rights & right ? NULL : missing(rq, &NEED_WRITE, node);
}

fallible
rights_check(struct request *rq, enum method method, struct dav_state *s)
{
    const struct dav_node *node = &s->node;

    if (method == OPTIONS)
        return NULL;
    if (!(node->rights & MAY_READ))
        return REFUSE(rq->arena, NOT_FOUND);
    switch (method) {
    case PUT:
    case MKCOL:
    case MKCALENDAR:
    case LOCK:
        return need(rq, node, MAY_WRITE);
    case PROPPATCH:
        /* On a collection each property is answered instead: macOS drops one that says 403 (cl-E8).
         */
        return !node->exists      ? REFUSE(rq->arena, NOT_FOUND)
               : node->collection ? NULL
                                  : need(rq, node, MAY_WRITE);
    case DELETE:
        return node->exists ? check_removal(rq, &s->path, node) : REFUSE(rq->arena, NOT_FOUND);
    case MOVE:
    case COPY:
        if (!node->exists)
            return REFUSE(rq->arena, NOT_FOUND);
        if (method == MOVE)
            TRY(check_removal(rq, &s->path, node));
        else if (node->collection && s->depth != DEPTH_0)
            TRY(rights_below(rq, node, MAY_READ));
        if (node->collection)
            TRY(dav_need_whole_tree(rq));
        return check_destination(rq, s);
    case GET:
    case HEAD:
    case POST:
    case OPTIONS:
    case PROPFIND:
    case UNLOCK:
    case REPORT:
    case PATCH:
    case METHODS:
        break;
    }
    return node->exists ? NULL : REFUSE(rq->arena, NOT_FOUND);
}
