#include "jobs/helper_compare.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "tests/check.h"

/* What it says of two texts, marks as < > [ ]. */
static const char *
said(struct arena *arena, const char *a, const char *b)
{
    struct buf in = buf_new(arena, MB(4)), out = buf_new(arena, MB(4));

    buf_text(&in, a);
    buf_char(&in, COMPARE_BETWEEN);
    buf_text(&in, b);
    if (!helper_compare.run(arena, in.p, in.n, &out))
        return "refused";
    for (size_t i = 0; i < out.n; i++)
        if (out.p[i] == COMPARE_SAME || out.p[i] == COMPARE_OUT || out.p[i] == COMPARE_IN)
            out.p[i] = "=<>"[out.p[i] - 1];
    return buf_string(&out);
}

TEST(compare_lines)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(said(arena, "a\nb\n", "a\nb\n"), "%0 0 0 0\n");
    CHECK_TEXT(said(arena, "", ""), "%0 0 0 0\n");
    CHECK_TEXT(said(arena, "a\r\nb", "a\nb\n"), "%0 0 0 1\n");
    CHECK_TEXT(said(arena, "", "new"), "%0 1 0 0\n+new\n");
    CHECK_TEXT(said(arena, "old\n", ""), "%1 0 0 0\n-old\n");
    CHECK_TEXT(said(arena, "1\n2\n3\n4\n5\nx\n6\n7\n8\n9\n10\n", "1\n2\n3\n4\n5\ny\n6\n7\n8\n9\n10\n"),
        "%1 1 0 0\n#3\n=4\n=5\n-x\n+y\n=6\n=7\n#3\n");
    CHECK_TEXT(said(arena, "a\nb\nc", "a\nb"), "%1 0 0 0\n=a\n=b\n-c\n");
    arena_free(arena);
}

TEST(compare_words)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(said(arena, "We meet on Monday at 7.", "We meet on Friday at 7."),
        "%0 0 1 0\n~=We meet on <Monday>Friday= at 7.\n");
    CHECK_TEXT(said(arena, "Nothing of this", "stays the same"), "%1 1 0 0\n-Nothing of this\n+stays the same\n");
    CHECK_TEXT(said(arena, "Größe 10 cm", "Größe 12 cm"), "%0 0 1 0\n~=Größe <10>12= cm\n");
    CHECK_TEXT(said(arena, "one two three four", "zero\none two three five"),
        "%0 1 1 0\n+zero\n~=one two three <four>five\n");
    arena_free(arena);
}

TEST(compare_has_limits)
{
    struct arena *arena = arena_new();
    struct buf a = buf_new(arena, MB(4)), b = buf_new(arena, MB(4)), in = buf_new(arena, MB(4));

    for (int i = 0; i <= COMPARE_LINES_MAX; i++)
        buf_text(&a, "\n");
    CHECK_TEXT(said(arena, a.p, "x"), "refused");
    a = buf_new(arena, MB(4));
    for (int i = 0; i < COMPARE_LINES_MAX; i++) {
        buf_printf(&a, "line %d of the first\n", i);
        buf_printf(&b, "wholly other %d\n", i * 7);
    }
    const char *out = said(arena, a.p, b.p);
    CHECK(strlen(out) < COMPARE_OUTPUT_MAX + KB(1));
    CHECK(strcmp(out + strlen(out) - 3, "\n!\n") == 0);
    a = buf_new(arena, MB(4));
    for (int i = 0; i < 100000; i++)
        buf_text(&a, "ä");
    CHECK(strlen(said(arena, a.p, "ä ö ü")) < KB(5)); /* of a very long line the beginning */
    buf_text(&in, "no mark between");
    CHECK(!helper_compare.run(arena, in.p, in.n, &a));
    CHECK_TEXT(said(arena, "\1\2\3a", "\1b"), "%1 1 0 0\n-a\n+b\n");
    arena_free(arena);
}
