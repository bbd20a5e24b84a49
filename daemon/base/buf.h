#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * Bytes that grow up to a ceiling, in an arena. Past the ceiling nothing is
 * added any more and `over` is set, so that one check at the end is enough.
 */
struct buf {
    struct arena *arena;
    char *p; /* NUL-terminated once anything was added */
    size_t n, room, max;
    bool over;
};

struct buf buf_new(struct arena *, size_t max);
void buf_add(struct buf *, const void *p, size_t n);
void buf_text(struct buf *, const char *s);
void buf_char(struct buf *, char c);
void buf_printf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The text so far; "" when nothing was added. */
const char *buf_string(const struct buf *);

#endif
