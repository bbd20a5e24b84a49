#include "html/lang.h"
#include "tests/check.h"

static const char *
accepted(const char *header)
{
    return lang_accept(header, lang_find("en"))->tag;
}

TEST(lang_find_knows_its_languages)
{
    CHECK_TEXT(lang_find("de")->name, "Deutsch");
    CHECK_TEXT(lang_find("EN")->tag, "en");
    CHECK(lang_find("fr") == NULL);
    CHECK(lang_find("") == NULL);
}

TEST(lang_accept_takes_the_heaviest)
{
    CHECK_TEXT(accepted(NULL), "en");
    CHECK_TEXT(accepted(""), "en");
    CHECK_TEXT(accepted("de"), "de");
    CHECK_TEXT(accepted("de-AT, en;q=0.9"), "de");
    CHECK_TEXT(accepted("DE-de"), "de");
    CHECK_TEXT(accepted("fr, de;q=0.5, en;q=0.4"), "de");
    CHECK_TEXT(accepted("en;q=0.4,de;q=0.5"), "de");
    CHECK_TEXT(accepted("en;q=0.500,de;q=0.501"), "de");
    CHECK_TEXT(accepted("de;q=0, en;q=0.1"), "en");
    CHECK_TEXT(accepted("fr, it"), "en");
    CHECK_TEXT(accepted("*"), "en");
    CHECK_TEXT(accepted("de;q=0.1, *;q=0.9"), "en");
    CHECK_TEXT(accepted(" de ; q=0.9 , en ; Q=0.8"), "de");
}

TEST(lang_accept_survives_what_is_malformed)
{
    CHECK_TEXT(accepted(",,,"), "en");
    CHECK_TEXT(accepted("de;q=x"), "en");
    CHECK_TEXT(accepted("de;q=2"), "en");
    CHECK_TEXT(accepted("de;q=1.5"), "en");
    CHECK_TEXT(accepted("de;q="), "en");
    CHECK_TEXT(accepted("de;"), "en");
    CHECK_TEXT(accepted("deu"), "en");
    CHECK_TEXT(accepted("de en"), "en");
    CHECK_TEXT(accepted("d"), "en");
    CHECK_TEXT(accepted(";q=1, de;q=0.3"), "de");
}

TEST(tr_gives_back_what_it_does_not_know)
{
    const char *odd = "No catalogue has this sentence, ever.";

    CHECK(tr(lang_find("en"), odd) == odd);
    CHECK(tr(lang_find("de"), odd) == odd);
    CHECK_TEXT(tr(lang_find("de"), ""), "");
    CHECK_TEXT(trn(lang_find("de"), "1 odd thing", "many odd things", 1), "1 odd thing");
    CHECK_TEXT(trn(lang_find("en"), "1 odd thing", "many odd things", 0), "many odd things");
}

TEST(tr_finds_what_the_german_catalogue_has)
{
    const struct lang *de = lang_find("de");

    CHECK_TEXT(tr(de, "Please sign in."), "Bitte melde dich an.");
    CHECK_TEXT(tr(lang_find("en"), "Please sign in."), "Please sign in.");
}
