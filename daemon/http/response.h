#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "blob/blob.h"

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

/* One of these; with none of them the reply has no body. */
struct out *response_text(struct response *, const char *type); /* written to by pages and XML */
void response_redirect(struct response *, const char *href);    /* 303 to an address of ours */
void response_bytes(struct response *, const char *type, const void *p,
    size_t n); /* p lives as long as the arena, or for ever */
/* A content of the store: from the disk without copying, its parts are opened here; else as a stream
 * (http/stream.h). Takes part in ranges. The parts live as long as the arena. */
fallible response_blob(struct request *, struct response *, const char *type, struct blob_owner,
    const struct blob_content *);

/* An error without a page: application/problem+json (RFC 9457) for who accepts JSON, else text. */
void problem_render(struct request *, struct response *, const struct error *);

#endif
