/*
 * Who comes by a link: finding what it opens, and nothing else. Wrong, ended and sleeping links are
 * one and the same answer.
 */
#include <string.h>

#include "auth/csrf.h"
#include "auth/page.h"
#include "auth/throttle.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/token.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "modules/documents/visit.h"
#include "q/share.h"
#include "webdav/dav.h"
#include "webdav/door.h"
#include "webdav/store.h"

static fallible
no_such_link(struct request *rq)
{
    return FAIL(rq->arena, NOT_FOUND, "%s",
        tr(rq->lang,
            "This link does not work, or no longer. Perhaps a part of it is missing, its time is "
            "over, or it was ended. Ask whoever gave it to you for a new one."));
}

static struct bytes
hash_of(struct request *rq)
{
    unsigned char *hash = arena_alloc(rq->arena, SHA256_SIZE);

    sha256(rq->param[0], strlen(rq->param[0]), hash);
    return (struct bytes){ hash, SHA256_SIZE };
}

struct error *
visit_scope(struct request *rq)
{
    static const struct db_scope no_scope = { .chapters = "" };
    struct visit *visit = NEW(rq->arena, struct visit);
    struct rows rows;

    *visit = (struct visit){ .hash = hash_of(rq) };
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(rq->db, rq->arena, q_share_of(rq->db, rq->arena, visit->hash, &rows)));
    if (rows.n == 0) {
        TRY(throttle_guess(rq));
        return no_such_link(rq);
    }
    rq->scope.chapters = share_of_row(&rows, 0).slug;
    if (rq->method == POST)
        rq->scope.lock = TREE_SHARED;
    rq->own = visit;
    return NULL;
}

/* The way to it as a path of DAV. Rows are from the root of the tree down. */
static struct path
path_of(struct request *rq, const struct rows *rows)
{
    const char **part = NEW_ARRAY(rq->arena, const char *, (size_t)rows->n + 2);
    int n = 0;

    part[n++] = "dav";
    part[n++] = "files";
    part[n++] = share_open_row(rows, 0).slug;
    for (int i = 1; i < rows->n; i++)
        part[n++] = share_open_row(rows, i).name;
    return (struct path){ part, n, false };
}

struct error *
visit_find(struct request *rq, struct share *share)
{
    const struct visit *visit = rq->own;
    struct principal *who = NEW(rq->arena, struct principal);
    struct rows rows;

    TRY(q_share_open(rq->db, rq->arena, visit->hash, &rows));
    if (rows.n == 0 || strcmp(share_open_row(&rows, 0).kind, files_tree.root->name) != 0)
        return no_such_link(rq); /* what it opens is in the trash */
    struct share_open_row row = share_open_row(&rows, 0);
    *share = (struct share){ .node = row.node,
        .purpose = row.purpose,
        .until = row.until,
        .password = row.password,
        .drop_box = row.drop_box,
        .files = row.files,
        .bytes = row.bytes,
        .pass = { .id = row.id,
            .chapter = row.chapter,
            .drop_box = row.drop_box,
            .read = (enum role)row.read_level,
            .write = (enum role)row.write_level },
        .root = path_of(rq, &rows) };
    struct link_pass *pass = NEW(rq->arena, struct link_pass);
    const struct policy policy = { .id = row.policy_id,
        .chapter = row.chapter,
        .read_level = (enum role)row.now_read,
        .write_level = (enum role)row.now_write };
    *pass = share->pass;
    *who = nobody;
    who->link = pass;
    rq->who = who;
    return access_rights(who, &policy) != 0 ? NULL : no_such_link(rq); /* it sleeps */
}

/* The tree may have changed between finding the way and going it: then it leads elsewhere now. */
static bool
is_below(const struct dav_node *node, int64_t shared)
{
    bool below = node->id == shared;

    for (int i = 0; i < node->n_ancestors; i++)
        below = below || node->ancestors[i] == shared;
    return below;
}

static struct path
path_to(struct request *rq, const struct share *share)
{
    int n = share->root.n, more = rq->rest.n;
    const char **part = NEW_ARRAY(rq->arena, const char *, (size_t)(n + more) + 1);

    memcpy(part, share->root.part, (size_t)n * sizeof *part);
    if (more > 0)
        memcpy(part + n, rq->rest.part, (size_t)more * sizeof *part);
    return (struct path){ part, n + more, more > 0 && rq->rest.slash };
}

