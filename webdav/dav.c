#include <assert.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/body.h"
#include "http/conditional.h"
#include "webdav/conditions.h"
#include "webdav/door.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* What the door does for a method before it runs. */
static const struct {
    dav_method *run;
    bool free_name;   /* serves a name that is not there yet */
    bool conditional; /* If-Match and its family count */
    bool has_destination;
    bool reads_xml;
    unsigned locks; /* LOCK_... of the node; LOCK_BELOW where it is a collection */
} methods[METHODS] = {
    [GET] = { .run = method_get, .conditional = true },
    [HEAD] = { .run = method_get, .conditional = true },
    [OPTIONS] = { .run = method_options, .free_name = true },
    [PUT] = { .run = method_put, .free_name = true, .conditional = true, .locks = LOCK_SELF },
    [DELETE] = { .run = method_delete,
        .conditional = true,
        .locks = LOCK_SELF | LOCK_MEMBERS | LOCK_BELOW },
    [PROPFIND] = { .run = method_propfind, .reads_xml = true },
    [PROPPATCH] = { .run = method_proppatch,
        .conditional = true,
        .reads_xml = true,
        .locks = LOCK_SELF },
    [MKCOL] = { .run = method_mkcol,
        .free_name = true,
        .conditional = true,
        .reads_xml = true,
        .locks = LOCK_SELF },
    [MKCALENDAR] = { .run = method_mkcol,
        .free_name = true,
        .conditional = true,
        .reads_xml = true,
        .locks = LOCK_SELF },
    [COPY] = { .run = method_copy, .conditional = true, .has_destination = true },
    [MOVE] = { .run = method_move,
        .conditional = true,
        .has_destination = true,
        .locks = LOCK_SELF | LOCK_MEMBERS | LOCK_BELOW },
    [LOCK] = { .run = method_lock, .free_name = true, .conditional = true, .reads_xml = true },
    [UNLOCK] = { .run = method_unlock },
    [REPORT] = { .run = method_report, .reads_xml = true },
};

struct dav_state *
dav_state(struct request *rq)
{
    if (rq->own == NULL) {
        struct dav_state *s = NEW(rq->arena, struct dav_state);

        s->path = dav_path(rq->arena, &rq->path);
        rq->own = s;
    }
    return rq->own;
}

/* ---- before the transaction ---- */

/*
 * Reading needs no tree lock. What makes or moves collections, or locks something
 * new, has the trees of its chapters to itself; a collection is told here by the
 * slash alone, and dav_need_whole_tree() finds the others.
 */
static enum tree_lock
lock_needed(const struct request *rq)
{
    const char *length = request_header(rq, "Content-Length");

    switch (rq->method) {
    case GET:
    case HEAD:
    case OPTIONS:
    case PROPFIND:
    case REPORT:
    case POST:
    case PATCH:
    case METHODS:
        return TREE_UNLOCKED;
    case PUT:
    case PROPPATCH:
    case MKCOL:
    case MKCALENDAR:
    case UNLOCK:
        return TREE_SHARED;
    case DELETE:
    case COPY:
    case MOVE:
        return rq->path.slash ? TREE_EXCLUSIVE : TREE_SHARED;
    case LOCK: /* without a body it is a refresh */
        return length != NULL && strcmp(length, "0") == 0 ? TREE_SHARED : TREE_EXCLUSIVE;
    }
    return TREE_EXCLUSIVE;
}

fallible
dav_scope(struct request *rq)
{
    struct dav_state *s = dav_state(rq);
    const char *slugs = "";

    mount_scope(rq, &s->path, &slugs);
    if (methods[rq->method].has_destination) {
        TRY(address_destination(rq, &s->to_path));
        mount_scope(rq, &s->to_path, &slugs);
    }
    rq->scope.chapters = slugs;
    rq->scope.person = rq->who->person;
    rq->scope.lock = lock_needed(rq);
    return NULL;
}

fallible
dav_need_whole_tree(struct request *rq)
{
    if (rq->scope.lock == TREE_EXCLUSIVE)
        return NULL;
    rq->scope.lock = TREE_EXCLUSIVE;
    return REFUSE(rq->arena, LOST_RACE);
}

/* ---- finding ---- */

