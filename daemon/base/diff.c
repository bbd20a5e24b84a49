#include "base/diff.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"

/* Edits that are looked for at once. Memory is the square of it, time a multiple. */
#define EDITS 400

/*
 * Where the furthest paths of each number of edits end: of `d` edits those on the diagonals -d, -d + 2
 * ... d stand in row d, which begins at d * d.
 */
struct search {
    const int32_t *a, *b;
    int n, m;
    int most;          /* edits */
    int32_t *furthest; /* x of each */
    bool *matches_a, *matches_b; /* of the whole sequences: this token is common */
    int at_a, at_b;              /* where a and b begin in them */
};

static int32_t *
end_of(const struct search *s, int d, int k)
{
    return &s->furthest[(size_t)d * (size_t)d + (size_t)(k + d)];
}

/* Does the best path of d edits to diagonal k come from above (an added token)? */
static bool
from_above(const struct search *s, int d, int k)
{
    return k == -d || (k != d && *end_of(s, d - 1, k - 1) < *end_of(s, d - 1, k + 1));
}

static int
start_of(const struct search *s, int d, int k)
{
    if (d == 0)
        return 0;
    return from_above(s, d, k) ? *end_of(s, d - 1, k + 1) : *end_of(s, d - 1, k - 1) + 1;
}

/* A path cannot leave the two sequences: such a diagonal is a dead end. */
static bool
inside(const struct search *s, int x, int k)
{
    return x <= s->n && x - k <= s->m && x - k >= 0;
}

/* Goes as far as s->most edits lead; the diagonal and the edits of the best path. */
static void
search(const struct search *s, int *edits, int *diagonal)
{
    int best = -1;

    for (int d = 0; d <= s->most; d++)
        for (int k = -d; k <= d; k += 2) {
            int x = start_of(s, d, k);
            while (x < s->n && x - k >= 0 && x - k < s->m && s->a[x] == s->b[x - k])
                x++;
            *end_of(s, d, k) = x;
            if (!inside(s, x, k) || 2 * x - k <= best)
                continue;
            best = 2 * x - k;
            *edits = d;
            *diagonal = k;
            if (best == s->n + s->m)
                return;
        }
}

/* Back along the path: what it has in common is marked. Where it ends is what was searched. */
static void
mark(const struct search *s, int d, int k, int *done_a, int *done_b)
{
    *done_a = *end_of(s, d, k);
    *done_b = *done_a - k;
    for (;; d--) {
        int x = *end_of(s, d, k), start = start_of(s, d, k);
        for (; x > start; x--)
            s->matches_a[s->at_a + x - 1] = s->matches_b[s->at_b + x - 1 - k] = true;
        if (d == 0)
            return;
        k += from_above(s, d, k) ? 1 : -1;
    }
}

static int
collect(struct arena *arena, const struct search *all, int n, int m, const struct diff_hunk **hunks)
{
    struct diff_hunk *hunk = NEW_ARRAY(arena, struct diff_hunk, (size_t)(n < m ? n : m) + 1);
    int count = 0, i = 0, k = 0;

    while (i < n || k < m) {
        struct diff_hunk h = { .a = i, .b = k };
        while (i < n && !all->matches_a[i])
            i++;
        while (k < m && !all->matches_b[k])
            k++;
        h.n_a = i - h.a;
        h.n_b = k - h.b;
        if (h.n_a > 0 || h.n_b > 0)
            hunk[count++] = h;
        for (; i < n && k < m && all->matches_a[i] && all->matches_b[k]; i++)
            k++;
    }
    *hunks = hunk;
    return count;
}

int
diff_hunks(struct arena *arena, const int32_t *a, int n, const int32_t *b, int m,
    const struct diff_hunk **hunks)
{
    int done_a = 0, done_b = 0, edits = 0, diagonal = 0, most = n + m < EDITS ? n + m : EDITS;

    assert(n >= 0 && m >= 0 && n < INT32_MAX / 4 && m < INT32_MAX / 4);
    struct search s = { .a = a,
        .b = b,
        .n = n,
        .m = m,
        .most = most,
        .furthest = NEW_ARRAY(arena, int32_t, (size_t)(most + 1) * (size_t)(most + 1)),
        .matches_a = NEW_ARRAY(arena, bool, (size_t)n + 1),
        .matches_b = NEW_ARRAY(arena, bool, (size_t)m + 1) };
    for (;;) {
        search(&s, &edits, &diagonal);
        mark(&s, edits, diagonal, &done_a, &done_b);
        if (done_a == s.n && done_b == s.m)
            break;
        s.a += done_a;
        s.b += done_b;
        s.at_a += done_a;
        s.at_b += done_b;
        s.n -= done_a;
        s.m -= done_b;
    }
    return collect(arena, &s, n, m, hunks);
}
