/*
 * /dav/versions/{chapter}/...: earlier versions for programs, to be read. Folders are those of
 * /dav/files/; a document that has versions is a folder too, whose members are its versions,
 * "2026-11-20 19.04.05 (123).odt", by the time (UTC) when the document held them.
 */
#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "http/request.h"
#include "modules/documents/documents.h"
#include "webdav/dav.h"
#include "webdav/store.h"
#include "webdav/version.h"

#define PREFIX "/dav/versions"

/* What stands behind a node of this tree. */
struct past {
    struct dav_node real; /* of /dav/files/ */
};

static const struct dav_kind past_folder_kind, past_document_kind, past_version_kind;

/* ---------------------------------------------------------------- nodes */

static const struct dav_node *
real_of(const struct dav_node *node)
{
    return &((const struct past *)node->own)->real;
}

/* The folder, or the document as a folder, that a node of /dav/files/ is here. */
static void
mirror(struct request *rq, const struct dav_node *real, struct dav_node *node)
{
    struct past *past = NEW(rq->arena, struct past);
    const char *way = real->href + strlen(files_tree.prefix);

    past->real = *real;
    *node = (struct dav_node){
        .kind = real->collection ? &past_folder_kind : &past_document_kind,
        .exists = true,
        .collection = true,
        .is_root = true,
        .policy = real->policy,
        .rights = real->rights & MAY_READ,
        .href = arena_printf(rq->arena, PREFIX "%s%s", way, real->collection ? "" : "/"),
        .name = real->name,
        .created = real->created,
        .modified = real->modified,
        .own = past,
    };
}

/* "2026-11-20 19.04.05 (123).odt": programs sort by it, and every system can store it. */
static const char *
name_of(struct request *rq, const struct dav_node *document, int64_t modified, int64_t id)
{
    char *when = arena_printf(rq->arena, "%s", time_rfc3339(rq->arena, modified));
    const char *dot = strrchr(document->name, '.');

    for (char *c = when; *c != '\0'; c++)
        *c = *c == 'T' ? ' ' : *c == ':' ? '.' : *c == 'Z' ? '\0' : *c;
    return arena_printf(rq->arena, "%s (%" PRId64 ")%s", when, id,
        dot == NULL || dot == document->name ? "" : dot);
}

static void
version_node(struct request *rq, const struct dav_node *above, const char *name,
    const struct dav_node *version, struct dav_node *node)
{
    *node = (struct dav_node){
        .kind = &past_version_kind,
        .exists = true,
        .policy = version->policy,
        .rights = version->rights & MAY_READ,
        .href = arena_printf(rq->arena, "%s%s", above->href, uri_encode(rq->arena, name)),
        .name = name,
        .type = version->type,
        .etag = version->etag,
        .length = version->length,
        .created = version->modified,
        .modified = version->modified,
        .own = version->own,
    };
}

/* A name that is free, and stays so. */
static void
free_name(struct request *rq, const struct dav_node *above, const char *name, struct dav_node *node)
{
    *node = (struct dav_node){ .kind = above->kind,
        .policy = above->policy,
        .rights = above->rights,
        .href = arena_printf(rq->arena, "%s%s", above->href, uri_encode(rq->arena, name)),
        .name = name };
}

/* ---------------------------------------------------------------- listings */

static fallible
mirror_list(struct request *rq, const struct dav_list *real, struct dav_list *list)
{
    struct dav_node *node = NEW_ARRAY(rq->arena, struct dav_node, (size_t)real->n + 1);
    bool *has = NEW_ARRAY(rq->arena, bool, (size_t)real->n + 1);

    TRY(version_any(rq, real->node, real->n, has));
    *list = (struct dav_list){ .node = node, .next = real->next };
    for (int i = 0; i < real->n; i++)
        if (real->node[i].collection || has[i])
            mirror(rq, &real->node[i], &node[list->n++]);
    return NULL;
}

static fallible
chapters_children(
    struct request *rq, const struct dav_node *node UNUSED, const char *from, struct dav_list *list)
{
    struct dav_list real;

    TRY(store_roots(rq, &files_tree, from, &real));
    return mirror_list(rq, &real, list);
}

static fallible
folder_children(
    struct request *rq, const struct dav_node *node, const char *from, struct dav_list *list)
{
    struct dav_list real;

    TRY(store_children(rq, real_of(node), from, &real));
    return mirror_list(rq, &real, list);
}

static fallible
document_children(
    struct request *rq, const struct dav_node *node, const char *from, struct dav_list *list)
{
    struct dav_versions versions;
    int64_t before = 0;

