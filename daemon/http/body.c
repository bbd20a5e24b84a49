#include "http/body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/token.h"
#include "base/text.h"
#include "blob/blob.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/body_in.h"
#include "http/route.h"
#include "http/spool.h"

#define FIRST_ROOM  KB(4)
#define IGNORED_MAX KB(64) /* what a GET may carry: it means nothing (RFC 9110, 9.3.1) */

/* ---------------------------------------------------------------- arriving */

static bool
ignores_body(enum method method)
{
    return method == GET || method == HEAD || method == OPTIONS;
}

static size_t
most_of(const struct exchange *ex)
{
    const struct config *config = ex->rq.app->config;
    const struct route *route = ex->rq.route;

    if (route->body == BODY_NONE)
        return ignores_body(ex->rq.method) ? IGNORED_MAX : 0;
    if (route->body_max != 0)
        return route->body_max;
    if (route->body == BODY_BLOB)
        return config->body_max;
    return ex->rq.method == REPORT ? config->report_body_max : config->xml_body_max;
}

/* Finder and others send chunks, and say in a header of their own how much it will be (cl-F8). */
static fallible
read_announced(struct exchange *ex, int64_t *announced)
{
    const char *expected = request_header(&ex->rq, "X-Expected-Entity-Length");

    *announced = ex->framing.length;
    if (!ex->framing.chunked || expected == NULL || ex->rq.route->body != BODY_BLOB)
        return NULL;
    if (!text_to_int(expected, INT64_MAX, announced))
        return FAIL(ex->rq.arena, BAD_REQUEST, "The X-Expected-Entity-Length is no number.");
    return NULL;
}

static void
body_free(void *what)
{
    struct body *body = what;

    upload_free(body->upload);
    if (body->form != NULL) /* it may have been a password's */
        forget(body->p, body->n);
    free(body->p);
}

fallible
body_begin(struct exchange *ex)
{
    struct request *rq = &ex->rq;
    int64_t announced;

    if (!exchange_has_body(ex) && rq->route->body != BODY_BLOB)
        return NULL;
    TRY(read_announced(ex, &announced));
    size_t max = most_of(ex);
    if (max == 0)
        return FAIL(
            rq->arena, UNSUPPORTED_TYPE, "%s", tr(rq->lang, "This method takes no content here."));
    /* Of a document that is told after it is clear that they may write there at all: body_fits().
     */
    if (announced > (int64_t)max && rq->route->body != BODY_BLOB)
        return REFUSE(rq->arena, TOO_LARGE);
    rq->body = NEW(rq->arena, struct body);
    *rq->body = (struct body){ .max = max, .announced = announced };
    arena_defer(rq->arena, body_free, rq->body);
    return NULL;
}

bool
body_needs_admission(const struct exchange *ex)
{
    const struct body *body = ex->rq.body;

    return body != NULL && ex->rq.route->body == BODY_BLOB &&
           (body->announced < 0 || body->announced > (int64_t)ex->rq.app->config->inline_max);
}

fallible
body_fits(const struct exchange *ex)
{
    const struct body *body = ex->rq.body;

    return body->announced > (int64_t)body->max ? REFUSE(ex->rq.arena, TOO_LARGE) : NULL;
}

fallible
body_admitted(struct exchange *ex, struct spool *spool)
{
    ex->rq.body->upload = upload_new(spool, ex);
    if (ex->rq.body->upload == NULL)
        return error_cause(REFUSE(ex->rq.arena, TRY_LATER), ex->rq.arena, "too many uploads");
    return NULL;
}

static void
grow(struct body *body, size_t n)
{
    size_t room = body->room == 0 ? FIRST_ROOM : body->room;

    while (room < body->n + n + 1)
        room *= 2;
    if (room == body->room)
        return;
    body->p = realloc(body->p, room);
    if (body->p == NULL)
        abort();
    body->room = room;
}

fallible
body_take(struct exchange *ex, const char *p, size_t n, size_t *taken)
{
    struct body *body = ex->rq.body;

    *taken = n;
    if (body->received + (int64_t)n > (int64_t)body->max)
        return REFUSE(ex->rq.arena, TOO_LARGE);
    if (body->announced >= 0 && body->received + (int64_t)n > body->announced)
        return FAIL(
            ex->rq.arena, BAD_REQUEST, "%s", tr(ex->rq.lang, "More arrived than was announced."));
    if (body->upload != NULL) {
        TRY(upload_error(body->upload, ex->rq.arena));
        *taken = upload_take(body->upload, p, n);
    } else if (ex->rq.route->body != BODY_NONE) {
        grow(body, n);
        memcpy(body->p + body->n, p, n);
        body->n += n;
    }
    body->received += (int64_t)*taken;
    return NULL;
}