static fallible
locate(struct request *rq, enum method method, struct dav_state *s)
{
    struct error *e = dav_find(rq, &s->path, &s->node);

    if (e != NULL && e->cond == &NOT_FOUND && methods[method].free_name && method != OPTIONS)
        return rights_missing_parent(rq, &s->path, &NOT_FOUND);
    if (e != NULL)
        return e;
    if (method == PUT && s->path.slash && !s->node.exists)
        return REFUSE(rq->arena, CONFLICT);
    if (!methods[method].has_destination)
        return NULL;
    e = dav_find(rq, &s->to_path, &s->to);
    if (e != NULL && e->cond == &NOT_FOUND)
        return rights_missing_parent(rq, &s->to_path, &NEED_WRITE);
    return e;
}

/* ---- preconditions ---- */

static fallible
read_if_header(struct request *rq, struct dav_state *s)
{
    const struct config *c = rq->app->config;
    const struct if_limits limits = { c->if_header_max, (int)c->if_lists, (int)c->if_conditions };
    const char *header = request_header(rq, "If");

    s->tokens.extra = rq->method == UNLOCK ? NULL : request_header(rq, "Lock-Token");
    if (header == NULL)
        return NULL;
    TRY(if_parse(rq->arena, header, &limits, &s->conditions));
    s->tokens.header = &s->conditions;
    return NULL;
}

/* The resource of a tagged list: what one may not read does not exist. */
static fallible
tagged_node(struct request *rq, const char *address, struct dav_node *node)
{
    struct path path;
    struct error *e = address_path(rq, address, &path);

    *node = (struct dav_node){ .exists = false };
    if (e == NULL)
        e = dav_find(rq, &path, node);
    if (e != NULL && e->cond->status >= 500 && e->cond != &BAD_GATEWAY)
        return e;
    if (e != NULL || !(node->rights & MAY_READ))
        *node = (struct dav_node){ .exists = false };
    return NULL;
}

static fallible
list_holds(struct request *rq, const struct dav_state *s, const struct if_list *list, bool *holds)
{
    struct dav_node tagged;
    const struct dav_node *node = &s->node;
    struct lock_list locks;
    struct if_state state = { .n = 0 };
    const char **own, **foreign;

    if (list->resource != NULL) {
        TRY(tagged_node(rq, list->resource, &tagged));
        node = &tagged;
    }
    TRY(lock_load(rq, node, 1, &locks));
    state.token = own = NEW_ARRAY(rq->arena, const char *, (size_t)locks.n + 1);
    state.foreign = foreign = NEW_ARRAY(rq->arena, const char *, (size_t)locks.n + 1);
    for (int i = 0; i < locks.n; i++)
        if (!lock_covers(&locks.lock[i], node))
            continue;
        else if (locks.lock[i].holder == rq->who->person)
            own[state.n++] = locks.lock[i].token;
        else
            foreign[state.n_foreign++] = locks.lock[i].token;
    state.etag = node->exists ? node->etag : NULL;
    *holds = if_list_holds(list, &state);
    return NULL;
}

static fallible
check_if_header(struct request *rq, const struct dav_state *s)
{
    bool holds = s->conditions.n == 0;

    for (int i = 0; i < s->conditions.n && !holds; i++)
        TRY(list_holds(rq, s, &s->conditions.list[i], &holds));
    return holds ? NULL : REFUSE(rq->arena, PRECONDITION_FAILED);
}

static fallible
check_preconditions(
    struct request *rq, enum method method, struct dav_state *s, bool *not_modified)
{
    const struct dav_node *node = &s->node;
    const struct state now = { node->exists, node->etag, node->modified };

    *not_modified = false;
    if (s->told_before != NULL)
        TRY(preconditions_check(rq->arena, s->told_before, &now));
    else if (methods[method].conditional)
        TRY(conditional_check(rq, &now, not_modified));
    const struct dav_kind *kind = node->exists ? node->kind : node->kind->member;
    if (methods[method].conditional && kind != NULL && kind->precondition != NULL)
        TRY(kind->precondition(rq, node));
    return check_if_header(rq, s);
}

/* ---- locks ---- */

