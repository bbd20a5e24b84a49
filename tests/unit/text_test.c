#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "tests/check.h"

#define IS(what, literal) what(literal, sizeof(literal) - 1)

TEST(text_utf8_well_formed)
{
    CHECK(IS(text_is_utf8, ""));
    CHECK(IS(text_is_utf8, "Größe"));
    CHECK(IS(text_is_utf8, "\U0010ffff"));
    CHECK(IS(text_is_utf8, "\x7f"));
}

/* security A05 */
TEST(text_utf8_malformed)
{
    CHECK(!IS(text_is_utf8, "\xc0\xaf"));
    CHECK(!IS(text_is_utf8, "\xe0\x80\xaf"));
    CHECK(!IS(text_is_utf8, "\xed\xa0\x80"));
    CHECK(!IS(text_is_utf8, "\xf4\x90\x80\x80"));
    CHECK(!IS(text_is_utf8, "\xff"));
    CHECK(!IS(text_is_utf8, "a\xc3"));
    CHECK(!IS(text_is_utf8, "a\0b"));
}

/* security A06, decisions 1.12 */
TEST(text_names)
{
    CHECK(IS(text_is_name, "Protokoll 2026-11-20 (Entwurf).odt"));
    CHECK(IS(text_is_name, "u\xcc\x88"));
    CHECK(IS(text_is_name, "CON"));
    CHECK(IS(text_is_name, "\xe2\x80\x8b")); /* zero width space: odd, but it is only itself */
    CHECK(!IS(text_is_name, ""));
    CHECK(!IS(text_is_name, "a\nb"));
    CHECK(!IS(text_is_name, "a\x7f"));
    CHECK(!IS(text_is_name, "a\xc2\x85"));
    CHECK(!IS(text_is_name, "a\xe2\x80\xae"
                            "fdp.exe")); /* right-to-left override */
    CHECK(!IS(text_is_name, "\xe2\x81\xa6"));
    CHECK(!IS(text_is_name, "\xef\xbf\xbf"));
}

TEST(text_xml)
{
    CHECK(IS(text_is_xml, "a\tb\r\n\xf0\x9f\x98\x80"));
    CHECK(!IS(text_is_xml, "\x01"));
    CHECK(!IS(text_is_xml, "\x1f"));
    CHECK(!IS(text_is_xml, "\xef\xbf\xbe"));
    CHECK(IS(text_is_xml, "\xef\xbf\xbd"));
}

TEST(text_fold_makes_one_of_capital_and_small_letters)
{
    struct arena *a = arena_new();

    CHECK_TEXT(text_fold(a, "Vorstand JENA"), "vorstand jena");
    CHECK_TEXT(text_fold(a, "STRASSE"), text_fold(a, "Stra\xc3\x9f"
                                                     "e"));
    CHECK_TEXT(text_fold(a, "U\xcc\x88"), text_fold(a, "\xc3\xbc"));
    CHECK_TEXT(text_fold(a, "A\xff"), "A\xff");
    arena_free(a);
}

TEST(text_nfc_makes_one_of_two_spellings)
{
    struct arena *a = arena_new();

    CHECK_TEXT(text_nfc(a, "u\xcc\x88"), "\xc3\xbc");
    CHECK_TEXT(text_nfc(a, "\xc3\xbc"), "\xc3\xbc");
    CHECK_TEXT(text_nfc(a, "plain"), "plain");
    CHECK_TEXT(text_nfc(a, ""), "");
    CHECK_TEXT(text_nfc(a, "\xe2\x84\xab"), "\xc3\x85"); /* Angstrom sign */
    CHECK_TEXT(text_nfc(a, "bad\xff"), "bad\xff");
    arena_free(a);
}

TEST(text_numbers)
{
    int64_t n = -1;

    CHECK(text_to_int("0", 10, &n) && n == 0);
    CHECK(text_to_int("0010", 10, &n) && n == 10);
    CHECK(text_to_int("9223372036854775807", INT64_MAX, &n) && n == INT64_MAX);
    n = 5;
    CHECK(!text_to_int("9223372036854775808", INT64_MAX, &n));
    CHECK(!text_to_int("99999999999999999999999999", INT64_MAX, &n));
    CHECK(!text_to_int("11", 10, &n));
    CHECK(!text_to_int("", 10, &n));
    CHECK(!text_to_int("+1", 10, &n));
    CHECK(!text_to_int("-1", 10, &n));
    CHECK(!text_to_int(" 1", 10, &n));
    CHECK(!text_to_int("1 ", 10, &n));
    CHECK(!text_to_int("1a", 10, &n));
    CHECK(!text_to_int("0x1", 10, &n));
    CHECK_INT(n, 5);
}