fallible
body_end(struct exchange *ex)
{
    struct body *body = ex->rq.body;

    if (body == NULL)
        return NULL;
    if (body->announced >= 0 && body->received != body->announced)
        return FAIL(
            ex->rq.arena, BAD_REQUEST, "%s", tr(ex->rq.lang, "Less arrived than was announced."));
    if (body->upload == NULL) {
        grow(body, 0);
        body->p[body->n] = '\0';
    }
    body->complete = true;
    return NULL;
}

/* ---------------------------------------------------------------- for handlers */

int64_t
body_length(const struct request *rq)
{
    if (rq->body == NULL)
        return 0;
    return rq->body->complete ? rq->body->received : rq->body->announced;
}

bool
body_is_complete(const struct request *rq)
{
    return rq->body == NULL || rq->body->complete;
}

const char *
body_text(const struct request *rq, size_t *n)
{
    if (rq->body == NULL) {
        *n = 0;
        return "";
    }
    assert(rq->body->complete && rq->body->upload == NULL);
    *n = rq->body->n;
    return rq->body->p;
}

fallible
body_view(const struct request *rq, const char **p, size_t *n)
{
    if (rq->body == NULL || rq->body->upload == NULL) {
        *p = body_text(rq, n);
        return NULL;
    }
    assert(rq->body->complete);
    TRY(upload_error(rq->body->upload, rq->arena));
    return blob_map(upload_writer(rq->body->upload), rq->arena, p, n);
}

/* Small enough for the row: nothing goes to the store. */
static void
settle_in_memory(struct request *rq, const char *p, size_t n)
{
    struct blob_content *content = NEW(rq->arena, struct blob_content);

    content->size = (int64_t)n;
    sha256(p, n, content->sha256);
    rq->body->content = content;
    rq->body->inline_bytes = p;
}

static fallible
settle_upload(struct request *rq, struct blob_owner owner, size_t in_row)
{
    struct body *body = rq->body;
    struct blob_writer *writer = upload_writer(body->upload);
    const struct blob_content *content;

    TRY(upload_error(body->upload, rq->arena));
    if (body->received <= (int64_t)in_row) { /* chunks turned out to be few */
        char *p = arena_alloc(rq->arena, (size_t)body->received + 1);
        TRY(blob_written(writer, rq->arena, p, (size_t)body->received));
        settle_in_memory(rq, p, (size_t)body->received);
        return NULL;
    }
    TRY(blob_finish(writer, rq->arena, &content));
    CRASH_POINT(11);
    TRY(blob_publish(writer, rq->arena, owner));
    CRASH_POINT(12);
    body->content = content;
    body->inline_bytes = NULL;
    return NULL;
}

fallible
body_settle(struct request *rq, struct blob_owner owner, size_t in_row,
    const struct blob_content **content, const char **inline_bytes)
{
    struct body *body = rq->body;

    assert(body != NULL && body->complete);
    if (body->content == NULL) { /* once: a request that lost a race comes here again */
        if (body->upload == NULL)
            settle_in_memory(rq, body->p, body->n);
        else
            TRY(settle_upload(rq, owner, in_row));
    } else if (body->upload != NULL && body->inline_bytes == NULL) {
        /* It lost a race, maybe against the sweep: what was swept is put back. */
        TRY(blob_publish(upload_writer(body->upload), rq->arena, owner));
    }
    *content = body->content;
    *inline_bytes = body->inline_bytes;
    return NULL;
}

static void
free_writer(void *what)
{
    blob_writer_free(what);
}

fallible
body_store(struct request *rq, struct blob_owner owner, const struct blob_content **content)
{
    struct body *body = rq->body;
    struct blob_writer *writer;

    assert(body->complete);
    if (body->upload != NULL) {
        TRY(upload_error(body->upload, rq->arena));
        writer = upload_writer(body->upload);
    } else {
        writer = blob_writer_new(rq->app->blobs);
        arena_defer(rq->arena, free_writer, writer);
        TRY(blob_write(writer, rq->arena, body->p, body->n));
    }
    TRY(blob_finish(writer, rq->arena, content));
    return blob_publish(writer, rq->arena, owner);
}

fallible
body_settle_part(struct request *rq, struct blob_owner owner, const char *p, size_t n,
    const struct blob_content **content, const char **inline_bytes)
{
    struct blob_content *small = NEW(rq->arena, struct blob_content);

    if (n <= rq->app->config->inline_max) {
        small->size = (int64_t)n;
        sha256(p, n, small->sha256);
        *content = small;
        *inline_bytes = p;
        return NULL;
    }
    struct blob_writer *writer = blob_writer_new(rq->app->blobs);
    arena_defer(rq->arena, free_writer, writer);
    TRY(blob_write(writer, rq->arena, p, n));
    TRY(blob_finish(writer, rq->arena, content));
    TRY(blob_publish(writer, rq->arena, owner));
    *inline_bytes = NULL;
    return NULL;
}
