#include "base/config.h"
#include "http/app.h"
#include "webdav/serve.h"
#include "webdav/upload.h"

/*
 * Discovery (RFC 6764): whatever the method and whoever asks, the tree begins at
 * /dav/. 301 is what most clients attest; the path alone keeps scheme and host (cl-A1, cl-A2).
 */
static fallible
well_known(struct request *rq UNUSED, struct response *rs)
{
    response_status(rs, 301);
    response_header(rs, "Location", "/dav/");
    response_cache(rs, "max-age=3600");
    return NULL;
}

/* OPTIONS where no tree of ours is: Windows asks the root whatever was mapped (cl-B4). */
static fallible
options_anywhere(struct request *rq, struct response *rs)
{
    response_status(rs, 200);
    dav_headers(rq, rs);
    response_header(rs, "Accept-Ranges", "bytes");
    response_header(rs, "Allow",
        rq->path.n == 0 ? "OPTIONS, GET, HEAD, PROPFIND, REPORT" : "OPTIONS, GET, HEAD, POST");
    return NULL;
}

#define READ(m, path, kind)                                                                        \
    {                                                                                              \
        .method = m, .pattern = path, .login = LOGIN_DAV, .need = SIGNED_IN, .tx = kind,           \
        .body = BODY_MEMORY, .scope = dav_scope, .run = dav_serve                                  \
    }
#define WRITE(m, path)                                                                             \
    {                                                                                              \
        .method = m, .pattern = path, .login = LOGIN_DAV, .need = SIGNED_IN, .tx = READ_WRITE,     \
        .body = BODY_MEMORY, .scope = dav_scope, .run = dav_serve                                  \
    }
#define UPLOAD(path)                                                                               \
    {                                                                                              \
        .method = PUT, .pattern = path, .login = LOGIN_DAV, .need = SIGNED_IN, .tx = READ_WRITE,   \
        .body = BODY_BLOB, .scope = dav_scope, .admit = dav_admit, .prepare = dav_prepare,         \
        .run = dav_serve                                                                           \
    }
#define WELL_KNOWN(m, path)                                                                        \
    {                                                                                              \
        .method = m, .pattern = path, .login = LOGIN_NONE, .need = ANYBODY, .tx = NO_TX,           \
        .body = BODY_MEMORY, .run = well_known                                                     \
    }
#define ANYWHERE(path)                                                                             \
    {                                                                                              \
        .method = OPTIONS, .pattern = path, .login = LOGIN_NONE, .need = ANYBODY, .tx = NO_TX,     \
        .body = BODY_MEMORY, .run = options_anywhere                                               \
    }

/* All methods of a tree. */
#define TREE(path)                                                                                 \
    READ(GET, path, READ_ONLY), READ(OPTIONS, path, READ_ONLY), READ(PROPFIND, path, SNAPSHOT),    \
        READ(REPORT, path, SNAPSHOT), UPLOAD(path), WRITE(DELETE, path), WRITE(PROPPATCH, path),   \
        WRITE(MKCOL, path), WRITE(MKCALENDAR, path), WRITE(COPY, path), WRITE(MOVE, path), WRITE(LOCK, path),               \
        WRITE(UNLOCK, path)
/* Whatever a client sends there (RFC 6764, 5). */
#define DISCOVERY(path)                                                                            \
    WELL_KNOWN(GET, path), WELL_KNOWN(PROPFIND, path), WELL_KNOWN(OPTIONS, path),                  \
        WELL_KNOWN(REPORT, path), WELL_KNOWN(POST, path), WELL_KNOWN(PUT, path),                   \
        WELL_KNOWN(DELETE, path), WELL_KNOWN(PROPPATCH, path), WELL_KNOWN(MKCOL, path),            \
        WELL_KNOWN(COPY, path), WELL_KNOWN(MOVE, path), WELL_KNOWN(LOCK, path),                    \
        WELL_KNOWN(UNLOCK, path), WELL_KNOWN(PATCH, path)

const struct route dav_routes[] = {
    TREE("/dav/**"),
    { POST, "/dav/**", LOGIN_DAV, SIGNED_IN, READ_WRITE, BODY_NONE, .scope = upload_begin_scope,
        .run = upload_begin },
    UPLOAD_ROUTES(LOGIN_DAV, "/dav/uploads/{chapter}/{upload}"),
    { POST, "/c/{chapter}/uploads/**", LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_NONE,
        .scope = upload_begin_scope, .run = upload_begin },
    UPLOAD_ROUTES(LOGIN_PAGE, "/c/{chapter}/uploads/{upload}"),
    TREE("/principals/**"),

    READ(PROPFIND, "/", SNAPSHOT),
    READ(REPORT, "/", SNAPSHOT),
    ANYWHERE("/"),
    ANYWHERE("/**"),

    DISCOVERY("/.well-known/caldav"),
    DISCOVERY("/.well-known/carddav"),
    ROUTES_END,
};