    if (from != NULL && !text_to_int(from, INT64_MAX, &before))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(version_list(rq, real_of(node), before, &versions));
    struct dav_node *member = NEW_ARRAY(rq->arena, struct dav_node, (size_t)versions.n + 1);
    for (int i = 0; i < versions.n; i++) {
        const struct dav_version *v = &versions.version[i];
        struct dav_node version = *real_of(node);
        version.rights = v->rights;
        version.type = v->type;
        version.etag = v->etag;
        version.length = v->length;
        version.modified = v->modified;
        version.own = NULL;
        version_node(rq, node, name_of(rq, real_of(node), v->modified, v->id), &version, &member[i]);
    }
    *list = (struct dav_list){ member, versions.n,
        versions.next == 0 ? NULL : arena_printf(rq->arena, "%" PRId64, versions.next) };
    return NULL;
}

/* Found by its name, so with its content. */
static fallible
version_read(struct request *rq, const struct dav_node *node, struct response *rs)
{
    return file_kind.read(rq, node, rs);
}

/* Nothing can be made, changed or removed here: no kind has an operation for it. */
static const struct dav_kind past_chapters_kind = { .name = "past-chapters",
    .collection = true,
    .children = chapters_children };
static const struct dav_kind past_folder_kind = { .name = "past-folder",
    .collection = true,
    .children = folder_children };
static const struct dav_kind past_document_kind = { .name = "past-document",
    .collection = true,
    .children = document_children };
static const struct dav_kind past_version_kind = { .name = "past-version", .read = version_read };

/* ---------------------------------------------------------------- finding */

static void
chapters_node(struct dav_node *node)
{
    *node = (struct dav_node){ .kind = &past_chapters_kind,
        .exists = true,
        .collection = true,
        .is_root = true,
        .rights = MAY_READ,
        .href = PREFIX "/",
        .name = "versions" };
}

static void
past_scope(struct request *rq UNUSED, const struct path *below, const char **slugs)
{
    *slugs = below->n == 0 ? "*" : text_is_slug(below->part[0]) ? below->part[0] : "";
}

/* What /dav/files/ has there; the node does not exist when it has nothing. */
static fallible
find_real(struct request *rq, const struct path *below, int n, struct dav_node *real)
{
    const struct path rest = { .part = below->part + 1, .n = n - 1, .slash = false };
    struct error *e = store_find(rq, &files_tree, below->part[0], &rest, real);

    if (e == NULL)
        return NULL;
    *real = (struct dav_node){ .exists = false };
    return e->cond == &NOT_FOUND ? NULL : e;
}

/* The number in "... (123).odt"; 0: there is none. */
static int64_t
id_of(struct request *rq, const char *name)
{
    const char *open = strrchr(name, '('), *close = open == NULL ? NULL : strchr(open, ')');
    int64_t id = 0;

    if (close == NULL ||
        !text_to_int(arena_copy(rq->arena, open + 1, (size_t)(close - open - 1)), INT64_MAX, &id))
        return 0;
    return id;
}

/* Below a document: one of its versions, by exactly its name. */
static fallible
find_version(struct request *rq, const struct dav_node *real, const char *name, struct dav_node *node)
{
    int64_t id = id_of(rq, name);
    struct dav_node above, version;

    mirror(rq, real, &above);
    free_name(rq, &above, name, node);
    if (id == 0)
        return NULL;
    struct error *e = version_find(rq, real, id, &version);
    if (e != NULL)
        return e->cond == &NOT_FOUND ? NULL : e;
    if (strcmp(name_of(rq, real, version.modified, id), name) == 0)
        version_node(rq, &above, name, &version, node);
    return NULL;
}

static fallible
find_above(struct request *rq, const struct path *below, struct dav_node *node)
{
    const char *name = below->part[below->n - 1];
    struct dav_node real, above;

    if (below->n == 1)
        chapters_node(&above);
    else {
        TRY(find_real(rq, below, below->n - 1, &real));
        if (!real.exists)
            return REFUSE(rq->arena, NOT_FOUND);
        if (!real.collection)
            return below->slash ? REFUSE(rq->arena, NOT_FOUND) : find_version(rq, &real, name, node);
        mirror(rq, &real, &above);
    }
    free_name(rq, &above, name, node);
    return NULL;
}

static fallible
past_find(struct request *rq, const struct path *below, struct dav_node *node)
{
    struct dav_node real;
    bool has = true;

    if (below->n == 0) {
        chapters_node(node);
        return NULL;
    }
    TRY(find_real(rq, below, below->n, &real));
    if (real.exists && !real.collection)
        TRY(version_any(rq, &real, 1, &has));
    if (!real.exists || !has)
        return find_above(rq, below, node);
    mirror(rq, &real, node);
    return NULL;
}

const struct dav_mount versions_mount = {
    .prefix = PREFIX,
    .area = AREA_DOCUMENTS,
    .scope = past_scope,
    .find = past_find,
};
