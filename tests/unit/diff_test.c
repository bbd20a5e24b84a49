#include "base/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "tests/check.h"

/* What the hunks make of the first sequence is the second; what they leave is common. */
static bool
leads_there(const int32_t *a, int n, const int32_t *b, int m, const struct diff_hunk *h, int n_hunks)
{
    int i = 0, k = 0;

    for (int j = 0; j <= n_hunks; j++) {
        int end = j < n_hunks ? h[j].a : n;
        if (j < n_hunks && h[j].n_a + h[j].n_b == 0)
            return false;
        for (; i < end; i++, k++)
            if (k >= m || a[i] != b[k])
                return false;
        if (j < n_hunks && k != h[j].b)
            return false;
        i += j < n_hunks ? h[j].n_a : 0;
        k += j < n_hunks ? h[j].n_b : 0;
    }
    return i == n && k == m;
}

static int
edits(const struct diff_hunk *h, int n)
{
    int sum = 0;

    for (int i = 0; i < n; i++)
        sum += h[i].n_a + h[i].n_b;
    return sum;
}

/* Letters as tokens: how many edits; -1: they do not lead there. */
static int
letters(const char *from, const char *to)
{
    struct arena *arena = arena_new();
    int n = (int)strlen(from), m = (int)strlen(to);
    int32_t *a = NEW_ARRAY(arena, int32_t, (size_t)n + 1), *b = NEW_ARRAY(arena, int32_t, (size_t)m + 1);
    const struct diff_hunk *h;

    for (int i = 0; i < n; i++)
        a[i] = from[i];
    for (int i = 0; i < m; i++)
        b[i] = to[i];
    int n_hunks = diff_hunks(arena, a, n, b, m, &h);
    int result = leads_there(a, n, b, m, h, n_hunks) ? edits(h, n_hunks) : -1;
    arena_free(arena);
    return result;
}

TEST(diff_shortest)
{
    CHECK_INT(letters("", ""), 0);
    CHECK_INT(letters("abc", "abc"), 0);
    CHECK_INT(letters("", "abc"), 3);
    CHECK_INT(letters("abc", ""), 3);
    CHECK_INT(letters("abcabba", "cbabac"), 5);
    CHECK_INT(letters("a", "b"), 2);
    CHECK_INT(letters("xaxcxabc", "abcy"), 6);
    CHECK_INT(letters("abcdef", "acdxef"), 2);
}

/* The same numbers each time. */
static int
any(uint32_t *last, int below)
{
    *last = *last * 1664525 + 1013904223;
    return (int)(*last >> 16) % below;
}

/* Of random sequences over few letters; the shortest way by the table that everybody knows. */
TEST(diff_as_the_table_says)
{
    enum { MOST = 24 };

    uint32_t last = 7;

    for (int round = 0; round < 2000; round++) {
        char a[MOST + 1] = "", b[MOST + 1] = "";
        int n = any(&last, MOST), m = any(&last, MOST), longest[MOST + 1][MOST + 1] = { 0 };
        for (int i = 0; i < n; i++)
            a[i] = (char)('a' + any(&last, 4));
        for (int i = 0; i < m; i++)
            b[i] = (char)('a' + any(&last, 4));
        for (int i = n - 1; i >= 0; i--)
            for (int k = m - 1; k >= 0; k--)
                longest[i][k] = a[i] == b[k]                           ? longest[i + 1][k + 1] + 1
                                : longest[i + 1][k] > longest[i][k + 1] ? longest[i + 1][k]
                                                                        : longest[i][k + 1];
        CHECK_INT(letters(a, b), n + m - 2 * longest[0][0]);
    }
}

/* More edits than are looked for at once, and sequences that have nothing in common. */
TEST(diff_of_very_different_ones)
{
    enum { MANY = 20000 };
    struct arena *arena = arena_new();
    int32_t *a = NEW_ARRAY(arena, int32_t, MANY), *b = NEW_ARRAY(arena, int32_t, MANY);
    const struct diff_hunk *h;

    for (int i = 0; i < MANY; i++) {
        a[i] = i;
        b[i] = i % 7 == 0 ? i : -i;
    }
    int n = diff_hunks(arena, a, MANY, b, MANY, &h);
    CHECK(leads_there(a, MANY, b, MANY, h, n));
    for (int i = 0; i < MANY; i++)
        b[i] = -1 - i;
    n = diff_hunks(arena, a, MANY, b, MANY, &h);
    CHECK(leads_there(a, MANY, b, MANY, h, n) && edits(h, n) == 2 * MANY);
    arena_free(arena);
}
