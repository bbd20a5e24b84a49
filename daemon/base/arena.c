#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most requests need one chunk; a larger object gets a chunk of its own. */
#define CHUNK ((size_t)16 * 1024)

/*
 * Under AddressSanitizer what nobody holds is poisoned, and a gap stands behind
 * each object: else a write past its end would only hit its neighbour.
 */
#ifdef __has_feature /* clang's way to say it */
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define GAP ((size_t)16)
#else
#define GAP                               ((size_t)0)
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

struct chunk {
    struct chunk *older;
    size_t start; /* bytes in all older chunks: makes a mark one number */
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
    struct deferred *older;
    size_t mark;
    void (*fn)(void *what);
    void *what;
};

struct arena {
    struct chunk *newest;
    struct deferred *deferred;
};

static void
free_chunk(struct chunk *c)
{
    ASAN_UNPOISON_MEMORY_REGION(c->bytes, c->size);
    free(c);
}

static void
add_chunk(struct arena *a, size_t n)
{
    size_t size = n > CHUNK ? n : CHUNK;
    struct chunk *c = malloc(sizeof *c + size);

    if (c == NULL)
        abort();
    *c = (struct chunk){ .older = a->newest, .size = size };
    c->start = c->older == NULL ? 0 : c->older->start + c->older->used;
    ASAN_POISON_MEMORY_REGION(c->bytes, size);
    a->newest = c;
}

struct arena *
arena_new(void)
{
    struct arena *a = calloc(1, sizeof *a);

    if (a == NULL)
        abort();
    add_chunk(a, 0);
    return a;
}

static size_t
rounded(size_t n)
{
    const size_t unit = alignof(max_align_t);

    return (n + unit - 1) / unit * unit;
}

void *
arena_alloc(struct arena *a, size_t n)
{
    const size_t unit = alignof(max_align_t);

    if (n > PTRDIFF_MAX / 2)
        abort();
    /* Never nothing: each object has a place of its own, and each mark tells what is older. */
    size_t taken = (n + GAP + unit - 1) / unit * unit;
    if (taken == 0)
        taken = unit;
    if (a->newest->size - a->newest->used < taken)
        add_chunk(a, taken);
    void *p = a->newest->bytes + a->newest->used;
    a->newest->used += taken;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    return memset(p, 0, n);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
    size_t all;

    if (__builtin_mul_overflow(n, size, &all))
        abort();
    return arena_alloc(a, all);
}

char *
arena_copy(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);

    if (n > 0)
        memcpy(copy, s, n);
    return copy;
}

/* Mostly it fits into the chunk at hand, and is printed once. */
char *
arena_vprintf(struct arena *a, const char *format, va_list ap)
{
    struct chunk *c = a->newest;
    size_t room = c->size - c->used;
    char *s = (char *)c->bytes + c->used;
    va_list again;

    va_copy(again, ap);
    ASAN_UNPOISON_MEMORY_REGION(s, room);
    int n = vsnprintf(s, room, format, ap);
    if (n < 0)
        abort();
    ASAN_POISON_MEMORY_REGION(s, room);
    size_t taken = rounded((size_t)n + 1 + GAP);
    if (taken <= room) {
        c->used += taken;
        ASAN_UNPOISON_MEMORY_REGION(s, (size_t)n + 1);
    } else {
        s = arena_alloc(a, (size_t)n + 1);
        vsnprintf(s, (size_t)n + 1, format, again);
    }
    va_end(again);
    return s;
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    char *s = arena_vprintf(a, format, ap);
    va_end(ap);
    return s;
}

void
arena_defer(struct arena *a, void (*fn)(void *what), void *what)
{
    struct deferred *d = arena_alloc(a, sizeof *d);

    *d = (struct deferred){ .older = a->deferred, .mark = arena_mark(a), .fn = fn, .what = what };
    a->deferred = d;
}

size_t
arena_mark(const struct arena *a)
{
    return a->newest->start + a->newest->used;
}

void
arena_rewind(struct arena *a, size_t mark)
{
    while (a->deferred != NULL && a->deferred->mark > mark) {
        struct deferred *d = a->deferred;
        a->deferred = d->older;
        d->fn(d->what);
    }
    /* A mark at the end of a chunk is also the start of the next: the older one holds it. */
    while (a->newest->older != NULL && a->newest->start >= mark) {
        struct chunk *c = a->newest;
        a->newest = c->older;
        free_chunk(c);
    }
    struct chunk *c = a->newest;
    assert(mark >= c->start && mark - c->start <= c->used); /* else a mark of another arena */
    c->used = mark - c->start;
    ASAN_POISON_MEMORY_REGION(c->bytes + c->used, c->size - c->used);
}

size_t
arena_held(const struct arena *a)
{
    size_t held = 0;

    for (const struct chunk *c = a->newest; c != NULL; c = c->older)
        held += c->size;
    return held;
}

void
arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    arena_rewind(a, 0);
    free_chunk(a->newest);
    free(a);
}
