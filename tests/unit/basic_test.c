/* The Authorization header: E01, E02, E15. */
#include "tests/check.h"

#include <string.h>

#include "auth/basic.h"
#include "base/arena.h"
#include "base/token.h"

static enum basic
read_pair(struct arena *arena, const void *pair, size_t n, struct credentials *c)
{
    return basic_read(arena, arena_printf(arena, "Basic %s", base64_encode(arena, pair, n)), c);
}

static enum basic
read_text(struct arena *arena, const char *pair, struct credentials *c)
{
    return read_pair(arena, pair, strlen(pair), c);
}

TEST(basic_reads_name_and_password)
{
    struct arena *a = arena_new();
    struct credentials c;

    CHECK(read_text(a, "anna:secret", &c) == BASIC_GIVEN);
    CHECK_TEXT(c.user, "anna");
    CHECK_TEXT(c.password, "secret");
    CHECK(read_text(a, "HOST\\anna:a:b: c ", &c) == BASIC_GIVEN);
    CHECK_TEXT(c.user, "HOST\\anna");
    CHECK_TEXT(c.password, "a:b: c ");
    CHECK(basic_read(a, "bAsIc   YTpi", &c) == BASIC_GIVEN);
    CHECK_TEXT(c.user, "a");
    arena_free(a);
}

TEST(basic_takes_utf8_and_latin1)
{
    struct arena *a = arena_new();
    struct credentials c;

    CHECK(read_text(a, "j\xc3\xbcrgen:gr\xc3\xbcn", &c) == BASIC_GIVEN);
    CHECK_TEXT(c.user, "j\xc3\xbcrgen");
    CHECK_TEXT(c.password, "gr\xc3\xbcn");
    CHECK(read_text(a, "j\xfcrgen:gr\xfcn\xdf", &c) == BASIC_GIVEN);
    CHECK_TEXT(c.user, "j\xc3\xbcrgen");
    CHECK_TEXT(c.password, "gr\xc3\xbcn\xc3\x9f");
    arena_free(a);
}

TEST(basic_refuses_what_cannot_be_a_login)
{
    struct arena *a = arena_new();
    struct credentials c;
    char *long_user = arena_alloc(a, 70000);

    CHECK(read_text(a, "anna:", &c) == BASIC_REFUSED);
    CHECK(read_text(a, "anna:    ", &c) == BASIC_REFUSED);
    CHECK(read_text(a, ":secret", &c) == BASIC_REFUSED);
    CHECK(read_text(a, "  :secret", &c) == BASIC_REFUSED);
    memset(long_user, 'x', 69000);
    CHECK(read_text(a, arena_printf(a, "%s:secret", long_user), &c) == BASIC_REFUSED);
    CHECK(read_text(a, arena_printf(a, "anna:%.1025s", long_user), &c) == BASIC_REFUSED);
    CHECK(read_text(a, arena_printf(a, "anna:%.1024s", long_user), &c) == BASIC_GIVEN);
    arena_free(a);
}

TEST(basic_knows_what_is_malformed)
{
    struct arena *a = arena_new();
    struct credentials c;

    CHECK(basic_read(a, "Basic", &c) == BASIC_MALFORMED);
    CHECK(basic_read(a, "Basic !!!!", &c) == BASIC_MALFORMED);
    CHECK(basic_read(a, "Basic YTpi YTpi", &c) == BASIC_MALFORMED);
    CHECK(read_text(a, "no colon", &c) == BASIC_MALFORMED);
    CHECK(read_pair(a, "anna:\0", 6, &c) == BASIC_MALFORMED);
    CHECK(read_pair(a, "an\0na:x", 7, &c) == BASIC_MALFORMED);
    CHECK(read_text(a, "anna:x\r\ny", &c) == BASIC_MALFORMED);
    arena_free(a);
}

TEST(basic_leaves_other_schemes)
{
    struct arena *a = arena_new();
    struct credentials c;

    CHECK(basic_read(a, NULL, &c) == BASIC_ABSENT);
    CHECK(basic_read(a, "", &c) == BASIC_ABSENT);
    CHECK(basic_read(a, "Bearer x", &c) == BASIC_ABSENT);
    CHECK(basic_read(a, "Negotiate YII", &c) == BASIC_ABSENT);
    CHECK(basic_read(a, "Basically YTpi", &c) == BASIC_ABSENT);
    arena_free(a);
}
