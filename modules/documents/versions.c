/* What a document held before: listed, downloaded, restored. */
#include <inttypes.h>
#include <stdint.h>

#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/pages.h"
#include "modules/documents/share.h"
#include "webdav/dav.h"
#include "webdav/keeping.h"
#include "webdav/version.h"

static const char *
time_of(const struct request *rq, int64_t us)
{
    return time_people(rq->arena, us, rq->app->config->time_zone, rq->lang->tag);
}

/* The number in an address or form; NOT_FOUND for what can be none. */
static fallible
read_id(struct request *rq, const char *text, int64_t *id)
{
    return text_to_int(text, INT64_MAX, id) ? NULL : REFUSE(rq->arena, NOT_FOUND);
}

static struct version_row
row_of(const struct request *rq, const char *here, const struct dav_node *node,
    const struct dav_version *version)
{
    const char *id = arena_printf(rq->arena, "%" PRId64, version->id);

    return (struct version_row){ .id = id,
        .href = arena_printf(rq->arena, "%s?version=%s", here, id),
        .compare = arena_printf(rq->arena, "%s?compare=%s", here, id),
        .changed = time_of(rq, version->modified),
        .replaced = time_of(rq, version->replaced),
        .size = text_size(rq->arena, version->length, rq->lang->tag),
        .writer = documents_writer(rq, version->writer, version->by_box),
        .may_restore = (node->rights & version->rights & MAY_WRITE) != 0 };
}

struct error *
documents_versions_page(struct request *rq, struct response *rs, const struct dav_node *node)
{
    const char *from = request_query(rq, "from");
    struct versions_sheet sheet = { .here = uri_href(rq->arena, &rq->path, false),
        .changed = time_of(rq, node->modified),
        .size = text_size(rq->arena, node->length, rq->lang->tag) };
    struct dav_versions list;
    struct keeping keeping;
    int64_t before = 0;
    struct view v;

    if (from != NULL)
        TRY(read_id(rq, from, &before));
    TRY(version_list(rq, node, before, &list));
    TRY(keeping_of(rq, node, &keeping));
    sheet.kept = documents_versions_kept(rq, &keeping);
    struct version_row *row = NEW_ARRAY(rq->arena, struct version_row, (size_t)list.n + 1);
    for (int i = 0; i < list.n; i++)
        row[i] = row_of(rq, sheet.here, node, &list.version[i]);
    sheet.row = row;
    sheet.n = list.n;
    if (list.next != 0)
        sheet.next =
            arena_printf(rq->arena, "%s?versions&from=%" PRId64, sheet.here, list.next);
    struct out *o = page_begin(
        rq, rs, arena_printf(rq->arena, tr(rq->lang, "Versions of %s"), node->name), &v);
    TRY(document_crumbs(rq, false, &v));
    documents_versions(o, &v, &sheet);
    return NULL;
}

struct error *
documents_version_page(struct request *rq, struct response *rs, const struct dav_node *node)
{
    struct dav_node version;
    int64_t id;

    TRY(read_id(rq, request_query(rq, "version"), &id));
    TRY(version_find(rq, node, id, &version));
    return version.kind->read(rq, &version, rs);
}

struct error *
documents_version_post(struct request *rq, struct response *rs, const char *word)
{
    struct path path = dav_path(rq->arena, &rq->path);
    int64_t id;

    TRY(read_id(rq, word, &id));
    TRY(version_restore(rq, &path, id));
    response_redirect(rs, arena_printf(rq->arena, "%s?versions&done=restored",
                              uri_href(rq->arena, &rq->path, false)));
    return NULL;
}
