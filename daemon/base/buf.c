#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

struct buf
buf_new(struct arena *arena, size_t max)
{
    return (struct buf){ .arena = arena, .max = max };
}

/* Room for n bytes more and a NUL, or false: they would pass the ceiling. */
static bool
make_room(struct buf *b, size_t n)
{
    assert(b->n <= b->max);
    if (b->over || n > b->max - b->n) {
        b->over = true;
        return false;
    }
    if (b->p != NULL && n < b->room - b->n)
        return true;

    size_t room = b->n + n + 1;
    if (room < 2 * b->room)
        room = 2 * b->room;
    if (room < 64)
        room = 64;
    char *p = arena_alloc(b->arena, room);
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->room = room;
    return true;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
    if (!make_room(b, n))
        return;
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void
buf_text(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void
buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *format, ...)
{
    va_list ap, again;

    va_start(ap, format);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, ap);
    assert(n >= 0);
    if (make_room(b, (size_t)n)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(ap);
}

const char *
buf_string(const struct buf *b)
{
    return b->p == NULL ? "" : b->p;
}
