#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define SHA256_SIZE 32

/* A running SHA-256. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *, const void *p, size_t n);
void sha256_end(struct sha256 *, unsigned char digest[SHA256_SIZE]); /* frees it */
/* The digest of what it has so far; it goes on. */
void sha256_so_far(const struct sha256 *, unsigned char digest[SHA256_SIZE]);
void sha256(const void *p, size_t n, unsigned char digest[SHA256_SIZE]);

/* HMAC-SHA-256. */
void hmac_sha256(
    const void *key, size_t key_n, const void *p, size_t n, unsigned char mac[SHA256_SIZE]);

void random_bytes(void *p, size_t n);

/* n random bytes as base64url without padding; 16 bytes give 128 bits. */
const char *token_random(struct arena *, size_t n);
/* A random UUID (version 4) in its text form. */
const char *token_uuid(struct arena *);

const char *hex_encode(struct arena *, const void *p, size_t n); /* lower case */
bool hex_decode(const char *s, void *p, size_t n);               /* exactly n bytes */
const char *base64_encode(struct arena *, const void *p, size_t n);
/* Standard alphabet, padding optional, nothing else allowed. NULL when malformed; *n the length. */
const unsigned char *base64_decode(struct arena *, const char *s, size_t *n);

/*
 * A password that people chose, as it may be kept: Argon2id, 19 MiB and two passes, about 15 ms.
 * Who calls it has counted the try before. "" without memory.
 */
const char *password_hash(struct arena *, const char *password);
bool password_matches(const char *hash, const char *password);

/* Takes the same time wherever they differ. */
bool same_secret(const void *a, const void *b, size_t n);
/* Wipes a secret; not optimised away. */
void forget(void *p, size_t n);

#endif
