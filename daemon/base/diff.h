#ifndef BASE_DIFF_H
#define BASE_DIFF_H

#include <stdint.h>

struct arena;

/* `n_a` tokens of the first sequence from `a` on are replaced by `n_b` of the second from `b` on. */
struct diff_hunk {
    int a, n_a, b, n_b;
};

/*
 * How one sequence of tokens becomes another (E. Myers, An O(ND) Difference Algorithm, 1986); tokens
 * with the same number are equal. Hunks in order, apart from each other by what is common; their
 * number is returned. The shortest way as long as it has few edits; after each some hundred edits it
 * goes on from the furthest point, so that time is O(n + m) and memory constant, whatever comes.
 * Sequences may have up to INT32_MAX / 4 tokens.
 */
int diff_hunks(struct arena *, const int32_t *a, int n, const int32_t *b, int m,
    const struct diff_hunk **hunks);

#endif
