#include "webdav/lock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/token.h"
#include "http/request.h"
#include "q/lock.h"
#include "webdav/conditions.h"
#include "webdav/dav.h"
#include "webdav/if_header.h"
#include "webdav/xml.h"

static const char scheme[] = "opaquelocktoken:", urn[] = "urn:uuid:";

static const char *
token_text(struct arena *arena, const struct uuid *id)
{
    const char *h = hex_encode(arena, id->b, sizeof id->b);

    return arena_printf(
        arena, "%s%.8s-%.4s-%.4s-%.4s-%.12s", scheme, h, h + 8, h + 12, h + 16, h + 20);
}

bool
lock_token_parse(const char *s, struct uuid *id)
{
    char digits[2 * sizeof id->b + 1];
    size_t n = 0;

    s += *s == '<';
    if (strncmp(s, scheme, strlen(scheme)) == 0)
        s += strlen(scheme);
    else if (strncmp(s, urn, strlen(urn)) == 0)
        s += strlen(urn);
    else
        return false;
    for (; *s != '\0' && *s != '>'; s++) {
        if (*s == '-')
            continue;
        if (n == sizeof digits - 1)
            return false;
        digits[n++] = (char)tolower((unsigned char)*s);
    }
    digits[n] = '\0';
    return n == sizeof digits - 1 && (*s == '\0' || s[1] == '\0') && hex_decode(digits, id->b, 16);
}

/* ---- loading ---- */

/* Siblings share their ancestors: those are asked for once. */
static struct ints
nodes_and_above(struct arena *arena, const struct dav_node *node, int n)
{
    const int64_t *above = NULL;
    size_t most = 0;
    int64_t *ids;
    int count = 0;

    for (int i = 0; i < n; i++)
        most += 1 + (size_t)node[i].n_ancestors;
    ids = NEW_ARRAY(arena, int64_t, most + 1);
    for (int i = 0; i < n; i++) {
        if (node[i].id != 0)
            ids[count++] = node[i].id;
        if (node[i].n_ancestors == 0 || node[i].ancestors == above)
            continue;
        above = node[i].ancestors;
        memcpy(ids + count, above, (size_t)node[i].n_ancestors * sizeof *ids);
        count += node[i].n_ancestors;
    }
    return (struct ints){ ids, count };
}

/* What the queries of locks have in common. */
#define LOCK_COLUMNS(arena, row)                                                                   \
    ((struct lock){ .id = (row).token,                                                             \
        .token = token_text((arena), &(row).token),                                                \
        .node = (row).node,                                                                        \
        .holder = (row).holder,                                                                    \
        .exclusive = (row).exclusive,                                                              \
        .deep = (row).deep,                                                                        \
        .owner = (row).owner,                                                                      \
        .seconds = (row).seconds })

fallible
lock_load(struct request *rq, const struct dav_node *node, int n, struct lock_list *list)
{
    struct ints ids = nodes_and_above(rq->arena, node, n);
    struct rows rows;
    struct lock *lock;

    *list = (struct lock_list){ NULL, 0 };
    if (ids.n == 0 || (n == 1 && node->unlocked))
        return NULL;
    TRY(q_locks_on(rq->db, rq->arena, ids, &rows));
    lock = NEW_ARRAY(rq->arena, struct lock, (size_t)rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct locks_on_row row = locks_on_row(&rows, i);

        lock[i] = LOCK_COLUMNS(rq->arena, row);
    }
    *list = (struct lock_list){ lock, rows.n };
    return NULL;
}

/* The address of a member: names joined by "/", each still to be encoded. */
static const char *
address_below(struct arena *arena, const struct dav_node *node, const char *path, bool collection)
{
    const char *href = node->href;

    while (*path != '\0') {
        size_t n = strcspn(path, "/");

        href = arena_printf(arena, "%s%s%s", href, uri_encode(arena, arena_copy(arena, path, n)),
            path[n] == '/' || collection ? "/" : "");
        path += n + (path[n] == '/');
    }
    return href;
}

fallible
lock_load_below(struct request *rq, const struct dav_node *node, struct lock_list *list)
{
    struct rows rows;
    struct lock *lock;

    TRY(q_locks_below(rq->db, rq->arena, node->id, &rows));
    lock = NEW_ARRAY(rq->arena, struct lock, (size_t)rows.n);
    for (int i = 0; i < rows.n; i++) {
        struct locks_below_row row = locks_below_row(&rows, i);

        lock[i] = LOCK_COLUMNS(rq->arena, row);
        lock[i].below = address_below(rq->arena, node, row.path, row.collection);
    }
    *list = (struct lock_list){ lock, rows.n };
    return NULL;
}

/* ---- judging ---- */

/* How many levels above the node a lock is that covers it; -1: it does not cover it. */
static int
levels_above(const struct lock *lock, const struct dav_node *node)
{
    if (node->exists && lock->node == node->id)
        return 0;
    for (int i = 0; lock->deep && i < node->n_ancestors; i++)
        if (node->ancestors[i] == lock->node)
            return node->n_ancestors - i;
    return -1;
}

bool
lock_covers(const struct lock *lock, const struct dav_node *node)
{
    return levels_above(lock, node) >= 0;
}

