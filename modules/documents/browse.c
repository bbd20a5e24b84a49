/* Documents in the browser: lists of folders, downloads, uploads, new folders. */
#include "modules/documents/pages.h"

#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/pages.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/posted.h"
#include "modules/documents/share.h"
#include "q/documents.h"
#include "webdav/dav.h"
#include "webdav/door.h"

/* The address of the folder that is shown, with a slash at its end. */
static const char *
here(const struct request *rq)
{
    return uri_href(rq->arena, &rq->path, true);
}

struct error *
document_crumbs(struct request *rq, bool whole, struct view *v)
{
    int steps = rq->rest.n + (whole ? 1 : 0);
    struct crumb *c = NEW_ARRAY(rq->arena, struct crumb, (size_t)steps + 3);
    struct rows rows;
    int n = 0;

    TRY(q_documents_chapter_name(rq->db, rq->arena, rq->param[0], &rows));
    c[n++] = (struct crumb){ tr(rq->lang, "Chapters"), "/" };
    c[n++] = (struct crumb){ rows.n == 0 ? rq->param[0] : documents_chapter_name_row(&rows, 0).name,
        arena_printf(rq->arena, "/c/%s/", rq->param[0]) };
    for (int i = 0; i < steps; i++) {
        struct path above = { rq->path.part, rq->path.n - rq->rest.n + i, true };
        c[n++] = (struct crumb){ i == 0 ? tr(rq->lang, "Documents") : rq->rest.part[i - 1],
            uri_href(rq->arena, &above, true) };
    }
    v->crumbs = c;
    v->n_crumbs = n;
    return NULL;
}

struct error *
documents_show_page(struct request *rq, struct response *rs)
{
    struct path path = dav_path(rq->arena, &rq->path);
    struct dav_node node;

    if (request_query(rq, "why") != NULL)
        return documents_levels_page(rq, rs);
    if (request_query(rq, "keep") != NULL)
        return documents_keeping_page(rq, rs);
    TRY(dav_look(rq, &path, &node));
    if (request_query(rq, "share") != NULL)
        return share_page(rq, rs, &node);
    if (!node.collection && request_query(rq, "versions") != NULL)
        return documents_versions_page(rq, rs, &node);
    if (!node.collection && request_query(rq, "view") != NULL)
        return documents_preview_page(rq, rs, &node);
    if (!node.collection && request_query(rq, "small") != NULL)
        return documents_small(rq, rs, &node);
    if (!node.collection && request_query(rq, "frame") != NULL)
        return documents_frame(rq, rs, &node);
    if (!node.collection && request_query(rq, "compare") != NULL)
        return documents_compare_page(rq, rs, &node);
    if (!node.collection && request_query(rq, "version") != NULL)
        return documents_version_page(rq, rs, &node);
    if (node.collection && request_query(rq, "zip") != NULL)
        return documents_zip(rq, rs,
            rq->rest.n == 0 ? rq->param[0] : rq->rest.part[rq->rest.n - 1], &node, 1);
    return node.collection ? documents_show_folder(rq, rs, &node) : node.kind->read(rq, &node, rs);
}

/* ---------------------------------------------------------------- writing */

struct error *
documents_page_scope(struct request *rq)
{
    rq->scope.lock = TREE_SHARED;
    return NULL;
}

static struct path
below(struct request *rq, const char *name)
{
    struct path folder = dav_path(rq->arena, &rq->path);

    return documents_below(rq, &folder, name);
}

/* Those of the form that is posted; kept from one run to the next, as a request that lost a race is
 * repeated. */
static struct posted_files *
posted_files(struct request *rq)
{
    if (rq->own == NULL)
        rq->own = NEW(rq->arena, struct posted_files);
    return rq->own;
}

struct error *
documents_page_admit(struct request *rq)
{
    struct path path = dav_path(rq->arena, &rq->path);
    struct dav_node folder;

    TRY(dav_look(rq, &path, &folder));
    if (!folder.collection || (folder.rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, FORBIDDEN);
    posted_files(rq)->chapter = rq->chapter;
    return NULL;
}

struct error *
documents_page_prepare(struct request *rq)
{
    return posted_settle(rq, posted_files(rq));
}

static fallible
done(struct request *rq, struct response *rs, const char *what)
{
    response_redirect(rs, arena_printf(rq->arena, "%s?done=%s", here(rq), what));
    return NULL;
}

struct error *
documents_post_page(struct request *rq, struct response *rs)
{
    const struct posted_files *files = rq->own;
    const char *folder, *replace, *rule, *keep, *version, *act, *share;
    struct dav_written written;

    TRY(form_maybe(rq, "rule", 10, &rule));
    if (rule != NULL)
        return documents_levels_post(rq, rs, rule);
    TRY(form_maybe(rq, "keep", 20, &keep));
    if (keep != NULL)
        return documents_keeping_post(rq, rs, keep);
    TRY(form_maybe(rq, "restore", 20, &version));
    if (version != NULL)
        return documents_version_post(rq, rs, version);

    TRY(form_maybe(rq, "share", 10, &share));
    if (share != NULL)
        return share_post(rq, rs, share);

    TRY(form_maybe(rq, "act", 10, &act));
    if (act != NULL)
        return documents_act_post(rq, rs, act);

    TRY(form_maybe(rq, "folder", rq->app->config->name_max, &folder));
    if (folder != NULL) {
        struct path path = below(rq, text_trim(rq->arena, folder));
        TRY(dav_make(rq, &path));
        return done(rq, rs, "created");
    }
    TRY(form_maybe(rq, "replace", 1, &replace));
    if (files->n == 0)
        return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "No file was chosen."));
    for (int i = 0; i < files->n; i++) {
        struct path path = below(rq, files->posted[i].name);
        TRY(dav_put(rq, &path, &files->posted[i].content, replace != NULL, &written));
    }
    return done(rq, rs, "uploaded");
}
