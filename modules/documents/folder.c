/* Folders, the chapters above them, and where both stand in the addresses. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/uri.h"
#include "http/request.h"
#include "modules/documents/documents.h"
#include "webdav/store.h"

static fallible
folder_make(struct request *rq, const struct dav_node *node, const struct xml_in *properties UNUSED)
{
    int64_t id;

    return store_make(rq, node, NULL, &id);
}

const struct dav_kind folder_kind = {
    .name = "folder",
    .collection = true,
    .member = &file_kind,
    .child_collection = &folder_kind,
    .children = store_children,
    .several = store_several,
    .changes = store_changes,
    .make = folder_make,
    .remove = store_trash,
    .copy = store_copy,
    .move = store_move,
    .levels = store_levels,
    .set_levels = store_set_levels,
    .quota = store_quota,
};

const struct store_tree files_tree = { .prefix = "/dav/files", .root = &folder_kind };

/* ---- /dav/files/ itself: no row, one member a chapter ---- */

static fallible
chapters_children(
    struct request *rq, const struct dav_node *node UNUSED, const char *from, struct dav_list *list)
{
    return store_roots(rq, &files_tree, from, list);
}

static const struct dav_kind chapters_kind = {
    .name = "chapters",
    .collection = true,
    .children = chapters_children,
};

static void
chapters_node(struct dav_node *node)
{
    *node = (struct dav_node){ .kind = &chapters_kind,
        .exists = true,
        .collection = true,
        .is_root = true,
        .rights = MAY_READ,
        .href = "/dav/files/",
        .name = "files" };
}

static void
files_scope(struct request *rq UNUSED, const struct path *below, const char **slugs)
{
    *slugs = below->n == 0 ? "*" : text_is_slug(below->part[0]) ? below->part[0] : "";
}

static fallible
files_find(struct request *rq, const struct path *below, struct dav_node *node)
{
    if (below->n == 0) {
        chapters_node(node);
        return NULL;
    }
    struct path rest = { .part = below->part + 1, .n = below->n - 1, .slash = below->slash };
    struct error *e = store_find(rq, &files_tree, below->part[0], &rest, node);
    if (e == NULL || e->cond != &NOT_FOUND || below->n > 1)
        return e;
    chapters_node(node);
    node->exists = node->collection = node->is_root = false;
    node->name = below->part[0];
    node->href = arena_printf(rq->arena, "/dav/files/%s", uri_encode(rq->arena, node->name));
    return NULL;
}

const struct dav_mount files_mount = {
    .prefix = "/dav/files",
    .area = AREA_DOCUMENTS,
    .page = "files",
    .scope = files_scope,
    .find = files_find,
};
