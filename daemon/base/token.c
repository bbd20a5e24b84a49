#include "base/token.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sodium.h>

#include "base/arena.h"
#include "base/macros.h"

/* These calls fail only for want of memory or in a forbidding FIPS mode: nothing to go on with. */
static void
must(int gnutls_code)
{
    if (gnutls_code < 0)
        abort();
}

struct sha256 {
    gnutls_hash_hd_t hash;
};

struct sha256 *
sha256_new(void)
{
    struct sha256 *h = malloc(sizeof *h);

    if (h == NULL)
        abort();
    must(gnutls_hash_init(&h->hash, GNUTLS_DIG_SHA256));
    return h;
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
    if (n > 0)
        must(gnutls_hash(h->hash, p, n));
}

void
sha256_end(struct sha256 *h, unsigned char digest[SHA256_SIZE])
{
    gnutls_hash_deinit(h->hash, digest);
    free(h);
}

void
sha256_so_far(const struct sha256 *h, unsigned char digest[SHA256_SIZE])
{
    gnutls_hash_hd_t copy = gnutls_hash_copy(h->hash);

    if (copy == NULL)
        abort();
    gnutls_hash_deinit(copy, digest);
}

void
sha256(const void *p, size_t n, unsigned char digest[SHA256_SIZE])
{
    must(gnutls_hash_fast(GNUTLS_DIG_SHA256, n > 0 ? p : "", n, digest));
}

void
hmac_sha256(const void *key, size_t key_n, const void *p, size_t n, unsigned char mac[SHA256_SIZE])
{
    must(gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_n, n > 0 ? p : "", n, mac));
}

void
random_bytes(void *p, size_t n)
{
    must(gnutls_rnd(GNUTLS_RND_KEY, p, n));
}

const char *
token_random(struct arena *arena, size_t n)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    unsigned char *bytes = arena_alloc(arena, n);
    size_t size = sodium_base64_encoded_len(n, variant);
    char *text = arena_alloc(arena, size);

    random_bytes(bytes, n);
    sodium_bin2base64(text, size, bytes, n, variant);
    forget(bytes, n);
    return text;
}

const char *
token_uuid(struct arena *arena)
{
    unsigned char b[16];

    random_bytes(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    const char *hex = hex_encode(arena, b, sizeof b);
    return arena_printf(
        arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

const char *
hex_encode(struct arena *arena, const void *p, size_t n)
{
    char *hex = arena_alloc(arena, 2 * n + 1);

    sodium_bin2hex(hex, 2 * n + 1, p, n);
    return hex;
}

bool
hex_decode(const char *s, void *p, size_t n)
{
    size_t got;

    return strlen(s) == 2 * n && sodium_hex2bin(p, n, s, 2 * n, NULL, &got, NULL) == 0 && got == n;
}

#define PASSWORD_PASSES 2
#define PASSWORD_MEMORY MB(19)

const char *
password_hash(struct arena *arena, const char *password)
{
    char *hash = arena_alloc(arena, crypto_pwhash_STRBYTES);

    if (crypto_pwhash_str_alg(hash, password, strlen(password), PASSWORD_PASSES, PASSWORD_MEMORY,
            crypto_pwhash_ALG_ARGON2ID13) != 0)
        *hash = '\0';
    return hash;
}

bool
password_matches(const char *hash, const char *password)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

const char *
base64_encode(struct arena *arena, const void *p, size_t n)
{
    const int variant = sodium_base64_VARIANT_ORIGINAL;
    size_t size = sodium_base64_encoded_len(n, variant);
    char *text = arena_alloc(arena, size);

    sodium_bin2base64(text, size, p, n, variant);
    return text;
}

const unsigned char *
base64_decode(struct arena *arena, const char *s, size_t *n)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    size_t length = strlen(s);
    bool padded = length > 0 && s[length - 1] == '=';
    size_t room = length / 4 * 3 + 3;
    unsigned char *bytes = arena_alloc(arena, room + 1); /* a NUL stays behind them */

    /* libsodium 1.0.18 takes bytes from 0x80 on for digits; found by fuzzing. */
    if (s[strspn(s, alphabet)] != '\0')
        return NULL;
    if (sodium_base642bin(bytes, room, s, length, NULL, n, NULL,
            padded ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING) !=
        0)
        return NULL;
    return bytes;
}

bool
same_secret(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

void
forget(void *p, size_t n)
{
    sodium_memzero(p, n);
}
