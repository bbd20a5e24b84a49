#ifndef HTTP_RESPONSE_OUT_H
#define HTTP_RESPONSE_OUT_H

/* Private to daemon/http: a response as it is sent. See http/response.h for what handlers see. */
#include "http/exchange.h"
#include "http/range.h"
#include "http/response.h"

struct header {
    const char *name, *value;
};

struct response_part {
    int fd; /* -1 once somebody else closes it */
    int64_t size;
};

enum response_kind { REPLY_EMPTY, REPLY_TEXT, REPLY_BYTES, REPLY_PARTS, REPLY_STREAM, REPLY_SOURCE };

#define RESPONSE_HEADERS 40

struct response {
    struct arena *arena;
    int status;
    struct header header[RESPONSE_HEADERS];
    int n_headers;
    const char *type, *etag, *cache;
    int64_t modified;
    enum response_kind kind;
    struct out *text;
    const void *bytes;
    int64_t size; /* of the whole, of REPLY_BYTES and REPLY_PARTS */
    struct response_part *part;
    int n_parts;
    struct blob_owner owner;         /* of REPLY_STREAM */
    const struct blob_part *streamed; /* its parts, n_parts */
    struct response_source *source;   /* of REPLY_SOURCE; its fill is NULL once a stream has it */
    struct range range; /* what of it is sent; set by response_end */
    bool ranged;
    bool framing; /* the page has frames */
};

struct response *response_new(struct arena *);
/* As new; files it had opened stay open until the arena ends. */
void response_reset(struct response *);

/*
 * The handler is done: decides about a range and adds the headers that all
 * responses have. RANGE_NOT_SATISFIABLE, STORAGE_FULL.
 */
fallible response_end(struct request *, struct response *);

/* Fills rs with what the client gets for an error, and ends it. plain: without app->render_error.
 */
void response_error(struct exchange *, struct response *, const struct error *, bool plain);

/* reply.c: makes ex->reply of ex->rs. */
void reply_make(struct exchange *);

#endif
