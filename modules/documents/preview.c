/* A document looked at in the browser: a picture, a text, Markdown, a PDF; never what could be a page of ours. */
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
#include "html/out.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "jobs/helper_markdown.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "modules/documents/share.h"
#include "q/search.h"
#include "webdav/dav.h"
#include "webdav/store.h"

/* More than that nobody reads in a frame, and an old phone could not hold. */
#define TEXT_MOST    ((int64_t)MB(1))
#define PICTURE_MOST ((int64_t)MB(20))
#define PDF_MOST     ((int64_t)MB(32))

/*
 * What a frame holds has no script, loads nothing and is of no origin: whatever it is, it is not
 * one of our pages (H01). Not even a picture is sent by another type than one of these.
 */
#define FRAME_POLICY "sandbox; default-src 'none'; frame-ancestors 'self'"

static const int64_t most_of[] = {
    [PREVIEW_PICTURE] = PICTURE_MOST,
    [PREVIEW_TEXT] = TEXT_MOST,
    [PREVIEW_MARKDOWN] = TEXT_MOST,
    [PREVIEW_PDF] = PDF_MOST,
};

static const struct {
    const char *type; /* as it begins */
    enum preview kind;
    const char *sent; /* type it is sent as */
} kinds[] = {
    { "image/png", PREVIEW_PICTURE, "image/png" },
    { "image/jpeg", PREVIEW_PICTURE, "image/jpeg" },
    { "image/gif", PREVIEW_PICTURE, "image/gif" },
    { "image/webp", PREVIEW_PICTURE, "image/webp" },
    { "image/avif", PREVIEW_PICTURE, "image/avif" },
    { "image/bmp", PREVIEW_PICTURE, "image/bmp" },
    { "text/markdown", PREVIEW_MARKDOWN, NULL },
    { "text/plain", PREVIEW_TEXT, NULL },
    { "text/csv", PREVIEW_TEXT, NULL },
    { "text/calendar", PREVIEW_TEXT, NULL },
    { "application/pdf", PREVIEW_PDF, NULL },
    { "application/json", PREVIEW_TEXT, NULL },
    { "application/yaml", PREVIEW_TEXT, NULL },
};

static const char *
type_of(const struct dav_node *node)
{
    return node->type != NULL ? node->type : type_by_name(node->name);
}

static enum preview
look_up(const struct dav_node *node, const char **sent)
{
    const char *type = type_of(node);

    *sent = NULL;
    for (size_t i = 0; !node->collection && i < COUNT_OF(kinds); i++) {
        size_t n = strlen(kinds[i].type);
        if (strncasecmp(type, kinds[i].type, n) != 0 || strchr("; ", type[n]) == NULL)
            continue;
        *sent = kinds[i].sent;
        return node->length <= most_of[kinds[i].kind] ? kinds[i].kind : PREVIEW_NONE;
    }
    return PREVIEW_NONE;
}

enum preview
documents_preview_of(const struct dav_node *node)
{
    const char *sent;

    return look_up(node, &sent);
}

/* ---------------------------------------------------------------- in the frame */

static fallible
send_as(struct request *rq, struct response *rs, const struct dav_node *node, const char *type)
{
    const struct store_content *content;
    struct blob_content blob;

    TRY(store_content(rq, node, &content));
    if (content->bytes != NULL) {
        response_bytes(rs, type, content->bytes, (size_t)node->length);
        return NULL;
    }
    TRY(store_parts(rq, node, content, &blob));
    return response_blob(rq, rs, type, store_owner(node), &blob);
}

/* False: it is shown as the text it is. Only what is in the database, so that no worker waits for
 * a store. */
static bool
send_markdown(struct request *rq, struct response *rs, const struct dav_node *node,
    const struct store_content *content)
{
    struct helper_answer answer;

    if (content->bytes == NULL ||
        helper_call(rq->app->helpers, rq->arena, &helper_markdown, content->bytes,
            (size_t)node->length, &answer) != NULL ||
        answer.refused)
        return false;
    response_header(rs, "X-Frame-Options", "SAMEORIGIN");
    struct out *o = response_text(rs, "text/html; charset=utf-8");
    documents_frame_head(o, node->name);
    out_raw(o, answer.p, answer.n);
    return true;
}

struct error *
documents_frame(struct request *rq, struct response *rs, const struct dav_node *node)
{
    const struct store_content *content;
    const char *sent;
    enum preview kind = look_up(node, &sent);

    if (kind == PREVIEW_NONE)
        return REFUSE(rq->arena, NOT_FOUND);
    response_header(rs, "Content-Security-Policy", FRAME_POLICY);
    response_header(rs, "Content-Disposition", "inline");
    if (kind == PREVIEW_PICTURE)
        return send_as(rq, rs, node, sent);
    if (kind == PREVIEW_PDF)
        return preview_pdf_picture(rq, rs, node);
    TRY(store_content(rq, node, &content));
    if (kind == PREVIEW_MARKDOWN && send_markdown(rq, rs, node, content))
        return NULL;
    return send_as(rq, rs, node,
        content->bytes == NULL || text_is_utf8(content->bytes, (size_t)node->length)
            ? "text/plain; charset=utf-8"
            : "text/plain; charset=windows-1252");
}

/* ---------------------------------------------------------------- small, in a list */

struct error *
documents_small(struct request *rq, struct response *rs, const struct dav_node *node)
{
    const struct store_content *content;
    struct rows rows;

    TRY(store_content(rq, node, &content));
    TRY(q_document_picture(rq->db, rq->arena, content->blob_id, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct bytes picture = document_picture_row(&rows, 0).picture;
    response_header(rs, "Content-Security-Policy", FRAME_POLICY);
    response_header(rs, "Content-Disposition", "inline");
    /* Its address in a list names the content: another content is at another address. */
    response_cache(rs, "private, max-age=31536000, immutable");
    response_bytes(rs, "image/jpeg", picture.p, picture.n);
    return NULL;
}

/* ---------------------------------------------------------------- around the frame */

struct error *
documents_preview_sheet(
    struct request *rq, const struct dav_node *node, struct preview_sheet *sheet)
{
    *sheet = (struct preview_sheet){ .here = uri_href(rq->arena, &rq->path, false),
        .kind = documents_preview_of(node),
        .name = node->name,
        .size = text_size(rq->arena, node->length, rq->lang->tag),
        .changed =
            time_people(rq->arena, node->modified, rq->app->config->time_zone, rq->lang->tag) };
    return sheet->kind == PREVIEW_PDF ? preview_pdf(rq, node, sheet) : NULL;
}

struct error *
documents_preview_page(struct request *rq, struct response *rs, const struct dav_node *node)
{
    struct preview_sheet sheet;
    enum role least;
    struct view v;

    TRY(documents_preview_sheet(rq, node, &sheet));
    TRY(share_least(rq, &least));
    sheet.readers = documents_readers(node->policy.read_level);
    sheet.is_public = node->policy.read_level == ROLE_PUBLIC;
    sheet.may_share = access_may_share(rq->who, &node->policy, least);
    struct out *o = page_begin(rq, rs, node->name, &v);
    response_may_frame(rs);
    TRY(document_crumbs(rq, false, &v));
    documents_preview(o, &v, &sheet);
    return NULL;
}
