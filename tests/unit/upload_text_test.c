#include <string.h>

#include "base/arena.h"
#include "tests/check.h"
#include "webdav/upload_text.h"

TEST(metadata_of_uploads)
{
    struct arena *a = arena_new();

    CHECK_TEXT(metadata_value(a, "filetype aW1hZ2UvcG5n", "filetype"), "image/png");
    CHECK_TEXT(metadata_value(a, "filename eA==,  filetype   dGV4dC9wbGFpbg== ", "filetype"),
        "text/plain");
    CHECK_TEXT(metadata_value(a, "filetype", "filetype"), "");
    CHECK(metadata_value(a, "", "filetype") == NULL);
    CHECK(metadata_value(a, "filetypes eA==", "filetype") == NULL);
    CHECK(metadata_value(a, "filetype e*==", "filetype") == NULL);
    CHECK(metadata_value(a, "filetype CgA=", "filetype") == NULL); /* a line feed and a NUL */
    arena_free(a);
}

TEST(digest_fields)
{
    static const char empty[] = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    struct arena *a = arena_new();
    unsigned char got[SHA256_SIZE], wanted[SHA256_SIZE];
    bool found;

    sha256("", 0, wanted);
    CHECK(digest_read(a, empty, got, &found) && found && memcmp(got, wanted, SHA256_SIZE) == 0);
    CHECK(digest_read(a, arena_printf(a, "md5=:eA==:;q=1 , %s;x", empty), got, &found) && found);
    CHECK(digest_read(a, "md5=:eA==:", got, &found) && !found);
    static const char *const wrong[] = { "", "sha-256", "sha-256=", "sha-256=abc",
        "sha-256=:eA==:", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "=:eA==:",
        "md5=:e*==:", "md5=:eA==:x" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!digest_read(a, wrong[i], got, &found));
    arena_free(a);
}
