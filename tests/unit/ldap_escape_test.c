#include "tests/check.h"

#include <string.h>

#include "auth/ldap.h"
#include "auth/ldap_escape.h"
#include "base/arena.h"

static const char *
filter(struct arena *a, const char *s)
{
    return filter_escape(a, s, strlen(s));
}

static const char *
dn(struct arena *a, const char *s)
{
    return dn_escape(a, s, strlen(s));
}

TEST(filter_escape_leaves_nothing_to_a_filter)
{
    struct arena *a = arena_new();

    CHECK_TEXT(filter(a, "anna.b-c_d@e"), "anna.b-c_d@e");
    CHECK_TEXT(filter(a, "*"), "\\2a");
    CHECK_TEXT(filter(a, "anna)(uid=*"), "anna\\29\\28uid=\\2a");
    CHECK_TEXT(filter(a, "\\2a"), "\\5c2a");
    CHECK_TEXT(filter(a, "\xc3\xbc\x7f\x01"), "\\c3\\bc\\7f\\01");
    CHECK_TEXT(filter_escape(a, "a\0b", 3), "a\\00b");
    CHECK_TEXT(filter(a, ""), "");
    arena_free(a);
}

TEST(dn_escape_leaves_nothing_to_a_dn)
{
    struct arena *a = arena_new();

    CHECK_TEXT(dn(a, "anna"), "anna");
    CHECK_TEXT(dn(a, "a,ou=x+b"), "a\\2cou\\3dx\\2bb");
    CHECK_TEXT(dn(a, " # "), "\\20#\\20");
    CHECK_TEXT(dn(a, "#1"), "\\231");
    CHECK_TEXT(dn(a, "\"<;>\\"), "\\22\\3c\\3b\\3e\\5c");
    arena_free(a);
}

TEST(dn_for_slug_fills_in)
{
    struct arena *a = arena_new();

    CHECK_TEXT(dn_for_slug(a, "cn=board,ou={slug},dc=x", "jena"), "cn=board,ou=jena,dc=x");
    CHECK_TEXT(dn_for_slug(a, "cn=board,dc=x", "jena"), "cn=board,dc=x");
    arena_free(a);
}

TEST(group_keys_have_one_spelling)
{
    struct arena *a = arena_new();

    CHECK_TEXT(directory_group_key(a, "CN=Board, OU=Jena ,DC=X"), "cn=board,ou=jena,dc=x");
    CHECK_TEXT(directory_group_key(a, "cn=board,ou=jena,dc=x"), "cn=board,ou=jena,dc=x");
    CHECK_TEXT(directory_group_key(a, "cn=b\\2cc,dc=x"), directory_group_key(a, "cn=b\\,c,dc=x"));
    CHECK(directory_group_key(a, "no dn") == NULL);
    CHECK(directory_group_key(a, "cn=board,") == NULL);
    CHECK(directory_group_key(a, "") == NULL);
    arena_free(a);
}
