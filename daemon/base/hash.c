#include "base/hash.h"

#include <stdint.h>
#include <string.h>

#include <nettle/sha2.h>

#define WORDS 8
#define FIXED (4 * WORDS + 8) /* before the bytes of the last block */

static void
put_number(unsigned char *p, uint64_t number, int bytes)
{
    for (int i = bytes; i-- > 0; number >>= 8)
        p[i] = (unsigned char)number;
}

static uint64_t
get_number(const unsigned char *p, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | p[i];
    return number;
}

static void
pack(const struct sha256_ctx *h, struct hash_state *s)
{
    for (int i = 0; i < WORDS; i++)
        put_number(s->b + (ptrdiff_t)4 * i, h->state[i], 4);
    put_number(s->b + (ptrdiff_t)4 * WORDS, h->count * SHA256_BLOCK_SIZE + h->index, 8);
    memcpy(s->b + FIXED, h->block, h->index);
    s->n = FIXED + h->index;
}

static bool
unpack(const struct hash_state *s, struct sha256_ctx *h)
{
    if (s->n < FIXED || s->n > HASH_STATE_MAX)
        return false;
    uint64_t bytes = get_number(s->b + (ptrdiff_t)4 * WORDS, 8);
    sha256_init(h);
    for (int i = 0; i < WORDS; i++)
        h->state[i] = (uint32_t)get_number(s->b + (ptrdiff_t)4 * i, 4);
    h->count = bytes / SHA256_BLOCK_SIZE;
    h->index = (unsigned)(bytes % SHA256_BLOCK_SIZE);
    if (s->n != FIXED + h->index)
        return false;
    memcpy(h->block, s->b + FIXED, h->index);
    return true;
}

void
hash_begin(struct hash_state *s)
{
    struct sha256_ctx h;

    sha256_init(&h);
    pack(&h, s);
}

bool
hash_go_on(struct hash_state *s, const void *p, size_t n)
{
    struct sha256_ctx h;

    if (!unpack(s, &h))
        return false;
    if (n > 0)
        sha256_update(&h, n, p);
    pack(&h, s);
    return true;
}

bool
hash_digest(const struct hash_state *s, unsigned char digest[SHA256_SIZE])
{
    struct sha256_ctx h;

    if (!unpack(s, &h))
        return false;
    sha256_digest(&h, SHA256_SIZE, digest);
    return true;
}
