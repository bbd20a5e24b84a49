#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/token.h"

/*
 * A SHA-256 that can be put away between two pieces and taken up again, by another process and on
 * another machine too: the chaining value, the number of bytes, and what is left of a block,
 * big-endian. It costs more time than sha256_add() (nettle's code; GnuTLS keeps its state to
 * itself).
 */
#define HASH_STATE_MAX 104

struct hash_state {
    unsigned char b[HASH_STATE_MAX];
    size_t n; /* bytes of b that are used */
};

void hash_begin(struct hash_state *);
/* Adds n bytes. False, and nothing is changed, when the state is none that these functions made. */
bool hash_go_on(struct hash_state *, const void *p, size_t n);
/* The digest of all so far; false as above. */
bool hash_digest(const struct hash_state *, unsigned char digest[SHA256_SIZE]);

#endif
