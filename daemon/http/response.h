#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "blob/blob.h"

struct arena;
struct db;
struct out;
struct request;

/* A reply under construction. Nothing is sent before the handler returns and its transaction
 * commits. */
struct response;

void response_status(struct response *, int status);
/* One header line. Asserts that the name is a token; control characters in the value become blanks
 * (B25). */
void response_header(struct response *, const char *name, const char *value);
void response_etag(struct response *, const char *etag); /* without quotes; sent quoted, strong */
void response_modified(struct response *, int64_t us);   /* Last-Modified */
/* How a browser's and a proxy's cache may keep it; the default is "no-store". */
void response_cache(struct response *, const char *cache_control);

/* The page shows something of ours in a frame. */
void response_may_frame(struct response *);

/* One of these; with none of them the reply has no body. */
struct out *response_text(struct response *, const char *type); /* written to by pages and XML */
void response_redirect(struct response *, const char *href);    /* 303 to an address of ours */
void response_bytes(struct response *, const char *type, const void *p,
    size_t n); /* p lives as long as the arena, or for ever */
/* A content of the store: from the disk without copying, its parts are opened here; else as a stream
 * (http/stream.h). Takes part in ranges. The parts live as long as the arena. */
fallible response_blob(struct request *, struct response *, const char *type, struct blob_owner,
    const struct blob_content *);

/*
 * A body that is made while it is sent, of a length that nobody knows yet (sent in chunks). A few
 * threads call `fill` for a piece of at most `max` bytes, a little ahead of the client, never two
 * at once; *n 0 is the end. It may wait, and has the thread's connection for transactions of its
 * own. An error before the first byte becomes the answer, later it cuts the connection. `end` is
 * called once, from any thread, when all is sent, the client is gone or nothing is sent at all.
 * The arena of fill lasts for that call; the request's does not last.
 */
struct response_source {
    fallible (*fill)(void *cls, struct arena *, struct db *, char *p, size_t max, size_t *n);
    void (*end)(void *cls);
    void *cls;
};
void response_source(struct response *, const char *type, const struct response_source *);

/* An error without a page: application/problem+json (RFC 9457) for who accepts JSON, else text. */
void problem_render(struct request *, struct response *, const struct error *);

#endif
