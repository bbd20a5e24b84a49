#include <string.h>

#include "base/hash.h"
#include "base/token.h"
#include "tests/check.h"

/* Put away after each piece, whatever its length: the same as in one go. */
TEST(a_hash_in_pieces_is_the_hash)
{
    unsigned char bytes[1000], wanted[SHA256_SIZE], got[SHA256_SIZE];
    struct hash_state s;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    for (size_t step = 1; step < 200; step++) {
        hash_begin(&s);
        for (size_t at = 0; at < sizeof bytes; at += step) {
            struct hash_state taken_up = { .n = s.n };
            memcpy(taken_up.b, s.b, s.n);
            CHECK(hash_go_on(
                &taken_up, bytes + at, step < sizeof bytes - at ? step : sizeof bytes - at));
            s = taken_up;
            sha256(bytes, at + step < sizeof bytes ? at + step : sizeof bytes, wanted);
            CHECK(hash_digest(&s, got) && memcmp(got, wanted, SHA256_SIZE) == 0);
        }
    }
}

TEST(a_hash_of_nothing)
{
    unsigned char wanted[SHA256_SIZE], got[SHA256_SIZE];
    struct hash_state s;

    hash_begin(&s);
    CHECK(hash_go_on(&s, NULL, 0));
    sha256("", 0, wanted);
    CHECK(hash_digest(&s, got) && memcmp(got, wanted, SHA256_SIZE) == 0);
}

TEST(a_state_that_is_none_is_refused)
{
    unsigned char got[SHA256_SIZE];
    struct hash_state s;

    hash_begin(&s);
    CHECK(hash_go_on(&s, "abc", 3));
    s.n--;
    CHECK(!hash_go_on(&s, "d", 1) && !hash_digest(&s, got));
    s.n += 2;
    CHECK(!hash_go_on(&s, "d", 1));
    s.n = 0;
    CHECK(!hash_go_on(&s, "d", 1));
    s.n = HASH_STATE_MAX + 1;
    CHECK(!hash_go_on(&s, "d", 1));
}
