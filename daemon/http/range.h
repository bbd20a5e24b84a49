#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stdint.h>

/* Part of a representation: bytes first to last, both included. */
struct range {
    int64_t first, last;
};

enum range_kind {
    RANGE_NONE, /* no header, several ranges, another unit, malformed: the whole is sent */
    RANGE_ONE,
    RANGE_BEYOND /* nothing of it exists: 416 */
};

/* Reads a Range header (RFC 9110, 14.2) for a representation of `size` bytes. */
enum range_kind range_read(const char *header, int64_t size, struct range *);

#endif