TEST(text_sizes)
{
    static const struct {
        const char *text;
        size_t bytes;
    } good[] = { { "500", 500 }, { "0", 0 }, { "64k", KB(64) }, { "1G", GB(1) },
        { "10 MiB", MB(10) }, { "10MiB", MB(10) }, { "3 B", 3 }, { "2 TiB", GB(2048) } };
    static const char *const bad[] = { "", "k", "10 MB", "10 Mib", "1.5G", "-1", "10 MiB ",
        "8388608 TiB", "99999999999999999999", "1 k k" };
    size_t n;

    for (size_t i = 0; i < COUNT_OF(good); i++)
        CHECK(text_to_size(good[i].text, &n) && n == good[i].bytes);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!CHECK(!text_to_size(bad[i], &n)))
            CHECK_TEXT(bad[i], "refused");
}

TEST(text_trim_takes_blanks_at_both_ends)
{
    struct arena *a = arena_new();

    CHECK_TEXT(text_trim(a, "  a b \t\r\n"), "a b");
    CHECK_TEXT(text_trim(a, "a"), "a");
    CHECK_TEXT(text_trim(a, " \t"), "");
    CHECK_TEXT(text_trim(a, ""), "");
    arena_free(a);
}

TEST(text_split_leaves_out_empty_parts)
{
    struct arena *a = arena_new();
    const char *const *part;

    CHECK_INT(text_split(a, ", a,b c,,", ", ", &part), 3);
    CHECK_TEXT(part[0], "a");
    CHECK_TEXT(part[1], "b");
    CHECK_TEXT(part[2], "c");
    CHECK_INT(text_split(a, "", ",", &part), 0);
    CHECK_INT(text_split(a, ",,,", ",", &part), 0);
    CHECK_INT(text_split(a, "one", ",", &part), 1);
    CHECK_TEXT(part[0], "one");
    arena_free(a);
}

TEST(text_beginnings_and_ends)
{
    CHECK(text_starts("chapter", "chap"));
    CHECK(text_starts("chapter", ""));
    CHECK(!text_starts("cha", "chap"));
    CHECK(text_ends("a.html", ".html"));
    CHECK(!text_ends("html", ".html"));
    CHECK(text_same_nocase("Content-TYPE", "content-type"));
    CHECK(!text_same_nocase("a", "ab"));
    CHECK(!text_same_nocase("@", "`"));
    CHECK(!text_same_nocase("[", "{"));
    CHECK(!text_same_nocase("\xc3\x84", "\xc3\xa4"));
}

TEST(text_sizes_for_people)
{
    struct arena *a = arena_new();

    CHECK_TEXT(text_size(a, 0, "en"), "0 bytes");
    CHECK_TEXT(text_size(a, 1, "en"), "1 byte");
    CHECK_TEXT(text_size(a, 999, "de"), "999 Byte");
    CHECK_TEXT(text_size(a, 1000, "en"), "1.0 kB");
    CHECK_TEXT(text_size(a, 1449, "en"), "1.4 kB");
    CHECK_TEXT(text_size(a, 1449999, "de"), "1,4 MB");
    CHECK_TEXT(text_size(a, 1450000, "en"), "1.5 MB");
    CHECK_TEXT(text_size(a, 9950, "en"), "10 kB");
    CHECK_TEXT(text_size(a, 999400, "en"), "999 kB");
    CHECK_TEXT(text_size(a, 999500, "en"), "1.0 MB");
    CHECK_TEXT(text_size(a, 20000000000, "en"), "20 GB");
    CHECK_TEXT(text_size(a, INT64_MAX, "en"), "9.2 EB");
    arena_free(a);
}

TEST(a_list_of_slugs_is_no_slug)
{
    static const char *const bad[] = { "", "*", "jena,erfurt", "Jena", "j_na", "a b", "\xc3\xa4" };

    CHECK(text_is_slug("jena-nord2"));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(!text_is_slug(bad[i]));
}