static fallible
check_locks(struct request *rq, enum method method, const struct dav_state *s)
{
    const struct dav_node *to = &s->to;
    unsigned what = methods[method].locks;

    if (what != 0)
        TRY(lock_check(rq, &s->tokens, &s->node, s->node.exists ? what : LOCK_MEMBERS));
    if (!methods[method].has_destination)
        return NULL;
    return lock_check(
        rq, &s->tokens, to, to->exists ? LOCK_SELF | LOCK_MEMBERS | LOCK_BELOW : LOCK_MEMBERS);
}

/* ---- the door ---- */

static fallible
check_place(struct request *rq, enum method method, struct dav_state *s)
{
    TRY(locate(rq, method, s));
    TRY(rights_check(rq, method, s));
    return dav_has_method(&s->node, method) ? NULL : REFUSE(rq->arena, METHOD_NOT_ALLOWED);
}

/*
 * Everything that must hold before a method may run, in this order: the request is
 * well formed, the node is found, the person may, the method exists, preconditions,
 * locks. Nowhere else is any of it checked.
 */
static fallible
check(struct request *rq, enum method method, struct dav_state *s, bool *not_modified)
{
    if (!methods[method].has_destination)
        s->to = (struct dav_node){ .exists = false };
    TRY(address_headers(rq, s));
    TRY(read_if_header(rq, s));
    if (methods[method].reads_xml)
        TRY(xml_read(rq, &s->body));
    TRY(check_place(rq, method, s));
    TRY(check_preconditions(rq, method, s, not_modified));
    return check_locks(rq, method, s);
}

fallible
dav_check_place(struct request *rq, struct dav_state *s)
{
    return check_place(rq, PUT, s);
}

fallible
dav_check_put(struct request *rq, struct dav_state *s)
{
    bool not_modified;

    return check(rq, PUT, s, &not_modified);
}

static void
answer_not_modified(const struct dav_node *node, struct response *rs)
{
    response_status(rs, 304);
    if (node->etag != NULL)
        response_etag(rs, node->etag);
    if (node->kind->vary != NULL)
        response_header(rs, "Vary", node->kind->vary);
    response_modified(rs, node->modified);
    response_cache(rs, "private, no-cache");
}

fallible
dav_serve(struct request *rq, struct response *rs)
{
    struct dav_state *s = dav_state(rq);
    bool not_modified;

    s->batch = NULL; /* of an attempt that lost its race */
    if (rq->method == OPTIONS)
        return method_options(rq, s, rs);
    TRY(check(rq, rq->method, s, &not_modified));
    if (not_modified) {
        answer_not_modified(&s->node, rs);
        return NULL;
    }
    return methods[rq->method].run(rq, s, rs);
}

fallible
dav_act(struct request *rq, enum method method, const struct path *path, const struct path *to,
    struct response *rs)
{
    struct dav_state s = { .path = *path, .depth = DEPTH_INFINITY };

    TRY(dav_find(rq, path, &s.node));
    if (to != NULL) {
        s.to_path = *to;
        TRY(dav_check_name(rq, to->part[to->n - 1]));
        TRY(dav_find(rq, to, &s.to));
    }
    struct error *e = rights_check(rq, method, &s);
    if (e != NULL && e->cond == &PRECONDITION_FAILED)
        return FAIL(rq->arena, CONFLICT,
            s.to.collection ? tr(rq->lang, "There is already a folder named %s.")
                            : tr(rq->lang, "There is already a file named %s."),
            s.to.name);
    TRY(e);
    if (!dav_has_method(&s.node, method))
        return REFUSE(rq->arena, METHOD_NOT_ALLOWED);
    TRY(check_locks(rq, method, &s));
    return methods[method].run(rq, &s, rs);
}

/* ---- what a node can ---- */

static bool
makes_members(const struct dav_node *node)
{
    return node->kind->member != NULL && node->kind->member->write != NULL;
}

static bool
makes_collections(const struct dav_node *node)
{
    const struct dav_kind *child = node->kind->child_collection;

    return !node->exists && child != NULL && child->make != NULL;
}

bool
dav_is(const struct dav_kind *kind, const char *ns, const char *type)
{
    return kind->type != NULL && strcmp(kind->type->ns, ns) == 0 &&
           strcmp(kind->type->name, type) == 0;
}

