/* Files: contents that come and go as they are. */
#include <string.h>

#include "base/arena.h"
#include "base/uri.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/documents.h"
#include "webdav/store.h"

/* Quotes, controls and what is not ASCII stay out of the plain form, for clients that know only
 * that. */
static const char *
plain_name(struct arena *arena, const char *name)
{
    char *plain = arena_copy(arena, name, strlen(name));

    for (char *c = plain; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || strchr("\"\\%;", *c) != NULL)
            *c = '_';
    return plain;
}

/*
 * What members upload is never a page of ours (H01): browsers save it, and one that
 * shows it anyway must neither run nor load anything.
 */
void
documents_attachment(struct request *rq, struct response *rs, const char *name)
{
    response_header(rs, "Content-Disposition",
        arena_printf(rq->arena, "attachment; filename=\"%s\"; filename*=UTF-8''%s",
            plain_name(rq->arena, name), uri_encode(rq->arena, name)));
    response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
    response_header(rs, "X-Content-Type-Options", "nosniff");
}

static fallible
file_read(struct request *rq, const struct dav_node *node, struct response *rs)
{
    const char *type = node->type == NULL ? type_by_name(node->name) : node->type;
    const struct store_content *content;
    struct blob_content blob;

    TRY(store_content(rq, node, &content));
    documents_attachment(rq, rs, node->name);
    if (content->bytes != NULL) {
        response_bytes(rs, type, content->bytes, (size_t)node->length);
        return NULL;
    }
    TRY(store_parts(rq, node, content, &blob));
    return response_blob(rq, rs, type, store_owner(node), &blob);
}

static fallible
file_write(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    struct dav_written *written)
{
    return store_write(rq, node, content, type_choose(content->type, node->name), written);
}

const struct dav_kind file_kind = {
    .name = "file",
    .read = file_read,
    .write = file_write,
    .remove = store_trash,
    .retire = store_retire,
    .succeed = store_succeed,
    .copy = store_copy,
    .move = store_move,
    .quota = store_quota,
    .reserve = store_reserve,
};
