#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "webdav/serve.h"

/* Longest media type that is kept. */
#define TYPE_MAX 255
/* The last second of the year 9999. */
#define TIME_MAX INT64_C(253402300799)

const char *
put_type(struct arena *arena, const char *type)
{
    size_t n;

    if (type == NULL)
        return NULL;
    type = text_trim(arena, type);
    n = strlen(type);
    if (n > TYPE_MAX || strchr(type, '/') == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (type[i] < ' ' || type[i] > '~')
            return NULL;
    return type;
}

/* X-OC-Mtime: seconds, perhaps with a fraction, which is dropped. */
static int64_t
wanted_time(struct request *rq)
{
    const char *header = request_header(rq, "X-OC-Mtime");
    int64_t seconds;

    if (header == NULL)
        return 0;
    header = text_trim(rq->arena, header);
    header = arena_copy(rq->arena, header, strcspn(header, "."));
    return text_to_int(header, TIME_MAX, &seconds) ? seconds * 1000000 : 0;
}

fallible
put_headers(struct request *rq, struct dav_state *s)
{
    const char *encoding = request_header(rq, "Content-Encoding");

    if (request_header(rq, "Content-Range") != NULL)
        return REFUSE(
            rq->arena, BAD_REQUEST); /* RFC 9110, 14.5: else a part would replace the whole */
    if (encoding != NULL && !text_same_nocase(text_trim(rq->arena, encoding), "identity"))
        return REFUSE(rq->arena, UNSUPPORTED_TYPE);
    s->content.type = put_type(rq->arena, request_header(rq, "Content-Type"));
    s->content.modified = wanted_time(rq);
    return NULL;
}

struct error *
put_content(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    struct dav_written *written)
{
    struct dav_node new = *node;

    if (!node->exists)
        new = dav_becoming(node, node->kind->member);
    CRASH_POINT(30);
    TRY(new.kind->write(rq, &new, content, written));
    CRASH_POINT(31);
    return NULL;
}

fallible
put_empty(struct request *rq, struct dav_state *s)
{
    struct blob_content *nothing = NEW(rq->arena, struct blob_content);
    const struct dav_content content = { .blob = nothing, .inline_bytes = "" };
    struct dav_written written = { .created = true };

    sha256("", 0, nothing->sha256);
    TRY(put_content(rq, &s->node, &content, &written));
    return dav_find(rq, &s->path, &s->node);
}

fallible
method_put(struct request *rq, struct dav_state *s, struct response *rs)
{
    struct dav_written written = { .created = !s->node.exists };

    TRY(put_content(rq, &s->node, &s->content, &written));
    response_status(rs, written.created ? 201 : 204);
    if (written.etag != NULL && !written.altered)
        response_etag(rs, written.etag);
    if (written.header != NULL)
        response_header(rs, written.header, written.value);
    if (s->content.modified != 0)
        response_header(rs, "X-OC-Mtime", "accepted");
    return NULL;
}
