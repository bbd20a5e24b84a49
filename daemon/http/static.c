#include "http/static.h"

#include <string.h>

#include "base/arena.h"
#include "base/embed.h"
#include "base/text.h"
#include "base/token.h"
#include "http/conditional.h"
#include "http/exchange.h"
#include "http/front_in.h"
#include "http/response.h"

#define TAG_BYTES 8

static const struct {
    const char *ending, *type;
} types[] = {
    { ".css", "text/css; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".webmanifest", "application/manifest+json" },
    { ".txt", "text/plain; charset=utf-8" },
};

void
static_start(struct front *front)
{
    size_t n = 0;

    while (assets[n].name != NULL)
        n++;
    const char **etag = NEW_ARRAY(front->arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char digest[SHA256_SIZE];
        sha256(assets[i].bytes, assets[i].n, digest);
        etag[i] = hex_encode(front->arena, digest, TAG_BYTES);
    }
    front->asset_etags = etag;
}

static int
find(const char *name)
{
    for (int i = 0; assets[i].name != NULL; i++) {
        if (strcmp(assets[i].name, name) == 0)
            return i;
    }
    return -1;
}

const char *
static_href(const struct request *rq, const char *name)
{
    int i = find(name);

    if (i < 0)
        return arena_printf(rq->arena, "/static/%s", name);
    return arena_printf(rq->arena, "/static/%s?v=%s", name, exchange_of(rq)->front->asset_etags[i]);
}

fallible
static_show(struct request *rq, struct response *rs)
{
    int i = find(rq->param[0]);
    bool not_modified;

    if (i < 0)
        return REFUSE(rq->arena, NOT_FOUND);
    const char *etag = exchange_of(rq)->front->asset_etags[i];
    const char *version = request_query(rq, "v");
    bool for_ever = version != NULL && strcmp(version, etag) == 0;

    response_etag(rs, etag);
    response_cache(rs, for_ever ? "public, max-age=31536000, immutable" : "no-cache");
    TRY(conditional_check(rq, &(struct state){ .exists = true, .etag = etag }, &not_modified));
    if (not_modified) {
        response_status(rs, 304);
        return NULL;
    }
    const char *type = "application/octet-stream";
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        if (text_ends(rq->param[0], types[t].ending))
            type = types[t].type;
    }
    response_bytes(rs, type, assets[i].bytes, assets[i].n);
    return NULL;
}
