/* From an address to a node, and from a node to its content. */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/uri.h"
#include "http/request.h"
#include "q/blob.h"
#include "q/node.h"
#include "webdav/store_in.h"

static struct node_columns
columns_of(const struct node_path_row *row)
{
    return (struct node_columns){ .id = row->id,
        .policy_id = row->policy_id,
        .chapter = row->chapter_id,
        .person = row->person_id,
        .read_level = row->read_level,
        .write_level = row->write_level,
        .kind = row->kind,
        .name = row->name,
        .display = row->display,
        .type = row->type,
        .etag = row->etag,
        .size = row->size,
        .created = row->created,
        .modified = row->modified };
}

/* The free name `name` in a collection. */
static void
free_name(
    struct request *rq, const struct dav_node *parent, const char *name, struct dav_node *node)
{
    *node = (struct dav_node){ .kind = parent->kind,
        .parent_id = parent->id,
        .root_id = parent->root_id,
        .policy_id = parent->policy_id,
        .policy = parent->policy,
        .rights = parent->rights,
        .unlocked = parent->unlocked,
        .name = name };
    node->href = arena_printf(rq->arena, "%s%s", parent->href, uri_encode(rq->arena, name));
    store_ancestors_of_member(rq->arena, parent, &node->ancestors, &node->n_ancestors);
}

/* What the address above the root of a chapter looks like to it. */
static struct dav_node
above(struct request *rq, const struct store_tree *tree)
{
    return (struct dav_node){ .kind = tree->root,
        .href = arena_printf(rq->arena, "%s/", tree->prefix) };
}

/*
 * Methods that look at locks and make none: most of what they write has no lock near it, and who
 * places one has the tree to himself.
 */
static bool
asks_for_locks(enum method method)
{
    return method == PUT || method == DELETE || method == MOVE || method == COPY ||
           method == MKCOL || method == MKCALENDAR || method == PROPPATCH;
}

static fallible
walk(struct request *rq, const struct store_tree *tree, const char *slug, const struct path *path,
    const struct rows *rows, struct dav_node *node)
{
    struct dav_node parent = above(rq, tree);
    const int64_t *ancestors = NULL;
    int n_ancestors = 0;
    bool unlocked = asks_for_locks(rq->method);
    int *at = NEW_ARRAY(rq->arena, int, (size_t)rows->n + 1); /* the row of each depth */

    for (int i = 0; i < rows->n; i++) {
        int depth = node_path_row(rows, i).depth;
        assert(depth >= 0 && depth < rows->n);
        at[depth] = i;
    }
    for (int i = 0; i < rows->n; i++) {
        struct node_path_row row = node_path_row(rows, at[i]);
        struct node_columns columns = columns_of(&row);
        if (i == 0)
            columns.name = slug;
        if (!store_node(rq, &parent, &columns, node))
            return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "node of unknown kind");
        node->root_id = row.root_id;
        node->is_root = i == 0;
        if (i == 0 && tree->flat)
            node->href = arena_printf(
                rq->arena, "%s/%s%s", tree->prefix, slug, *slug == '\0' ? "" : ".");
        node->unlocked = unlocked = unlocked && !row.locked;
        node->ancestors = ancestors;
        node->n_ancestors = n_ancestors;
        if (!row.sha256_is_null)
            store_keep_content(
                rq, node, row.blob_id, row.sha256, row.bytes_is_null ? NULL : row.bytes.p);
        store_ancestors_of_member(rq->arena, node, &ancestors, &n_ancestors);
        parent = *node;
    }
    if (rows->n == path->n + 1)
        return node->collection || !path->slash ? NULL : REFUSE(rq->arena, NOT_FOUND);
    if (rows->n < path->n || !parent.collection)
        return REFUSE(rq->arena, NOT_FOUND);
    free_name(rq, &parent, path->part[path->n - 1], node);
    return NULL;
}

struct error *
store_find(struct request *rq, const struct store_tree *tree, const char *slug,
    const struct path *below_slug, struct dav_node *node)
{
    const char **keys = NEW_ARRAY(rq->arena, const char *, (size_t)below_slug->n + 1);
    bool content = rq->method == GET || rq->method == HEAD;
    struct rows rows;

    for (int i = 0; i < below_slug->n; i++)
        keys[i] = store_name_key(rq, below_slug->part[i]);
    /* Two queries with the same columns: what one does not look for costs it nothing. */
    struct texts names = { keys, below_slug->n };
    if (asks_for_locks(rq->method))
        TRY(q_node_path_locks(rq->db, rq->arena, slug, tree->root->name, names, &rows));
    else
        TRY(q_node_path(rq->db, rq->arena, slug, tree->root->name, names, content, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    return walk(rq, tree, slug, below_slug, &rows, node);
}

struct error *
store_content(struct request *rq, const struct dav_node *node, const struct store_content **result)
{
    struct rows rows;

    if (node->own == NULL) {
        TRY(q_node_content(rq->db, rq->arena, node->id, &rows));
        if (rows.n == 0)
            return REFUSE(rq->arena, NOT_FOUND);
        struct node_content_row row = node_content_row(&rows, 0);
        struct store_content *content = NEW(rq->arena, struct store_content);
        content->blob_id = row.blob_id;
        memcpy(content->sha256, row.sha256.p, SHA256_SIZE);
        content->bytes = row.bytes_is_null ? NULL : row.bytes.p;
        if (node->etag != NULL && strcmp(node->etag, store_etag(rq->arena, content->sha256)) != 0)
            return REFUSE(rq->arena, LOST_RACE);
        *result = content;
        return NULL;
    }
    *result = node->own;
    return NULL;
}

struct error *
store_parts(struct request *rq, const struct dav_node *node, const struct store_content *content,
    struct blob_content *blob)
{
    struct rows rows;

    TRY(q_blob_parts(rq->db, rq->arena, content->blob_id, &rows));
    struct blob_part *parts = NEW_ARRAY(rq->arena, struct blob_part, (size_t)rows.n + 1);
    *blob = (struct blob_content){ .size = node->length, .n_parts = rows.n, .parts = parts };
    memcpy(blob->sha256, content->sha256, SHA256_SIZE);
    int64_t size = 0;
    for (int i = 0; i < rows.n; i++) {
        struct blob_parts_row row = blob_parts_row(&rows, i);
        memcpy(parts[i].sha256, row.sha256.p, SHA256_SIZE);
        parts[i].size = row.size;
        parts[i].where = (enum blob_where)row.store;
        size += row.size;
    }
    if (size != node->length)
        return error_cause(REFUSE(rq->arena, TRY_LATER), rq->arena,
            "content of node %lld lacks parts", (long long)node->id);
    return NULL;
}
