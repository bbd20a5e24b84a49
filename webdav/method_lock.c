#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "http/app.h"
#include "q/lock.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* Longest <owner> that is kept. */
#define OWNER_MAX KB(4)

struct lock_wish {
    bool exclusive, deep;
    const char *owner;
    int64_t seconds;
};

/* Timeout: Second-N or Infinite, the first that is understood; never more than configured. */
static int64_t
wanted_seconds(struct request *rq)
{
    int64_t most = rq->app->config->lock_timeout, seconds;
    const char *header = request_header(rq, "Timeout");
    const char *const *part;
    int n;

    if (header == NULL)
        return most;
    n = text_split(rq->arena, header, ", \t", &part);
    for (int i = 0; i < n; i++) {
        if (text_same_nocase(part[i], "Infinite"))
            return most;
        if (text_starts(part[i], "Second-") && text_to_int(part[i] + 7, INT64_MAX, &seconds))
            return seconds < 1 ? 1 : seconds < most ? seconds : most;
    }
    return most;
}

static fallible
read_wish(struct request *rq, const struct dav_state *s, const struct xml_in *info,
    struct lock_wish *wish)
{
    const struct xml_in *scope = xml_child(info, NS_DAV, "lockscope");
    const struct xml_in *owner = xml_child(info, NS_DAV, "owner");
    bool shared = xml_child(scope, NS_DAV, "shared") != NULL;

    if (!xml_is(info, NS_DAV, "lockinfo") || s->depth == DEPTH_1 ||
        xml_child(xml_child(info, NS_DAV, "locktype"), NS_DAV, "write") == NULL ||
        (!shared && xml_child(scope, NS_DAV, "exclusive") == NULL))
        return REFUSE(rq->arena, BAD_REQUEST);
    *wish = (struct lock_wish){
        .exclusive = !shared,
        .deep = s->node.exists && s->node.collection && s->depth == DEPTH_INFINITY,
        .owner = owner == NULL ? NULL : xml_inner(rq->arena, owner, OWNER_MAX),
        .seconds = wanted_seconds(rq),
    };
    if (owner != NULL && wish->owner == NULL)
        return REFUSE(rq->arena, TOO_LARGE);
    return NULL;
}

/* ---- what is locked already ---- */

/* The first of the list that does not go together with the wish (RFC 4918, 7). */
static const struct lock *
conflicting(const struct lock_list *list, const struct lock_wish *wish, const struct dav_node *node)
{
    for (int i = 0; i < list->n; i++) {
        const struct lock *l = &list->lock[i];

        if ((wish->exclusive || l->exclusive) && (node == NULL || lock_covers(l, node)))
            return l;
    }
    return NULL;
}

static fallible
check_conflicts(struct request *rq, const struct dav_node *node, const struct lock_wish *wish)
{
    const struct lock *l;
    struct lock_list list;
    struct error *e;
    int shared = 0;

    TRY(lock_load(rq, node, 1, &list));
    l = conflicting(&list, wish, node);
    if (l != NULL) {
        e = REFUSE(rq->arena, LOCK_CONFLICT);
        e->href = lock_root(rq->arena, l, node);
        return e;
    }
    for (int i = 0; i < list.n; i++)
        shared += list.lock[i].node == node->id;
    return shared < rq->app->config->locks_shared ? NULL : REFUSE(rq->arena, TOO_MANY_LOCKS);
}

/* A deep lock that a member stands against: 207 names it (RFC 4918, 9.10.3). */
static fallible
answer_members(struct request *rq, const struct dav_node *node, const struct lock_wish *wish,
    struct response *rs, bool *answered)
{
    struct lock_list below;
    const struct lock *l;
    struct xml_out *x;

    *answered = false;
    if (!wish->deep)
        return NULL;
    TRY(lock_load_below(rq, node, &below));
    l = conflicting(&below, wish, NULL);
    if (l == NULL)
        return NULL;
    *answered = true;
    x = multistatus_begin(rq, rs);
    multistatus_response(x, l->below, LOCKED.status, NULL);
    multistatus_response(x, node->href, FAILED_DEPENDENCY.status, NULL);
    multistatus_end(x);
    return NULL;
}

static fallible
check_number(struct request *rq)
{
    struct rows rows;

    TRY(q_locks_held(rq->db, rq->arena, rq->who->person, &rows));
    return locks_held_row(&rows, 0).n < rq->app->config->locks_per_person
               ? NULL
               : REFUSE(rq->arena, TOO_MANY_LOCKS);
}

/* ---- LOCK ---- */

