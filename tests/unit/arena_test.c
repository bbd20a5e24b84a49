#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "tests/check.h"

TEST(arena_memory_is_zeroed_and_aligned)
{
    struct arena *a = arena_new();

    for (size_t n = 0; n < 200; n++) {
        char *p = arena_alloc(a, n);
        CHECK((uintptr_t)p % _Alignof(max_align_t) == 0);
        for (size_t i = 0; i < n; i++)
            CHECK(p[i] == 0);
        memset(p, 0x55, n);
    }
    arena_free(a);
}

TEST(arena_memory_is_zeroed_again_after_a_rewind)
{
    struct arena *a = arena_new();
    size_t mark = arena_mark(a);
    char *p = arena_alloc(a, 100);

    memset(p, 0x55, 100);
    arena_rewind(a, mark);
    char *again = arena_alloc(a, 100);
    CHECK(again == p);
    for (int i = 0; i < 100; i++)
        CHECK(again[i] == 0);
    arena_free(a);
}

TEST(arena_objects_of_no_bytes_have_places_of_their_own)
{
    struct arena *a = arena_new();
    size_t mark = arena_mark(a);

    CHECK(arena_alloc(a, 0) != arena_alloc(a, 0));
    CHECK(arena_mark(a) > mark);
    arena_free(a);
}

TEST(arena_rewinds_across_chunks)
{
    struct arena *a = arena_new();
    char *first = arena_copy(a, "first", 5);
    size_t held = arena_held(a), mark = arena_mark(a);

    for (int i = 0; i < 1000; i++)
        memset(arena_alloc(a, 1000), 1, 1000);
    CHECK(arena_held(a) > 900000);
    arena_rewind(a, mark);
    CHECK_INT((int64_t)arena_held(a), (int64_t)held);
    CHECK_INT((int64_t)arena_mark(a), (int64_t)mark);
    CHECK_TEXT(first, "first");
    CHECK_TEXT(arena_copy(a, "second", 6), "second");
    CHECK_TEXT(first, "first");
    arena_free(a);
}

/* A mark that is the end of one chunk and the start of the next at once. */
TEST(arena_rewinds_to_the_edge_of_a_chunk)
{
    struct arena *a = arena_new();
    char *small = arena_copy(a, "small", 5);
    size_t mark = arena_mark(a);

    for (int i = 0; i < 3; i++) {
        char *big = arena_alloc(a, 100000);
        size_t after = arena_mark(a);
        memset(big, i, 100000);
        memset(arena_alloc(a, 100000), i, 100000);
        arena_rewind(a, after);
        CHECK(big[99999] == i);
        arena_rewind(a, after);
        arena_rewind(a, mark);
        CHECK_TEXT(small, "small");
        CHECK_INT((int64_t)arena_mark(a), (int64_t)mark);
    }
    arena_free(a);
}

TEST(arena_nested_marks_in_many_chunks)
{
    struct arena *a = arena_new();
    size_t marks[50];
    char *texts[50];

    for (int i = 0; i < 50; i++) {
        texts[i] = arena_printf(a, "%d", i);
        marks[i] = arena_mark(a);
        arena_alloc(a, (size_t)i * 997);
    }
    for (int i = 49; i >= 0; i--) {
        arena_rewind(a, marks[i]);
        CHECK_INT((int64_t)arena_mark(a), (int64_t)marks[i]);
        for (int j = 0; j <= i; j++)
            CHECK_TEXT(texts[j], arena_printf(a, "%d", j));
    }
    arena_free(a);
}

static char order[16];

static void
note(void *what)
{
    strncat(order, what, sizeof order - strlen(order) - 1);
}

TEST(arena_defer_runs_last_in_first_out)
{
    struct arena *a = arena_new();
    static char one[] = "1", two[] = "2", three[] = "3";

    order[0] = '\0';
    arena_defer(a, note, one);
    size_t mark = arena_mark(a);
    arena_defer(a, note, two);
    arena_alloc(a, 50000);
    arena_defer(a, note, three);
    arena_rewind(a, mark);
    CHECK_TEXT(order, "32");
    arena_rewind(a, mark);
    CHECK_TEXT(order, "32");
    arena_free(a);
    CHECK_TEXT(order, "321");
}

static struct arena *allocating;

static void
allocate(void *what)
{
    note(what);
    memset(arena_alloc(allocating, 40000), 1, 40000);
}

TEST(arena_deferred_function_may_allocate)
{
    static char x[] = "x";
    struct arena *a = allocating = arena_new();
    size_t mark = arena_mark(a);

    order[0] = '\0';
    arena_defer(a, allocate, x);
    arena_defer(a, allocate, x);
    arena_rewind(a, mark);
    CHECK_TEXT(order, "xx");
    CHECK_INT((int64_t)arena_mark(a), (int64_t)mark);
    arena_free(a);
}

TEST(arena_printf_and_copy_end_with_nul)
{
    struct arena *a = arena_new();

    CHECK_TEXT(arena_printf(a, "%d-%s", 7, "seven"), "7-seven");
    CHECK_TEXT(arena_printf(a, "%s", ""), "");
    CHECK_TEXT(arena_copy(a, "abcdef", 3), "abc");
    CHECK_TEXT(arena_copy(a, NULL, 0), "");
    CHECK_INT((int64_t)strlen(arena_printf(a, "%*s", 100000, "x")), 100000);
    arena_free(a);
}

/* Texts of every length at every distance from the end of a chunk. */
TEST(arena_printf_at_the_end_of_a_chunk)
{
    for (int left = 0; left <= 96; left += 16)
        for (int n = 0; n < 120; n++) {
            struct arena *a = arena_new();
            size_t room = arena_held(a);
            while (room - arena_mark(a) > (size_t)left + 64 && arena_held(a) == room)
                arena_alloc(a, 1);
            char *text = arena_printf(a, "%0*d", n + 1, 7), *after = arena_printf(a, "after");
            CHECK_INT((int64_t)strlen(text), n + 1);
            CHECK(arena_mark(a) >= (size_t)n + 8);
            CHECK_TEXT(after, "after");
            memset(arena_alloc(a, 100), 1, 100);
            CHECK(text[n] == '7');
            arena_free(a);
        }
}

TEST(arena_free_of_none)
{
    arena_free(NULL);
}
