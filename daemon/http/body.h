#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct blob_content;
struct blob_owner;
struct request;

/*
 * The body of a request: complete and bounded before a handler starts. Small
 * ones and those of BODY_MEMORY routes are in memory; an upload (BODY_BLOB)
 * past config->inline_max is a file without a name inside the blob directory.
 */
/* 0 without a body. In `admit`: what was announced, -1 when nobody can know (chunked). */
int64_t body_length(const struct request *);

/* Has all of it arrived? Not yet while an upload is being admitted. True without a body. */
bool body_is_complete(const struct request *);

/* The bytes of a body that is in memory, NUL-terminated. Asserts that it is. */
const char *body_text(const struct request *, size_t *n);

/*
 * The bytes of a body wherever it is, not NUL-terminated; an upload is mapped,
 * so that a form with large files costs no memory. TOO_LARGE past 1 GiB.
 */
fallible body_view(const struct request *, const char **p, size_t *n);

/*
 * Puts a body of a BODY_BLOB route into the store as it is, whatever its size: in `prepare`, never
 * inside a transaction, and again without harm when the request is run again. At most 1 GiB: *content has one part.
 */
fallible body_store(struct request *, struct blob_owner, const struct blob_content **content);

/*
 * For an upload, in `prepare` and never inside a transaction: *content names
 * it. When it is at most in_row bytes *inline_bytes holds it (for
 * the row), else it has been made durable in the store and *inline_bytes is NULL.
 */
fallible body_settle(struct request *, struct blob_owner, size_t in_row,
    const struct blob_content **content, const char **inline_bytes);

/* The same for a part of a body, such as a file of a form; config->inline_max bytes go into a row. */
fallible body_settle_part(struct request *, struct blob_owner, const char *p, size_t n,
    const struct blob_content **content, const char **inline_bytes);

#endif
