/* From a finished response to one of libmicrohttpd's. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "html/out.h"
#include "http/front_in.h"
#include "http/mhd.h"
#include "http/reaper.h"
#include "http/response_out.h"
#include "http/stream.h"

#define PIECE KB(64)

/* One blob part, or an out that has become a file: sent by sendfile. Takes the descriptor. */
static struct MHD_Response *
from_file(int *fd, const struct range *range)
{
    struct MHD_Response *reply = MHD_create_response_from_fd_at_offset64(
        (uint64_t)(range->last - range->first + 1), *fd, (uint64_t)range->first);

    if (reply != NULL)
        *fd = -1;
    return reply;
}

static ssize_t
read_parts(void *cls, uint64_t at, char *p, size_t max)
{
    const struct response *rs = cls;
    int64_t offset = rs->range.first + (int64_t)at;

    for (int i = 0; i < rs->n_parts; i++) {
        const struct response_part *part = &rs->part[i];
        if (offset >= part->size) {
            offset -= part->size;
            continue;
        }
        size_t left = (size_t)(part->size - offset);
        ssize_t n;
        do
            n = pread(part->fd, p, max < left ? max : left, offset);
        while (n < 0 && errno == EINTR);
        return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *
from_memory(const void *p, const struct range *range)
{
    const char *first = p == NULL ? "" : (const char *)p + range->first;

    return MHD_create_response_from_buffer(
        (size_t)(range->last - range->first + 1), (void *)(uintptr_t)first, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *
from_text(const struct response *rs)
{
    if (out_fd(rs->text) < 0)
        return from_memory(out_memory(rs->text), &rs->range);
    CLEANUP(close_fd) int fd = fcntl(out_fd(rs->text), F_DUPFD_CLOEXEC, 3);
    return fd < 0 ? NULL : from_file(&fd, &rs->range);
}

static struct MHD_Response *
from_stream(struct exchange *ex, const struct response *rs)
{
    struct error *e = stream_new(ex->front->streams, ex, rs->owner, rs->streamed, rs->n_parts,
        &rs->range, &ex->stream);

    if (e != NULL) {
        LOG(LOG_WARNING_, "stream_refused", "request", ex->rq.id, "cause", e->cause);
        return NULL;
    }
    struct MHD_Response *reply = stream_reply(ex->stream);
    if (reply == NULL)
        ex->stream = NULL;
    return reply;
}

static struct MHD_Response *
from_source(struct exchange *ex, struct response *rs)
{
    struct error *e = stream_of(ex->front->streams, ex, rs->source, &ex->stream);

    if (e != NULL) {
        LOG(LOG_WARNING_, "stream_refused", "request", ex->rq.id, "cause", e->cause);
        return NULL;
    }
    rs->source->fill = NULL;
    struct MHD_Response *reply = stream_reply(ex->stream);
    if (reply == NULL)
        ex->stream = NULL;
    return reply;
}

/* Over TLS there is no sendfile; the library would read files in pieces of 4 KiB. */
static struct MHD_Response *
make(struct exchange *ex, struct response *rs)
{
    bool tls = ex->connection->tls;

    switch (rs->kind) {
    case REPLY_TEXT:
        return from_text(rs);
    case REPLY_BYTES:
        return from_memory(rs->bytes, &rs->range);
    case REPLY_PARTS:
        if (rs->n_parts == 1 && !tls)
            return from_file(&rs->part[0].fd, &rs->range);
        if (rs->n_parts > 0)
            return MHD_create_response_from_callback(
                (uint64_t)(rs->range.last - rs->range.first + 1), PIECE, read_parts, rs, NULL);
        break;
    case REPLY_STREAM:
        return from_stream(ex, rs);
    case REPLY_SOURCE:
        return from_source(ex, rs);
    case REPLY_EMPTY:
        break;
    }
    return MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
}

void
reply_make(struct exchange *ex)
{
    struct response *rs = ex->rs;
    ex->stream = NULL;
    struct MHD_Response *reply = make(ex, rs);

    if (reply == NULL) { /* no descriptor left */
        LOG(LOG_ERROR_, "reply_failed", "request", ex->rq.id);
        response_error(ex, rs, REFUSE(ex->rq.arena, TRY_LATER), true);
        reply = make(ex, rs);
    }
    if (reply == NULL)
        return;
    for (int i = 0; i < rs->n_headers; i++)
        MHD_add_response_header(reply, rs->header[i].name, rs->header[i].value);
    ex->reply = reply;
    ex->status = rs->status;
    ex->sent = rs->range.last - rs->range.first + 1;
}

enum MHD_Result
reply_send(struct exchange *ex)
{
    if (ex->reply == NULL)
        return MHD_NO;
    if (ex->close || atomic_load_explicit(&ex->front->quiescing, memory_order_relaxed))
        MHD_add_response_header(ex->reply, "Connection", "close");
    enum MHD_Result sent = MHD_queue_response(ex->mhd, (unsigned)ex->status, ex->reply);
    MHD_destroy_response(ex->reply);
    ex->reply = NULL;
    return sent;
}
