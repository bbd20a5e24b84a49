#ifndef WEBDAV_UPLOAD_TEXT_H
#define WEBDAV_UPLOAD_TEXT_H

#include <stdbool.h>

#include "base/token.h"

struct arena;

/*
 * The value of a key in an Upload-Metadata header ("filetype aW1hZ2UvcG5n,name eA=="; tus 1.0.0,
 * Creation), decoded; NULL when there is none, or it is malformed or no plain text.
 */
const char *metadata_value(struct arena *, const char *header, const char *key);

/*
 * The SHA-256 of a Content-Digest or Repr-Digest header ("sha-256=:...:", RFC 9530, 2 and 3). Other
 * algorithms are passed over: then *found is false. False when the header is malformed.
 */
bool digest_read(
    struct arena *, const char *header, unsigned char sha256[SHA256_SIZE], bool *found);

#endif
