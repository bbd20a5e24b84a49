#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/token.h"
#include "tests/check.h"

TEST(sha256_of_known_texts)
{
    struct arena *a = arena_new();
    unsigned char d[SHA256_SIZE];

    sha256("", 0, d);
    CHECK_TEXT(hex_encode(a, d, sizeof d),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256(NULL, 0, d);
    CHECK(d[0] == 0xe3);
    struct sha256 *h = sha256_new();
    sha256_add(h, "ab", 2);
    sha256_add(h, NULL, 0);
    sha256_add(h, "c", 1);
    sha256_end(h, d);
    CHECK_TEXT(hex_encode(a, d, sizeof d),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    arena_free(a);
}

/* RFC 4231, test case 2 */
TEST(hmac_sha256_of_a_known_text)
{
    struct arena *a = arena_new();
    unsigned char d[SHA256_SIZE];

    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, d);
    CHECK_TEXT(hex_encode(a, d, sizeof d),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    arena_free(a);
}

TEST(hex_there_and_back)
{
    struct arena *a = arena_new();
    unsigned char b[3];

    CHECK_TEXT(hex_encode(a, "\x00\xab\xff", 3), "00abff");
    CHECK(hex_decode("00aBff", b, 3) && memcmp(b, "\x00\xab\xff", 3) == 0);
    CHECK(!hex_decode("00abf", b, 3));
    CHECK(!hex_decode("00abff00", b, 3));
    CHECK(!hex_decode("00abgg", b, 3));
    CHECK(!hex_decode("00 ab f", b, 3));
    CHECK(!hex_decode("", b, 3));
    arena_free(a);
}

TEST(base64_there_and_back)
{
    struct arena *a = arena_new();
    unsigned char bytes[70];
    size_t n;

    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i <= sizeof bytes; i++) {
        const unsigned char *back = base64_decode(a, base64_encode(a, bytes, i), &n);
        CHECK(back != NULL && n == i && memcmp(back, bytes, i) == 0);
    }
    CHECK_TEXT(base64_encode(a, "fo", 2), "Zm8=");
    CHECK_TEXT((const char *)base64_decode(a, "Zm8", &n), "fo");
    CHECK_TEXT((const char *)base64_decode(a, "", &n), "");
    CHECK_INT((int64_t)n, 0);
    arena_free(a);
}

TEST(base64_refuses)
{
    static const char *const bad[] = { "=", "Z", "Zg=", "Zg===", "Zm8 ", " Zm8", "Zm\n8=", "Zm-_",
        "Zg==Zg==", "Zm8=x", "Zh==", "\xc3\xbc", "\xc3\xbc\xc3\xbc", "Zm9\xff" };
    struct arena *a = arena_new();
    size_t n;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!CHECK(base64_decode(a, bad[i], &n) == NULL))
            CHECK_TEXT(bad[i], "refused");
    arena_free(a);
}

TEST(tokens_are_long_and_different)
{
    struct arena *a = arena_new();
    const char *t = token_random(a, 16), *u = token_uuid(a);

    CHECK_INT((int64_t)strlen(t), 22);
    CHECK(strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == 22);
    CHECK(strcmp(t, token_random(a, 16)) != 0);
    CHECK_INT((int64_t)strlen(u), 36);
    CHECK(u[14] == '4' && strchr("89ab", u[19]) != NULL);
    CHECK(strcmp(u, token_uuid(a)) != 0);
    arena_free(a);
}

TEST(secrets)
{
    char s[] = "secret";

    CHECK(same_secret("abc", "abc", 3));
    CHECK(!same_secret("abc", "abd", 3));
    CHECK(same_secret("abc", "abd", 2));
    forget(s, sizeof s);
    CHECK(memcmp(s, "\0\0\0\0\0\0\0", sizeof s) == 0);
}
