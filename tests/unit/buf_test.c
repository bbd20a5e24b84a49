#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tests/check.h"

TEST(buf_is_empty_text_at_first)
{
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 10);

    CHECK_TEXT(buf_string(&b), "");
    buf_add(&b, "", 0);
    CHECK_TEXT(buf_string(&b), "");
    arena_free(a);
}

TEST(buf_grows_and_keeps_what_it_has)
{
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 1000000);

    for (int i = 0; i < 10000; i++)
        buf_printf(&b, "%d,", i);
    CHECK(!b.over);
    CHECK(strncmp(buf_string(&b), "0,1,2,3,", 8) == 0);
    CHECK_TEXT(buf_string(&b) + b.n - 5, "9999,");
    CHECK(strlen(buf_string(&b)) == b.n);
    arena_free(a);
}

TEST(buf_stops_at_its_ceiling)
{
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 5);

    buf_text(&b, "abc");
    buf_text(&b, "de");
    CHECK(!b.over);
    buf_char(&b, 'f');
    CHECK(b.over);
    CHECK_TEXT(buf_string(&b), "abcde");
    arena_free(a);
}

TEST(buf_takes_nothing_once_it_is_over)
{
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 5);

    buf_printf(&b, "%s", "too long for it");
    CHECK(b.over);
    buf_text(&b, "a");
    CHECK_TEXT(buf_string(&b), "");
    arena_free(a);
}

TEST(buf_keeps_nul_bytes)
{
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 100);

    buf_add(&b, "a\0b", 3);
    buf_char(&b, '\0');
    CHECK_INT((int64_t)b.n, 4);
    CHECK(memcmp(b.p, "a\0b\0", 5) == 0);
    arena_free(a);
}
