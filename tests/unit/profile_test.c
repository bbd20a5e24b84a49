#include <string.h>

#include "auth/profile.h"
#include "base/arena.h"
#include "html/out.h"
#include "tests/check.h"

static const char *
written(struct arena *arena, const char *origin, int64_t id)
{
    struct out *o = out_new(arena, 1 << 20);

    profile_write(o, arena,
        &(struct profile){ .origin = origin,
            .title = "Verband <A> & \"B\"",
            .device = "x",
            .uid = "anna@land",
            .password = "cd_1_secret",
            .id = id,
            .calendars = true,
            .description = "d",
            .consent = "c" });
    return arena_copy(arena, out_memory(o), (size_t)out_length(o));
}

static bool
holds(const char *text, const char *key, const char *value)
{
    const char *at = strstr(text, key);

    return at != NULL && strncmp(at + strlen(key), value, strlen(value)) == 0;
}

#define KEY(name) "<key>" name "</key>\n"

TEST(profile_says_where_the_server_is)
{
    struct arena *a = arena_new();
    const char *plain = written(a, "https://chapters.example.org", 1);
    const char *port = written(a, "https://chapters.example.org:8443", 1);
    const char *six = written(a, "http://[::1]:8080", 1);

    CHECK(holds(plain, KEY("CalDAVHostName"), "<string>chapters.example.org</string>"));
    CHECK(holds(plain, KEY("CalDAVPort"), "<integer>443</integer>"));
    CHECK(holds(plain, KEY("CalDAVUseSSL"), "<true/>"));
    CHECK(holds(port, KEY("CalDAVHostName"), "<string>chapters.example.org</string>"));
    CHECK(holds(port, KEY("CalDAVPort"), "<integer>8443</integer>"));
    CHECK(holds(six, KEY("CalDAVHostName"), "<string>[::1]</string>"));
    CHECK(holds(six, KEY("CalDAVPort"), "<integer>8080</integer>"));
    CHECK(holds(six, KEY("CalDAVUseSSL"), "<false/>"));
    CHECK(
        holds(six, KEY("CalDAVPrincipalURL"), "<string>/dav/principals/users/anna@land/</string>"));
    CHECK(strstr(plain, "CardDAV") == NULL);
    CHECK(strstr(plain, "Verband &lt;A&gt; &amp; &quot;B&quot;") != NULL);
    arena_free(a);
}

TEST(profile_of_the_same_app_password_takes_the_place_of_the_first)
{
    struct arena *a = arena_new();
    const char *first = written(a, "https://chapters.example.org", 7);

    CHECK_TEXT(first, written(a, "https://chapters.example.org", 7));
    CHECK(strcmp(first, written(a, "https://chapters.example.org", 8)) != 0);
    CHECK(strcmp(first, written(a, "https://other.example.org", 7)) != 0);
    arena_free(a);
}