static fallible
answer_lock(struct request *rq, const struct dav_node *node, int status, const struct uuid *id,
    struct response *rs)
{
    struct lock_list list;
    struct xml_out *x;

    TRY(lock_load(rq, node, 1, &list));
    for (int i = 0; id != NULL && i < list.n; i++)
        if (memcmp(list.lock[i].id.b, id->b, sizeof id->b) == 0)
            response_header(rs, "Lock-Token", arena_printf(rq->arena, "<%s>", list.lock[i].token));
    x = dav_xml(rq, rs, status);
    xml_open(x, NS_DAV, "prop");
    xml_open(x, NS_DAV, "lockdiscovery");
    lock_write_discovery(rq, x, &list, node);
    xml_close(x);
    xml_close(x);
    xml_end(x);
    return NULL;
}

/* A name that is free gets an empty document: LibreOffice and davfs2 lock before they save (cl-F3).
 */
static fallible
make_document(struct request *rq, struct dav_state *s)
{
    if (s->path.slash)
        return REFUSE(rq->arena, CONFLICT);
    TRY(lock_check(rq, &s->tokens, &s->node, LOCK_MEMBERS));
    return put_empty(rq, s);
}

static fallible
new_lock(struct request *rq, struct dav_state *s, const struct xml_in *info, struct response *rs)
{
    bool is_new = !s->node.exists, answered;
    struct lock_wish wish;
    struct uuid id;
    struct rows rows;

    TRY(dav_need_whole_tree(rq));
    TRY(read_wish(rq, s, info, &wish));
    TRY(check_number(rq));
    if (is_new)
        TRY(make_document(rq, s));
    TRY(check_conflicts(rq, &s->node, &wish));
    TRY(answer_members(rq, &s->node, &wish, rs, &answered));
    if (answered)
        return NULL;
    random_bytes(id.b, sizeof id.b);
    id.b[6] = (unsigned char)((id.b[6] & 0x0F) | 0x40); /* RFC 9562: version 4 */
    id.b[8] = (unsigned char)((id.b[8] & 0x3F) | 0x80);
    CRASH_POINT(45);
    TRY(q_lock_store(rq->db, rq->arena, id, s->node.id, rq->who->person, wish.exclusive, wish.deep,
        wish.owner, wish.seconds, &rows));
    CRASH_POINT(42);
    return answer_lock(rq, &s->node, is_new ? 201 : 200, &id, rs);
}

/* LOCK without a body: the lock whose token the If header submits starts anew (RFC 4918, 9.10.2).
 */
static fallible
refresh(struct request *rq, const struct dav_state *s, struct response *rs)
{
    struct lock_list list;
    struct rows rows;
    bool found = false;

    if (s->tokens.header == NULL)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(lock_load(rq, &s->node, 1, &list));
    for (int i = 0; i < list.n; i++)
        if (lock_covers(&list.lock[i], &s->node) && lock_submitted(rq, &s->tokens, &list.lock[i])) {
            TRY(q_lock_refresh(rq->db, rq->arena, list.lock[i].id, wanted_seconds(rq), &rows));
            found = true;
        }
    if (!found)
        return REFUSE(rq->arena, LOCK_TOKEN_UNKNOWN);
    return answer_lock(rq, &s->node, 200, NULL, rs);
}

fallible
method_lock(struct request *rq, struct dav_state *s, struct response *rs)
{
    if (s->body != NULL)
        return new_lock(rq, s, s->body, rs);
    return s->node.exists ? refresh(rq, s, rs) : REFUSE(rq->arena, NOT_FOUND);
}

/* ---- UNLOCK ---- */

/* Somebody else's token is no token: the answer does not say whether it exists (A19). */
fallible
method_unlock(struct request *rq, struct dav_state *s, struct response *rs)
{
    const char *header = request_header(rq, "Lock-Token");
    struct lock_list list;
    struct uuid id;
    struct rows rows;

    if (header == NULL || !lock_token_parse(text_trim(rq->arena, header), &id))
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(lock_load(rq, &s->node, 1, &list));
    for (int i = 0; i < list.n; i++) {
        const struct lock *l = &list.lock[i];

        if (l->holder != rq->who->person || !lock_covers(l, &s->node) ||
            memcmp(l->id.b, id.b, sizeof id.b) != 0)
            continue;
        TRY(q_lock_remove(rq->db, rq->arena, id, &rows));
        CRASH_POINT(43);
        response_status(rs, 204);
        return NULL;
    }
    return REFUSE(rq->arena, LOCK_TOKEN_MISSES);
}
