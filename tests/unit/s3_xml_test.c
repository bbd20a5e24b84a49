#include <string.h>

#include "base/arena.h"
#include "blob/s3.h"
#include "tests/check.h"

TEST(s3_elements)
{
    struct arena *arena = arena_new();
    const char *at = "<r><Key>a&amp;b</Key><Key/><Key>c</Key><Size>5</Size><Key>d<x/></Key></r>";

    CHECK_TEXT(s3_element(arena, &at, "Key"), "a&b");
    CHECK_TEXT(s3_element(arena, &at, "Key"), "c");
    CHECK(s3_element(arena, &at, "Key") == NULL);
    CHECK_TEXT(s3_element(arena, &at, "Size"), "5");
    CHECK(s3_element(arena, &at, "Size") == NULL);
    at = "<Key>unfinished";
    CHECK(s3_element(arena, &at, "Key") == NULL);
    arena_free(arena);
}

TEST(s3_times)
{
    int64_t us;

    CHECK(s3_time("2026-11-21T03:02:01.000Z", &us) && us == INT64_C(1795230121000000));
    CHECK(s3_time("1970-01-01T00:00:00Z", &us) && us == 0);
    CHECK(!s3_time("2026-13-21T03:02:01.000Z", &us));
    CHECK(!s3_time("2026-11-21 03:02:01", &us));
    CHECK(!s3_time("", &us));
}

TEST(s3_keys)
{
    struct arena *arena = arena_new();
    struct blob_owner owner = { 'c', 12 }, read;
    unsigned char hash[SHA256_SIZE], back[SHA256_SIZE];

    sha256("x", 1, hash);
    struct blob_place place = blob_place(owner, hash);
    const char *key = s3_key(arena, &place) + 1;
    CHECK(s3_key_parse(arena, key, &read, back));
    CHECK(read.kind == 'c' && read.id == 12 && memcmp(hash, back, sizeof hash) == 0);
    CHECK(!s3_key_parse(arena, "objects/c12/ab/x", &read, back));
    CHECK(!s3_key_parse(arena, arena_printf(arena, "x%s", key), &read, back));
    CHECK(!s3_key_parse(arena, arena_printf(arena, "%s/", key), &read, back));
    CHECK(!s3_key_parse(arena, "", &read, back));
    arena_free(arena);
}
