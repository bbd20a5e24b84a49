#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory that lives as long as one request. Nothing in it is freed singly.
 * Allocation never returns NULL: the sizes that a client can choose are limited
 * where they are read, so running out means a bug or a full machine, and aborts.
 * An arena belongs to one thread at a time.
 */
struct arena;

struct arena *arena_new(void) __attribute__((returns_nonnull));
void arena_free(struct arena *); /* NULL is allowed */

/* n zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *, size_t n) __attribute__((malloc, alloc_size(2), returns_nonnull));

/* A copy of n bytes with a NUL behind them. */
char *arena_copy(struct arena *, const char *s, size_t n) __attribute__((returns_nonnull));

char *arena_printf(struct arena *, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull, returns_nonnull));
char *arena_vprintf(struct arena *, const char *format, va_list)
    __attribute__((format(printf, 2, 0), nonnull, returns_nonnull));

/* Runs fn(what) when the arena is freed or rewound past this point, last in first out. */
void arena_defer(struct arena *, void (*fn)(void *what), void *what);

/* Gives back what a loop step took:  size_t m = arena_mark(a); ... arena_rewind(a, m); */
size_t arena_mark(const struct arena *);
void arena_rewind(struct arena *, size_t mark);

/* Bytes held from the system: for limits and tests. */
size_t arena_held(const struct arena *);

#define NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define NEW_ARRAY(arena, type, n) ((type *)arena_array((arena), (n), sizeof(type)))
void *arena_array(struct arena *, size_t n, size_t size) __attribute__((returns_nonnull));

#endif
