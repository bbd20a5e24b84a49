#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "modules/chapters/chapter.h"
#include "tests/check.h"

TEST(g11_slugs_are_plain_and_not_reserved)
{
    static const char *const good[] = { "jena", "jena-nord", "a1", "07", "thueringen-ost-2",
        "abcdefghijklmnopqrstuvwxyz-0123456789-abc" + 1, NULL };
    static const char *const bad[] = { "", "a", ".", "..", "/", "a/b", "a b", "Jena", "j\xc3\xa4na",
        "\xd1\x98\xd0\xb5na", /* Cyrillic letters that look like "jena" */
        "-jena", "jena-", "jena_nord", "jena.nord", "jena\n", "xn--jna-pla",
        "abcdefghijklmnopqrstuvwxyz-0123456789-abcd", "admin", "static", "dav", "login", "logout",
        "account", "api", "www", "c", "f", "v", "healthz", "metrics", "principals", "calendar",
        "resolutions", "public", "federation", "inbox", "outbox", NULL };

    for (int i = 0; good[i] != NULL; i++)
        CHECK(chapter_slug_fault(good[i]) == NULL);
    for (int i = 0; bad[i] != NULL; i++)
        CHECK(chapter_slug_fault(bad[i]) != NULL);
}

TEST(slugs_have_forty_characters_at_most)
{
    char slug[42];

    memset(slug, 'a', sizeof slug);
    slug[40] = '\0';
    CHECK(chapter_slug_fault(slug) == NULL);
    slug[40] = 'a';
    slug[41] = '\0';
    CHECK(chapter_slug_fault(slug) != NULL);
}

TEST(chapters_stand_where_their_kind_belongs)
{
    static const char *const kinds[] = { NULL, "state", "district", "local", "network" };
    /* rows: the chapter; columns: its parent, in the order above */
    static const bool allowed[4][5] = {
        { true, false, false, false, false },
        { false, true, false, false, false },
        { false, true, true, false, false },
        { false, true, false, false, false },
    };

    for (int kind = 0; kind < 4; kind++)
        for (int parent = 0; parent < 5; parent++)
            CHECK((chapter_place_fault(kinds[kind + 1], kinds[parent]) == NULL) ==
                  allowed[kind][parent]);
    CHECK(chapter_place_fault("federal", NULL) != NULL);
    CHECK(chapter_place_fault("", "state") != NULL);
}

TEST(roles_have_words)
{
    CHECK(chapter_role("member") == ROLE_MEMBER);
    CHECK(chapter_role("board") == ROLE_BOARD);
    CHECK(chapter_role("chair") == ROLE_CHAIR);
    CHECK(chapter_role("public") == 0);
    CHECK(chapter_role("federation") == 0);
    CHECK(chapter_role("") == 0);
    CHECK_TEXT(chapter_role_word(ROLE_CHAIR), "chair");
}
