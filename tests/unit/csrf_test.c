/* Form tokens and the way back after signing in: E14, H07, H10. */
#include "tests/check.h"

#include <string.h>

#include "auth/csrf.h"
#include "auth/next.h"
#include "base/arena.h"
#include "base/macros.h"
#include "http/request.h"

TEST(csrf_tokens_belong_to_one_cookie)
{
    struct arena *a = arena_new();
    struct request rq = { .arena = a };
    const char *one = csrf_token_of(&rq, "AAAAAAAAAAAAAAAAAAAAAA");
    const char *other = csrf_token_of(&rq, "AAAAAAAAAAAAAAAAAAAAAB");

    CHECK(strlen(one) == 64);
    CHECK(strcmp(one, other) != 0);
    CHECK_TEXT(csrf_token_of(&rq, "AAAAAAAAAAAAAAAAAAAAAA"), one);
    CHECK(strstr(one, "AAAA") == NULL);
    arena_free(a);
}

TEST(next_stays_at_home)
{
    static const char *const away[] = { "", "https://evil", "//evil", "/\\evil", "\\/evil",
        "javascript:x", "/a\r\nSet-Cookie: x", "/\t/evil", " /a", "/a b", "evil", "/\x7f",
        "http:/x", "/a\\b" };
    static const char *const home[] = { "/", "/c/jena/", "/c/jena/files/a%20b?x=%2F%2Fevil",
        "/a//b" };

    CHECK_TEXT(next_or_home(NULL), "/");
    for (size_t i = 0; i < COUNT_OF(away); i++)
        CHECK_TEXT(next_or_home(away[i]), "/");
    for (size_t i = 0; i < COUNT_OF(home); i++)
        CHECK_TEXT(next_or_home(home[i]), home[i]);
}
