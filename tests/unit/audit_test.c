#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "tests/check.h"
#include "html/lang.h"
#include "html/out.h"
#include "modules/audit/entries.h"

static struct audit_of_chapter_row
entry(const char *what)
{
    return (struct audit_of_chapter_row){ .hand = "person",
        .actor = 17,
        .actor_name = "Mia Muster",
        .what = what,
        .title = "Vorstand",
        .about = 4,
        .about_name = "Ola {who}",
        .other = "Kasse",
        .role = ROLE_BOARD,
        .was_read = ROLE_BOARD,
        .was_write = ROLE_NOBODY,
        .now_read = ROLE_MEMBER,
        .now_write = ROLE_BOARD,
        .amount = 2000000,
        .was_amount = 1000000 };
}

TEST(audit_words_are_found_again)
{
    for (int i = 0; i < AUDIT_WHATS; i++) {
        const char *word = audit_word((enum audit_what)i);
        CHECK(word != NULL && audit_find(word) == i);
        CHECK(audit_template((enum audit_what)i) != NULL);
        CHECK(audit_group((enum audit_what)i) >= AUDIT_OF_RIGHTS);
    }
    CHECK(audit_find("") == -1);
    CHECK(audit_find("dance") == -1);
}

TEST(audit_groups_are_found_again)
{
    for (enum audit_group g = AUDIT_OF_RIGHTS; g <= AUDIT_OF_OPERATION; g++)
        CHECK(audit_group_find(audit_group_word(g)) == g && audit_group_title(g) != NULL);
    CHECK(audit_group_word(AUDIT_OF_PERSON) == NULL);
    CHECK(audit_group_find("person") == 0);
}

/* In every language each {word} of a sentence is one that is filled in, and the same ones are used. */
TEST(audit_sentences_are_filled_in)
{
    struct arena *arena = arena_new();

    for (const struct lang *const *lang = languages; *lang != NULL; lang++)
        for (int i = 0; i < AUDIT_WHATS; i++) {
            struct audit_of_chapter_row row = entry(audit_word((enum audit_what)i));
            row.about_name = "Ola";
            const char *text = audit_sentence(arena, *lang, &row);
            CHECK(strpbrk(text, "{}") == NULL);
            CHECK(text[strlen(text) - 1] == '.');
            const char *template = tr(*lang, audit_template((enum audit_what)i));
            CHECK((*lang == languages[0]) == (template == audit_template((enum audit_what)i)));
        }
    arena_free(arena);
}

TEST(audit_sentence_in_german)
{
    struct arena *arena = arena_new();
    const struct lang *de = lang_find("de");
    struct audit_of_chapter_row row = entry("levels-set");

    CHECK_TEXT(audit_sentence(arena, de, &row),
        "Mia Muster hat „Vorstand“ neu freigegeben. Lesen: die Mitglieder. Schreiben: der Vorstand. "
        "Vorher: lesen der Vorstand, schreiben niemand.");
    row = entry("role-given");
    row.until = "2027-03-31";
    CHECK_TEXT(audit_sentence(arena, de, &row),
        "Mia Muster hat Ola {who} die Rolle „Vorstand“ gegeben. Gilt bis 2027-03-31.");
    row = entry("quota-set");
    row.hand = "operator";
    CHECK_TEXT(audit_sentence(arena, de, &row),
        "Der Betrieb des Servers hat den Speicherplatz der Gliederung von 1,0 MB auf 2,0 MB geändert.");
    arena_free(arena);
}

/* Who is erased is a number; what a later version wrote is shown as it stands. */
TEST(audit_sentence_of_the_unknown)
{
    struct arena *arena = arena_new();
    struct audit_of_chapter_row row = entry("role-taken");

    row.actor_name = row.about_name = NULL;
    CHECK_TEXT(audit_sentence(arena, lang_find("en"), &row),
        "a former member (no. 17) took the role “Board” from a former member (no. 4).");
    row = entry("dance-begun");
    CHECK_TEXT(audit_sentence(arena, lang_find("en"), &row), "Mia Muster: dance-begun");
    arena_free(arena);
}
