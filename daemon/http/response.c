#include "http/response.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/out.h"
#include "http/app.h"
#include "http/response_out.h"
#include "http/route.h"

/* Files that one reply keeps open; a content of more is a stream. */
#define OPENED_MAX 16
#define TEXT_MAX (INT64_C(256) * 1024 * 1024)

#define PAGE_POLICY                                                                                \
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; " \
    "frame-ancestors 'none'; base-uri 'none'"

struct response *
response_new(struct arena *arena)
{
    struct response *rs = NEW(arena, struct response);

    rs->arena = arena;
    response_reset(rs);
    return rs;
}

void
response_reset(struct response *rs)
{
    *rs = (struct response){ .arena = rs->arena, .status = 200 };
}

void
response_status(struct response *rs, int status)
{
    rs->status = status;
}

void
response_header(struct response *rs, const char *name, const char *value)
{
    assert(guard_is_token(name, strlen(name)));
    assert(rs->n_headers < RESPONSE_HEADERS);
    char *clean = arena_copy(rs->arena, value, strlen(value));
    for (char *c = clean; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
    rs->header[rs->n_headers++] = (struct header){ name, text_trim(rs->arena, clean) };
}

static const char *
response_find(const struct response *rs, const char *name)
{
    for (int i = 0; i < rs->n_headers; i++) {
        if (text_same_nocase(rs->header[i].name, name))
            return rs->header[i].value;
    }
    return NULL;
}

void
response_etag(struct response *rs, const char *etag)
{
    rs->etag = etag;
}

void
response_modified(struct response *rs, int64_t us)
{
    rs->modified = us;
}

void
response_cache(struct response *rs, const char *cache_control)
{
    rs->cache = cache_control;
}

void
response_may_frame(struct response *rs)
{
    rs->framing = true;
}

struct out *
response_text(struct response *rs, const char *type)
{
    rs->kind = REPLY_TEXT;
    rs->type = type;
    rs->text = out_new(rs->arena, TEXT_MAX);
    return rs->text;
}

void
response_redirect(struct response *rs, const char *href)
{
    assert(href[0] == '/' && href[1] != '/' && href[1] != '\\');
    rs->status = 303;
    rs->kind = REPLY_EMPTY;
    response_header(rs, "Location", href);
}

void
response_bytes(struct response *rs, const char *type, const void *p, size_t n)
{
    rs->kind = REPLY_BYTES;
    rs->type = type;
    rs->bytes = p;
    rs->size = (int64_t)n;
}

static void
close_part(void *what)
{
    struct response_part *part = what;

    close_fd(&part->fd);
}

/* Damage to one part is trouble for who reads that document, 503: it exists, and may be mended. */
static fallible
open_part(struct request *rq, struct blob_owner owner, const struct blob_part *from,
    struct response_part *part)
{
    struct stat st;
    struct error *e = blob_open(rq->app->blobs, rq->arena, owner, from->sha256, &part->fd);

    if (e != NULL && e->cond == &NOT_FOUND)
        return error_cause(REFUSE(rq->arena, TRY_LATER), rq->arena, "%s", e->cause);
    TRY(e);
    arena_defer(rq->arena, close_part, part);
    if (fstat(part->fd, &st) != 0 || st.st_size != from->size)
        return error_cause(REFUSE(rq->arena, TRY_LATER), rq->arena,
            "blob store: a part has another size than it had");
    return NULL;
}

static bool
is_on_disk(const struct blob_content *content)
{
    for (int i = 0; i < content->n_parts; i++)
        if (content->parts[i].where != BLOB_DISK)
            return false;
    return true;
}

fallible
response_blob(struct request *rq, struct response *rs, const char *type, struct blob_owner owner,
    const struct blob_content *content)
{
    rs->kind =
        is_on_disk(content) && content->n_parts <= OPENED_MAX ? REPLY_PARTS : REPLY_STREAM;
    rs->type = type;
    rs->size = content->size;
    rs->n_parts = content->n_parts;
    rs->owner = owner;
    rs->streamed = content->parts;
    if (rs->kind == REPLY_STREAM)
        return NULL;
    rs->part = NEW_ARRAY(rs->arena, struct response_part, (size_t)content->n_parts);
    for (int i = 0; i < content->n_parts; i++) {
        struct response_part *part = &rs->part[i];
        *part = (struct response_part){ -1, content->parts[i].size };
        TRY(open_part(rq, owner, &content->parts[i], part));
    }
    return NULL;
}

/* Nobody took it: an error came between, the request was run again, or the reply was not sent. */
static void
end_source(void *what)
{
    struct response_source *source = what;

    if (source->fill != NULL)
        source->end(source->cls);
}

void
response_source(struct response *rs, const char *type, const struct response_source *source)
{
    rs->kind = REPLY_SOURCE;
    rs->type = type;
    rs->source = NEW(rs->arena, struct response_source);
    *rs->source = *source;
    arena_defer(rs->arena, end_source, rs->source);
}

/* RFC 9110, 13.1.5: is the range meant for what is here now? */
static bool
if_range_holds(const struct request *rq, const struct response *rs)
{
    const char *condition = request_header(rq, "If-Range");
    int64_t us;

    if (condition == NULL)
        return true;
    if (condition[0] == '"') {
        size_t n = rs->etag == NULL ? 0 : strlen(rs->etag);
        return n > 0 && strncmp(condition + 1, rs->etag, n) == 0 &&
               strcmp(condition + 1 + n, "\"") == 0;
    }
    return rs->modified != 0 && time_from_http(condition, &us) &&
           us / 1000000 == rs->modified / 1000000;
}

static fallible
choose_range(struct request *rq, struct response *rs)
{
    bool seekable = rs->kind == REPLY_BYTES || rs->kind == REPLY_PARTS ||
                    rs->kind == REPLY_STREAM;

    rs->ranged = false;
    if (!seekable || rs->status != 200 || (rs->etag == NULL && rs->modified == 0))
        return NULL;
    response_header(rs, "Accept-Ranges", "bytes");
    if (rq->method != GET || !if_range_holds(rq, rs))
        return NULL;
    switch (range_read(request_header(rq, "Range"), rs->size, &rs->range)) {
    case RANGE_NONE:
        return NULL;
    case RANGE_BEYOND:
        return REFUSE(rq->arena, RANGE_NOT_SATISFIABLE);
    case RANGE_ONE:
        break;
    }
    rs->ranged = true;
    rs->status = 206;
    response_header(rs, "Content-Range",
        arena_printf(rs->arena, "bytes %lld-%lld/%lld", (long long)rs->range.first,
            (long long)rs->range.last, (long long)rs->size));
    return NULL;
}

static void
add_default(struct response *rs, const char *name, const char *value)
{
    if (response_find(rs, name) == NULL)
        response_header(rs, name, value);
}

/*
 * May browsers keep in mind that this name is served over https alone (RFC 6797)? Not an address,
 * and no name of every machine, where other programs answer too.
 */
static bool
is_secure_name(const struct request *rq)
{
    const char *host = rq->client.host;
    struct address a;

    return host != NULL && strcmp(rq->client.scheme, "https") == 0 &&
           !text_same_nocase(host, "localhost") && !address_read(host, &a);
}

static void
add_common(struct request *rq, struct response *rs)
{
    bool has_type = rs->kind != REPLY_EMPTY && rs->type != NULL;

    if (has_type)
        add_default(rs, "Content-Type", rs->type);
    if (rs->etag != NULL)
        add_default(rs, "ETag", arena_printf(rs->arena, "\"%s\"", rs->etag));
    if (rs->modified != 0)
        add_default(rs, "Last-Modified", time_http(rs->arena, rs->modified));
    add_default(rs, "Cache-Control", rs->cache == NULL ? "no-store" : rs->cache);
    add_default(rs, "X-Content-Type-Options", "nosniff");
    add_default(rs, "Referrer-Policy", "no-referrer");
    if (rq->route != NULL && rq->route->secret)
        add_default(rs, "X-Robots-Tag", "noindex, nofollow");
    if (has_type && strncasecmp(rs->type, "text/html", 9) == 0) {
        add_default(rs, "Content-Security-Policy",
            rs->framing ? PAGE_POLICY "; frame-src 'self'" : PAGE_POLICY);
        add_default(rs, "X-Frame-Options", "DENY");
    }
    if (rs->status == 401 && rq->route != NULL && rq->route->login == LOGIN_DAV)
        add_default(rs, "WWW-Authenticate", "Basic realm=\"chapterd\", charset=\"UTF-8\"");
    if (rq->method == OPTIONS && exchange_of(rq)->allow != NULL)
        add_default(rs, "Allow", exchange_of(rq)->allow);
    if (rs->status == 426) /* RFC 9110, 15.5.22 */
        add_default(rs, "Upgrade", "TLS/1.2, HTTP/1.1");
    if (is_secure_name(rq))
        add_default(rs, "Strict-Transport-Security", "max-age=31536000");
    if (rs->status == 503)
        add_default(rs, "Retry-After", "5");
    if (rs->status == 429)
        add_default(rs, "Retry-After", "60");
}

fallible
response_end(struct request *rq, struct response *rs)
{
    if (rs->kind == REPLY_TEXT) {
        if (out_failed(rs->text))
            return REFUSE(rq->arena, STORAGE_FULL);
        rs->size = out_length(rs->text);
    }
    TRY(choose_range(rq, rs));
    if (!rs->ranged)
        rs->range = (struct range){ 0, rs->size - 1 };
    add_common(rq, rs);
    return NULL;
}

void
response_error(struct exchange *ex, struct response *rs, const struct error *e, bool plain)
{
    struct request *rq = &ex->rq;
    int64_t size = rs->size;

    response_reset(rs);
    response_status(rs, e->cond->status);
    if (plain || rq->app->render_error == NULL)
        problem_render(rq, rs, e);
    else
        rq->app->render_error(rq, rs, e);
    if (e->cond == &RANGE_NOT_SATISFIABLE)
        response_header(
            rs, "Content-Range", arena_printf(rs->arena, "bytes */%lld", (long long)size));
    if (e->cond == &METHOD_NOT_ALLOWED && ex->allow != NULL)
        add_default(rs, "Allow", ex->allow);
    struct error *again = response_end(rq, rs);
    if (again != NULL) { /* an error page that cannot be held: the status says enough */
        response_reset(rs);
        response_status(rs, e->cond->status);
        add_common(rq, rs);
    }
}
