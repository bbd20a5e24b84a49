#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "webdav/conditions.h"
#include "webdav/principal.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* The start of all trees, and where it lies. */
static const char dav_part[] = "dav", principals_part[] = "principals";

/* "/c/{slug}/files/a", as browsers call it, is "/dav/files/{slug}/a". */
static bool
page_path(struct arena *arena, const struct path *path, struct path *meant)
{
    if (path->n < 3 || strcmp(path->part[0], "c") != 0)
        return false;
    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++) {
        if ((*m)->page == NULL || strcmp((*m)->page, path->part[2]) != 0)
            continue;
        const char **part = NEW_ARRAY(arena, const char *, (size_t)path->n);
        part[0] = dav_part;
        part[1] = path->part[2];
        part[2] = path->part[1];
        memcpy(part + 3, path->part + 3, (size_t)(path->n - 3) * sizeof *part);
        *meant = (struct path){ part, path->n, path->slash };
        return true;
    }
    return false;
}

struct path
dav_path(struct arena *arena, const struct path *path)
{
    const char **part;
    struct path meant;

    if (page_path(arena, path, &meant))
        return meant;
    if (path->n == 0 || strcmp(path->part[0], principals_part) != 0)
        return *path;
    part = NEW_ARRAY(arena, const char *, (size_t)path->n + 1);
    part[0] = dav_part;
    memcpy(part + 1, path->part, (size_t)path->n * sizeof *part);
    return (struct path){ part, path->n + 1, path->slash };
}

/* The path below a prefix; false when it is not below it. */
static bool
below_prefix(const struct path *path, const char *prefix, struct path *below)
{
    int i = 0;

    for (const char *s = prefix; *s == '/'; i++) {
        size_t n = strcspn(++s, "/");

        if (i == path->n || strlen(path->part[i]) != n || strncmp(path->part[i], s, n) != 0)
            return false;
        s += n;
    }
    *below = (struct path){ path->part + i, path->n - i, path->slash };
    return true;
}

static const struct dav_mount *
mount_of(const struct path *path, struct path *below)
{
    if (below_prefix(path, principal_mount.prefix, below))
        return &principal_mount;
    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
        if (below_prefix(path, (*m)->prefix, below))
            return *m;
    return NULL;
}

bool
mount_serves(const struct path *path)
{
    return path->n > 0 && strcmp(path->part[0], dav_part) == 0;
}

static void
join_slugs(
    struct request *rq, const struct dav_mount *mount, const struct path *below, const char **slugs)
{
    const char *more = "";

    mount->scope(rq, below, &more);
    if (strcmp(*slugs, "*") == 0 || *more == '\0')
        return;
    *slugs = **slugs == '\0' || strcmp(more, "*") == 0
                 ? more
                 : arena_printf(rq->arena, "%s,%s", *slugs, more);
}

void
mount_scope(struct request *rq, const struct path *path, const char **slugs)
{
    struct path below;
    const struct dav_mount *mount = mount_of(path, &below);

    if (mount != NULL) {
        join_slugs(rq, mount, &below, slugs);
    } else if (path->n == 1 && mount_serves(path)) {
        for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
            join_slugs(rq, *m, &(struct path){ NULL, 0, true }, slugs);
    }
}

const char *
mount_features(struct arena *arena)
{
    struct buf b = buf_new(arena, KB(1));

    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
        if ((*m)->features != NULL) {
            buf_text(&b, ", ");
            buf_text(&b, (*m)->features);
        }
    return buf_string(&b);
}

/* ---- the nodes above all mounts: / and /dav/ ---- */

static fallible
find_root_of(struct request *rq, const struct dav_mount *mount, struct dav_node *node)
{
    return mount->find(rq, &(struct path){ NULL, 0, true }, node);
}

/* Members of /dav/: where each mount begins. */
static fallible
top_children(struct request *rq, const struct dav_node *top UNUSED, const char *from UNUSED,
    struct dav_list *list)
{
    struct dav_node *node;
    int n = 0, count = 1;

    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
        count++;
    node = NEW_ARRAY(rq->arena, struct dav_node, (size_t)count);
    TRY(find_root_of(rq, &principal_mount, &node[n++]));
    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
        if (access_enters(rq->who, (*m)->area))
            TRY(find_root_of(rq, *m, &node[n++]));
    *list = (struct dav_list){ node, n, NULL };
    return NULL;
}

static fallible
no_children(struct request *rq UNUSED, const struct dav_node *node UNUSED, const char *from UNUSED,
    struct dav_list *list)
{
    *list = (struct dav_list){ NULL, 0, NULL };
    return NULL;
}

static const struct dav_kind site_kind = { .name = "site",
    .collection = true,
    .children = no_children },
                             top_kind = {
                                 .name = "top", .collection = true, .children = top_children
                             };

static void
virtual_node(const struct dav_kind *kind, const char *href, const char *name, struct dav_node *node)
{
    *node = (struct dav_node){
        .kind = kind,
        .exists = true,
        .collection = true,
        .is_root = true,
        .rights = MAY_READ,
        .href = href,
        .name = name,
    };
}

fallible
dav_find(struct request *rq, const struct path *asked, struct dav_node *node)
{
    struct path path = dav_path(rq->arena, asked), below;
    const struct dav_mount *mount = mount_of(&path, &below);

    if (mount != NULL && !access_enters(rq->who, mount->area))
        return REFUSE(rq->arena, WRONG_AREA);
    if (mount != NULL)
        return mount->find(rq, &below, node);
    if (path.n == 0) {
        virtual_node(&site_kind, "/", "", node);
    } else if (path.n <= 2 && mount_serves(&path)) {
        virtual_node(&top_kind, "/dav/", dav_part, node);
        if (path.n == 2) {
            node->exists = node->is_root = node->collection = false;
            node->name = path.part[1];
            node->href = uri_href(rq->arena, &path, path.slash);
        }
    } else {
        return REFUSE(rq->arena, NOT_FOUND);
    }
    return NULL;
}
