#include <assert.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/text.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/property.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* So many changes are told in one answer; a client that gets 507 asks for the rest. They are taken
 * from the database some at a time. */
enum { CHANGES_MAX = 10000, TOGETHER = 1000 };

/* More than a token has: its name, an epoch and six numbers. */
#define TOKEN_MAX 256

struct sync_request {
    const char *token; /* NULL: everything */
    int limit;
    struct prop_request want;
};

/*
 * What lies in collections inside is not told, so an infinite level only where there can be none.
 * sync-level may be missing: then Depth tells (RFC 6578, appendix A, and what Apple sends).
 */
static bool
goes_too_deep(struct request *rq, const struct dav_node *node, const struct xml_in *level)
{
    const struct dav_state *s = dav_state(rq);

    if (node->kind->child_collection == NULL)
        return level != NULL && strcmp(text_trim(rq->arena, level->text), "1") != 0 &&
               strcmp(text_trim(rq->arena, level->text), "infinite") != 0;
    return level != NULL ? strcmp(text_trim(rq->arena, level->text), "1") != 0
                         : s->depth_named && s->depth == DEPTH_INFINITY;
}

static fallible
read_sync(struct request *rq, const struct dav_node *node, const struct xml_in *root,
    struct sync_request *sync)
{
    const struct dav_state *s = dav_state(rq);
    const struct xml_in *level = xml_child(root, NS_DAV, "sync-level");
    const struct xml_in *token = xml_child(root, NS_DAV, "sync-token");
    const struct xml_in *n = xml_child(xml_child(root, NS_DAV, "limit"), NS_DAV, "nresults");
    int64_t limit = CHANGES_MAX;

    if (goes_too_deep(rq, node, level))
        return REFUSE(rq->arena, SYNC_TRAVERSAL);
    if (token == NULL)
        return REFUSE(rq->arena, BAD_REQUEST);
    if (n != NULL && (!text_to_int(text_trim(rq->arena, n->text), INT32_MAX, &limit) || limit < 1))
        return REFUSE(rq->arena, BAD_REQUEST);
    sync->token = text_trim(rq->arena, token->text);
    if (sync->token[0] == '\0')
        sync->token = NULL;
    sync->limit = limit < CHANGES_MAX ? (int)limit : CHANGES_MAX;
    sync->want = (struct prop_request){ .mode = PROP_NAMED, .minimal = s->minimal };
    return prop_read_names(rq, xml_child(root, NS_DAV, "prop"), &sync->want);
}

static bool
is_told(const struct dav_node *node)
{
    return node->exists && (node->rights & MAY_READ);
}

/* A member that is gone, or that one may no longer read, is 404 alike (decisions 2.1); of what one
 * never knew the kind says nothing. */
static fallible
write_changes(struct request *rq, struct xml_out *x, const struct sync_request *sync,
    const struct dav_changes *changes)
{
    for (int i = 0, next; i < changes->n; i = next) {
        const struct dav_node *node = &changes->node[i];

        for (next = i; next < changes->n && is_told(&changes->node[next]); next++)
            ;
        if (next > i)
            TRY(prop_write_nodes(rq, x, &sync->want, node, next - i));
        else
            next++;
        if (!is_told(node) && sync->token != NULL)
            multistatus_response(x, node->href, NOT_FOUND.status, NULL);
    }
    return NULL;
}

/*
 * Thunderbird's address book never recovers from the 403 that the RFC asks for an
 * invalid token, but does from 400 (cl-D2, cl-D3): it alone gets that.
 */
static struct error *
token_error(struct request *rq, struct error *e)
{
    const char *agent = request_header(rq, "User-Agent");

    if (e->cond == &VALID_SYNC_TOKEN && agent != NULL && strstr(agent, "Thunderbird") != NULL)
        e->cond = &VALID_SYNC_TOKEN_400;
    return e;
}

/*
 * The first page has been asked for: it tells whether the token is good. Each page ends with a token
 * that goes on behind it, so that all of them take the memory of one.
 */
static fallible
write_pages(struct request *rq, const struct dav_node *node, struct xml_out *x,
    const struct sync_request *sync, struct dav_changes *changes)
{
    char *token = arena_alloc(rq->arena, TOKEN_MAX);
    size_t mark = arena_mark(rq->arena);

    TRY(write_changes(rq, x, sync, changes));
    for (int left = sync->limit - TOGETHER; changes->more && left > 0; left -= TOGETHER) {
        assert(strlen(changes->token) < TOKEN_MAX);
        memcpy(token, changes->token, strlen(changes->token) + 1);
        arena_rewind(rq->arena, mark);
        TRY(node->kind->changes(rq, node, token, left < TOGETHER ? left : TOGETHER, changes));
        TRY(write_changes(rq, x, sync, changes));
    }
    return NULL;
}

fallible
report_sync(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    struct sync_request sync;
    struct dav_changes changes = { .n = 0 };
    struct error *e;
    struct xml_out *x;

    TRY(read_sync(rq, node, root, &sync));
    e = node->kind->changes(
        rq, node, sync.token, sync.limit < TOGETHER ? sync.limit : TOGETHER, &changes);
    if (e != NULL)
        return token_error(rq, e);
    x = multistatus_begin(rq, rs);
    TRY(write_pages(rq, node, x, &sync, &changes));
    if (changes.more) /* RFC 6578, 3.6 */
        multistatus_response(x, node->href, TOO_MANY_MATCHES_507.status, &TOO_MANY_MATCHES_507);
    xml_leaf(x, NS_DAV, "sync-token", changes.token);
    multistatus_end(x);
    return NULL;
}