bool
dav_has_method(const struct dav_node *node, enum method method)
{
    const struct dav_kind *kind = node->kind;

    switch (method) {
    case OPTIONS:
        return true;
    case PROPFIND:
    case REPORT:
    case PROPPATCH:
        return node->exists;
    case GET:
    case HEAD:
        return node->exists && (node->collection || kind->read != NULL);
    case PUT:
        return node->exists ? !node->collection && kind->write != NULL : makes_members(node);
    case DELETE:
        return node->exists && kind->remove != NULL;
    case COPY:
        return node->exists && kind->copy != NULL;
    case MOVE:
        return node->exists && kind->move != NULL;
    case MKCOL:
        return makes_collections(node);
    case MKCALENDAR: /* RFC 4791, 5.3.1 */
        return makes_collections(node) && dav_is(kind->child_collection, NS_CALDAV, "calendar");
    case LOCK:
        return node->exists ? node->id != 0 : makes_members(node);
    case UNLOCK:
        return node->exists && node->id != 0;
    case POST:
    case PATCH:
    case METHODS:
        break;
    }
    return false;
}

const char *
dav_allow(struct arena *arena, const struct dav_node *node)
{
    struct buf b = buf_new(arena, 256);

    for (int m = 0; m < METHODS; m++)
        if (dav_has_method(node, (enum method)m))
            buf_printf(&b, "%s%s", b.n == 0 ? "" : ", ", method_names[m]);
    return buf_string(&b);
}

void
dav_headers(struct request *rq, struct response *rs)
{
    /* Without access-control: RFC 3744 would promise the ACL method and DAV:acl with it. */
    response_header(
        rs, "DAV", arena_printf(rq->arena, "1, 2, 3, extended-mkcol%s", mount_features(rq->arena)));
    response_header(rs, "MS-Author-Via", "DAV");
}

struct dav_node
dav_becoming(const struct dav_node *node, const struct dav_kind *kind)
{
    struct dav_node new = *node;

    new.kind = kind;
    new.collection = kind->collection;
    return new;
}

/* ---- PUT, before and while its body is taken ---- */

/* How long the body is going to be, if the client says so; else 0. */
static int64_t
announced_length(const struct request *rq)
{
    const char *length = request_header(rq, "Content-Length");
    int64_t n = 0;

    if (length == NULL)
        length = request_header(rq, "X-Expected-Entity-Length");
    return length != NULL && text_to_int(length, INT64_MAX, &n) ? n : 0;
}

fallible
dav_admit(struct request *rq)
{
    struct dav_state *s = dav_state(rq);
    const struct dav_kind *kind;
    bool not_modified;

    TRY(check(rq, rq->method, s, &not_modified));
    TRY(put_headers(rq, s));
    s->owner = s->node.policy.chapter != 0 ? (struct blob_owner){ 'c', s->node.policy.chapter }
                                           : (struct blob_owner){ 'p', s->node.policy.person };
    kind = s->node.exists ? s->node.kind : s->node.kind->member;
    if (kind->row_max != NULL && announced_length(rq) > (int64_t)kind->row_max(rq->app->config))
        return error_plain(rq->arena, kind->too_large, HERE);
    return kind->reserve == NULL ? NULL : kind->reserve(rq, &s->node, announced_length(rq));
}

/* How much of a content stays in memory, for its row. One that was small was not admitted. */
static size_t
in_row(const struct request *rq, const struct dav_state *s)
{
    const struct config *c = rq->app->config;
    const struct dav_kind *kind = s->node.exists || s->node.kind == NULL ? s->node.kind
                                                                         : s->node.kind->member;

    return kind == NULL || kind->row_max == NULL ? c->inline_max : kind->row_max(c);
}

fallible
dav_prepare(struct request *rq)
{
    struct dav_state *s = dav_state(rq);

    if (s->settled)
        return NULL; /* the request is run again */
    TRY(put_headers(rq, s));
    if (body_length(rq) < announced_length(rq))
        return REFUSE(rq->arena, BAD_REQUEST); /* cut off on its way (cl-F8) */
    TRY(body_settle(rq, s->owner, in_row(rq, s), &s->content.blob, &s->content.inline_bytes));
    s->settled = true;
    return NULL;
}
