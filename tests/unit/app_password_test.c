/* App passwords: what is one, what is typed for one, and what one may enter. */
#include "tests/check.h"

#include <string.h>

#include "auth/access.h"
#include "auth/app_password.h"
#include "base/arena.h"
#include "base/token.h"
#include "db/db.h"

#define SECRET "0123456789abcdefghjkmnpqr"

TEST(app_password_is_read_back)
{
    struct arena *a = arena_new();
    char secret[APP_PASSWORD_SECRET + 1];
    int64_t id;

    for (int64_t n = 1; n < INT64_C(100000000000000000); n = n * 9 + 1) {
        const char *made = app_password_secret(a), *whole = app_password_write(a, n, made);

        CHECK(app_password_looks_like(whole));
        CHECK(app_password_read(whole, &id, secret) && id == n);
        CHECK_TEXT(secret, made);
    }
    arena_free(a);
}

TEST(app_password_secrets_use_every_digit)
{
    struct arena *a = arena_new();
    bool seen[256] = { false };
    int n = 0;

    for (int i = 0; i < 200; i++)
        for (const char *s = app_password_secret(a); *s != '\0'; s++)
            seen[(unsigned char)*s] = true;
    for (int c = 0; c < 256; c++)
        n += seen[c];
    CHECK(n == 32);
    CHECK(!seen['i'] && !seen['l'] && !seen['o'] && !seen['u']);
    CHECK(strcmp(app_password_secret(a), app_password_secret(a)) != 0);
    arena_free(a);
}

TEST(app_password_as_people_type_it)
{
    char secret[APP_PASSWORD_SECRET + 1];
    int64_t id;

    CHECK(app_password_read("CD_7_OIL3456789ABCDEFGHJKMNPQR", &id, secret) && id == 7);
    CHECK_TEXT(secret, "0113456789abcdefghjkmnpqr");
    CHECK(app_password_read("  cd_7_" SECRET " ", &id, secret));
    CHECK_TEXT(secret, SECRET);
}

TEST(app_password_refuses_what_is_none)
{
    static const char *const wrong[] = { "", "cd_", "cd_7", "cd_7_", "cd__" SECRET, "cd_7" SECRET,
        "cd_7_" SECRET "s", "cd_7_0123456789abcdefghjkmnpq", "cd_0_" SECRET, "cd_-7_" SECRET,
        "cd_+7_" SECRET, "cd_ 7_" SECRET, "cd_7x_" SECRET, "cd_9223372036854775808_" SECRET,
        "cd_99999999999999999999999999_" SECRET, "cd_7_" SECRET "\n",
        "cd_7_u123456789abcdefghjkmnpqr", "cd_7_0123456789abcdefghjkmnp-r",
        "cd_7_0123456789abcdefghjkm pqr", "xcd_7_" SECRET, "cd-7-" SECRET, "ab_7_" SECRET,
        "cd_7_\xc3\xa4"
        "0123456789abcdefghjkmnp" };
    char secret[APP_PASSWORD_SECRET + 1];
    int64_t id;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!app_password_read(wrong[i], &id, secret));
}

/* What begins like one is never shown to the directory; what does not, always is. */
TEST(app_password_is_told_by_its_beginning)
{
    CHECK(app_password_looks_like("cd_7_"));
    CHECK(app_password_looks_like("CD_7_cut"));
    CHECK(app_password_looks_like("cd_99999999999999999999999999_x"));
    CHECK(!app_password_looks_like("cd_rom"));
    CHECK(!app_password_looks_like("cd_7"));
    CHECK(!app_password_looks_like("cd__7"));
    CHECK(!app_password_looks_like("demo"));
    CHECK(!app_password_looks_like(""));
    CHECK(!app_password_looks_like("c"));
}

TEST(app_password_hash_is_of_the_secret)
{
    struct arena *a = arena_new();
    unsigned char digest[SHA256_SIZE];
    struct bytes hash = app_password_hash(a, SECRET);

    sha256(SECRET, APP_PASSWORD_SECRET, digest);
    CHECK(hash.n == SHA256_SIZE && memcmp(hash.p, digest, SHA256_SIZE) == 0);
    arena_free(a);
}

TEST(app_password_enters_its_areas_only)
{
    const struct principal session = { .person = 1 };
    const struct principal device = { .person = 1, .only = AREA_CALENDARS | AREA_CONTACTS };

    CHECK(access_enters(&session, AREA_DOCUMENTS) && access_enters(&nobody, AREA_DOCUMENTS));
    CHECK(!access_enters(&device, AREA_DOCUMENTS) && !access_enters(&device, AREA_WIKI));
    CHECK(access_enters(&device, AREA_CALENDARS) && access_enters(&device, AREA_CONTACTS));
    CHECK(access_enters(&device, 0));
}
