#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "http/app.h"
#include "webdav/serve.h"

static fallible
decode(struct request *rq, const char *raw, struct path *path)
{
    const struct config *c = rq->app->config;
    const struct path_limits limits = { (int)c->path_segments, c->name_max, c->path_max };
    struct path plain;

    TRY(uri_path(rq->arena, raw, strcspn(raw, "?#"), &limits, &plain));
    *path = dav_path(rq->arena, &plain);
    return NULL;
}

/*
 * User and password before the host (KIO sends them) are ignored. "//host/x" is
 * no path: it would name a host in a way that we do not read.
 */
fallible
address_path(struct request *rq, const char *address, struct path *path)
{
    struct uri uri;

    if (address[0] == '/' && address[1] != '/')
        return decode(rq, address, path);
    if (!uri_parse(rq->arena, address, &uri))
        return REFUSE(rq->arena, BAD_REQUEST);
    if (!request_is_our_host(rq, uri.host, uri.port))
        return REFUSE(rq->arena, BAD_GATEWAY);
    return decode(rq, uri.path, path);
}

fallible
address_destination(struct request *rq, struct path *path)
{
    const char *header = request_header(rq, "Destination");

    if (header == NULL)
        return REFUSE(rq->arena, BAD_REQUEST);
    header = text_trim(rq->arena, header);
    if (strchr(header, '#') != NULL)
        return REFUSE(rq->arena, BAD_REQUEST); /* no fragment is an address one can write to */
    TRY(address_path(rq, header, path));
    return mount_serves(path) ? NULL : REFUSE(rq->arena, FORBIDDEN);
}

static fallible
read_depth(struct request *rq, struct dav_state *s)
{
    const char *depth = request_header(rq, "Depth");

    s->depth = DEPTH_INFINITY;
    s->depth_named = depth != NULL;
    if (depth == NULL)
        return NULL;
    depth = text_trim(rq->arena, depth);
    if (strcmp(depth, "0") == 0)
        s->depth = DEPTH_0;
    else if (strcmp(depth, "1") == 0)
        s->depth = DEPTH_1;
    else if (strcmp(depth, "1,noroot") == 0) {
        s->depth = DEPTH_1;
        s->without_root = true;
    } else if (!text_same_nocase(depth, "infinity"))
        return REFUSE(rq->arena, BAD_REQUEST);
    return NULL;
}

/* Is a preference (RFC 7240) among those of the request? */
static bool
prefers(struct request *rq, const char *preference)
{
    const char *header = request_header(rq, "Prefer");
    const char *const *part;
    int n;

    if (header == NULL)
        return false;
    n = text_split(rq->arena, header, ",;", &part);
    for (int i = 0; i < n; i++)
        if (text_same_nocase(text_trim(rq->arena, part[i]), preference))
            return true;
    return false;
}

fallible
address_headers(struct request *rq, struct dav_state *s)
{
    const char *overwrite = request_header(rq, "Overwrite"), *brief = request_header(rq, "Brief");

    TRY(read_depth(rq, s));
    s->overwrite = true;
    if (overwrite != NULL) {
        overwrite = text_trim(rq->arena, overwrite);
        if (!text_same_nocase(overwrite, "T") && !text_same_nocase(overwrite, "F"))
            return REFUSE(rq->arena, BAD_REQUEST);
        s->overwrite = text_same_nocase(overwrite, "T");
    }
    s->minimal = prefers(rq, "return=minimal") ||
                 (brief != NULL && text_same_nocase(text_trim(rq->arena, brief), "t"));
    s->without_root = s->without_root || prefers(rq, "depth-noroot");
    return NULL;
}