struct error *
visit_look(struct request *rq, const struct share *share, struct dav_node *node)
{
    struct path path = path_to(rq, share);

    TRY(dav_look(rq, &path, node));
    return is_below(node, share->node) ? NULL : REFUSE(rq->arena, LOST_RACE);
}

struct error *
visit_look_box(struct request *rq, const struct share *share, struct dav_node *folder)
{
    struct error *e = dav_find(rq, &share->root, folder);

    if (e != NULL && e->cond != &NOT_FOUND)
        return e;
    if (e != NULL || !folder->exists || !folder->collection || folder->id != share->node)
        return REFUSE(rq->arena, LOST_RACE);
    return (folder->rights & MAY_WRITE) != 0 && rq->rest.n == 0 ? NULL
                                                                : REFUSE(rq->arena, NOT_FOUND);
}

/* ---------------------------------------------------------------- what is shown */

/* From what was shared down to here: nothing above it has a name. */
static void
set_crumbs(
    struct request *rq, const struct dav_node *node, const struct share *share, struct view *v)
{
    struct crumb *c = NEW_ARRAY(rq->arena, struct crumb, (size_t)rq->rest.n + 1);

    for (int i = 0; i < rq->rest.n; i++) {
        struct path above = { rq->path.part, rq->path.n - rq->rest.n + i, true };
        c[i] = (struct crumb){ i == 0 ? share->purpose : rq->rest.part[i - 1],
            uri_href(rq->arena, &above, true) };
    }
    v->crumbs = c;
    v->n_crumbs = rq->rest.n;
    v->here = uri_href(rq->arena, &rq->path, node->collection);
}

static fallible
show_folder(
    struct request *rq, struct response *rs, const struct share *share, const struct dav_node *node)
{
    struct folder_sheet sheet = { .here = uri_href(rq->arena, &rq->path, true) };
    struct view v;

    TRY(documents_list(rq, node, &sheet));
    struct out *o =
        page_begin(rq, rs, rq->rest.n == 0 ? share->purpose : rq->rest.part[rq->rest.n - 1], &v);
    set_crumbs(rq, node, share, &v);
    documents_folder(o, &v, &sheet);
    return NULL;
}

static fallible
show_preview(
    struct request *rq, struct response *rs, const struct share *share, const struct dav_node *node)
{
    struct preview_sheet sheet;
    struct view v;

    TRY(documents_preview_sheet(rq, node, &sheet));
    struct out *o = page_begin(rq, rs, node->name, &v);
    response_may_frame(rs);
    set_crumbs(rq, node, share, &v);
    documents_preview(o, &v, &sheet);
    return NULL;
}

/* What is looked at, or fetched; not each page of it or picture of a page, nor the same list in
 * another order. */
static fallible
count(struct request *rq, const struct share *share)
{
    struct rows rows;
    bool whole = rq->query == NULL || request_query(rq, "zip") != NULL ||
                 (request_query(rq, "view") != NULL && request_query(rq, "page") == NULL);

    if (!whole || rq->method == HEAD || request_header(rq, "Range") != NULL)
        return NULL;
    return q_share_count(rq->db, rq->arena, share->pass.id, &rows);
}

static fallible
show(struct request *rq, struct response *rs, const struct share *share)
{
    struct dav_node node;

    TRY(visit_look(rq, share, &node));
    TRY(count(rq, share));
    if (!node.collection && request_query(rq, "view") != NULL)
        return show_preview(rq, rs, share, &node);
    if (!node.collection && request_query(rq, "frame") != NULL)
        return documents_frame(rq, rs, &node);
    if (!node.collection)
        return node.kind->read(rq, &node, rs);
    if (request_query(rq, "zip") != NULL)
        return documents_zip(rq, rs, node.is_root ? share->purpose : node.name, &node, 1);
    return show_folder(rq, rs, share, &node);
}

struct error *
visit_page(struct request *rq, struct response *rs)
{
    struct share share;

    TRY(visit_find(rq, &share));
    if (!visit_is_open(rq, &share))
        return visit_ask(rq, rs, NULL);
    return share.drop_box ? visit_box_page(rq, rs, &share) : show(rq, rs, &share);
}
