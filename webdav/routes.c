#include "base/config.h"
#include "http/app.h"
#include "webdav/serve.h"

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
    response_header(
        rs, "Allow", rq->path.n == 0 ? "OPTIONS, GET, HEAD, PROPFIND" : "OPTIONS, GET, HEAD, POST");
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

const struct route dav_routes[] = {
    READ(GET, "/dav/**", READ_ONLY),
    READ(OPTIONS, "/dav/**", READ_ONLY),
    READ(PROPFIND, "/dav/**", SNAPSHOT),
    READ(REPORT, "/dav/**", SNAPSHOT),
    UPLOAD("/dav/**"),
    WRITE(DELETE, "/dav/**"),
    WRITE(PROPPATCH, "/dav/**"),
    WRITE(MKCOL, "/dav/**"),
    WRITE(COPY, "/dav/**"),
    WRITE(MOVE, "/dav/**"),
    WRITE(LOCK, "/dav/**"),
    WRITE(UNLOCK, "/dav/**"),

    READ(GET, "/principals/**", READ_ONLY),
    READ(OPTIONS, "/principals/**", READ_ONLY),
    READ(PROPFIND, "/principals/**", SNAPSHOT),
    READ(REPORT, "/principals/**", SNAPSHOT),
    UPLOAD("/principals/**"),
    WRITE(DELETE, "/principals/**"),
    WRITE(PROPPATCH, "/principals/**"),
    WRITE(MKCOL, "/principals/**"),
    WRITE(COPY, "/principals/**"),
    WRITE(MOVE, "/principals/**"),
    WRITE(LOCK, "/principals/**"),
    WRITE(UNLOCK, "/principals/**"),

    READ(PROPFIND, "/", SNAPSHOT),
    ANYWHERE("/"),
    ANYWHERE("/**"),

    WELL_KNOWN(GET, "/.well-known/caldav"),
    WELL_KNOWN(PROPFIND, "/.well-known/caldav"),
    WELL_KNOWN(OPTIONS, "/.well-known/caldav"),
    WELL_KNOWN(REPORT, "/.well-known/caldav"),
    WELL_KNOWN(POST, "/.well-known/caldav"),
    WELL_KNOWN(GET, "/.well-known/carddav"),
    WELL_KNOWN(PROPFIND, "/.well-known/carddav"),
    WELL_KNOWN(OPTIONS, "/.well-known/carddav"),
    WELL_KNOWN(REPORT, "/.well-known/carddav"),
    WELL_KNOWN(POST, "/.well-known/carddav"),
    ROUTES_END,
};