/* An address without its last parts, "/" kept. */
static const char *
href_up(struct arena *arena, const char *href, int levels)
{
    size_t n = strlen(href);

    for (; levels > 0 && n > 1; levels--) {
        n--;
        while (n > 1 && href[n - 1] != '/')
            n--;
    }
    return arena_copy(arena, href, n);
}

const char *
lock_root(struct arena *arena, const struct lock *lock, const struct dav_node *node)
{
    return lock->below != NULL ? lock->below : href_up(arena, node->href, levels_above(lock, node));
}

bool
lock_submitted(const struct request *rq, const struct lock_tokens *tokens, const struct lock *lock)
{
    struct uuid id;

    if (rq->who->person == 0 || lock->holder != rq->who->person)
        return false;
    if (tokens->header != NULL && if_submits(tokens->header, lock->token))
        return true;
    return tokens->extra != NULL && lock_token_parse(tokens->extra, &id) &&
           memcmp(id.b, lock->id.b, sizeof id.b) == 0;
}

static fallible
locked(struct request *rq, const char *href)
{
    struct error *e = REFUSE(rq->arena, LOCKED);

    e->href = href;
    return e;
}

/* Of several shared locks one token is enough (RFC 4918, 6.2). */
static fallible
check_one(struct request *rq, const struct lock_tokens *tokens, const struct lock_list *list,
    const struct dav_node *node)
{
    const struct lock *in_the_way = NULL;

    for (int i = 0; i < list->n; i++) {
        if (!lock_covers(&list->lock[i], node))
            continue;
        if (lock_submitted(rq, tokens, &list->lock[i]))
            return NULL;
        in_the_way = &list->lock[i];
    }
    return in_the_way == NULL ? NULL : locked(rq, lock_root(rq->arena, in_the_way, node));
}

/* The parent as far as locks need it. */
static struct dav_node
parent_of(struct arena *arena, const struct dav_node *node)
{
    return (struct dav_node){
        .exists = true,
        .id = node->parent_id,
        .href = href_up(arena, node->href, 1),
        .ancestors = node->ancestors,
        .n_ancestors = node->n_ancestors > 0 ? node->n_ancestors - 1 : 0,
    };
}

/* Locks come sorted by their node: each locked member needs one token. */
static fallible
check_below(struct request *rq, const struct lock_tokens *tokens, const struct dav_node *node)
{
    struct lock_list list;

    TRY(lock_load_below(rq, node, &list));
    for (int i = 0, next; i < list.n; i = next) {
        bool submitted = false;

        for (next = i; next < list.n && list.lock[next].node == list.lock[i].node; next++)
            submitted = submitted || lock_submitted(rq, tokens, &list.lock[next]);
        if (!submitted)
            return locked(rq, list.lock[i].below);
    }
    return NULL;
}

fallible
lock_check(struct request *rq, const struct lock_tokens *tokens, const struct dav_node *node,
    unsigned what)
{
    struct dav_node parent = parent_of(rq->arena, node);
    struct lock_list list;

    TRY(lock_load(rq, node, 1, &list));
    if (what & LOCK_SELF)
        TRY(check_one(rq, tokens, &list, node));
    if ((what & LOCK_MEMBERS) && parent.id != 0)
        TRY(check_one(rq, tokens, &list, &parent));
    if ((what & LOCK_BELOW) && node->collection && node->id != 0)
        TRY(check_below(rq, tokens, node));
    return NULL;
}

fallible
dav_may_write(struct request *rq, const struct dav_node *node)
{
    return lock_check(
        rq, &(struct lock_tokens){ NULL, NULL }, node, node->exists ? LOCK_SELF : LOCK_MEMBERS);
}

/* ---- showing ---- */

static void
write_lock(struct request *rq, struct xml_out *x, const struct lock *lock, const char *root)
{
    char timeout[32];

    snprintf(timeout, sizeof timeout, "Second-%lld", (long long)lock->seconds);
    xml_open(x, NS_DAV, "activelock");
    xml_open(x, NS_DAV, "locktype");
    xml_leaf(x, NS_DAV, "write", NULL);
    xml_close(x);
    xml_open(x, NS_DAV, "lockscope");
    xml_leaf(x, NS_DAV, lock->exclusive ? "exclusive" : "shared", NULL);
    xml_close(x);
    xml_leaf(x, NS_DAV, "depth", lock->deep ? "infinity" : "0");
    if (lock->owner != NULL && lock->owner[0] != '\0') {
        xml_open(x, NS_DAV, "owner");
        xml_raw(x, lock->owner);
        xml_close(x);
    }
    xml_leaf(x, NS_DAV, "timeout", timeout);
    if (lock->holder == rq->who->person) {
        xml_open(x, NS_DAV, "locktoken");
        xml_href(x, lock->token);
        xml_close(x);
    }
    xml_open(x, NS_DAV, "lockroot");
    xml_href(x, root);
    xml_close(x);
    xml_close(x);
}

void
lock_write_discovery(struct request *rq, struct xml_out *x, const struct lock_list *list,
    const struct dav_node *node)
{
    for (int i = 0; i < list->n; i++)
        if (lock_covers(&list->lock[i], node))
            write_lock(rq, x, &list->lock[i], lock_root(rq->arena, &list->lock[i], node));
}
