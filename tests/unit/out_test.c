#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "html/out.h"
#include "tests/check.h"

#include <jansson.h>

TEST(out_is_empty_text_at_first)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, 100);

    CHECK_TEXT(out_memory(o), "");
    CHECK_INT(out_length(o), 0);
    CHECK_INT(out_fd(o), -1);
    CHECK(!out_failed(o));
    arena_free(a);
}

TEST(out_escapes_text)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, 1000);

    out_text(o, "<a href=\"x\">'&amp;ü");
    out_text(o, NULL);
    out_text(o, "");
    out_int(o, INT64_MIN);
    out_html(o, (struct html){ "<br>", 4 });
    CHECK_TEXT(
        out_memory(o), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;ü-9223372036854775808<br>");
    CHECK_INT(out_length(o), (int64_t)strlen(out_memory(o)));
    arena_free(a);
}

static const char *
url(struct arena *a, const char *s)
{
    struct out *o = out_new(a, 1000);

    out_url(o, s);
    return out_memory(o);
}

TEST(out_url_lets_only_harmless_schemes_pass)
{
    static const char *const bad[] = { "javascript:alert(1)", "JaVaScRiPt:1", " javascript:1",
        "\tjavascript:1", "java\nscript:1", "data:text/html,x", "vbscript:1", "x:y",
        "\x01javascript:1", "http\t:x", "\\\\evil.example", "/\\evil.example" };
    struct arena *a = arena_new();

    CHECK_TEXT(url(a, "https://a.example/?x=1&y"), "https://a.example/?x=1&amp;y");
    CHECK_TEXT(url(a, "HTTP://a"), "HTTP://a");
    CHECK_TEXT(url(a, "mailto:a@b"), "mailto:a@b");
    CHECK_TEXT(url(a, "/c/jena/"), "/c/jena/");
    CHECK_TEXT(url(a, "?page=2"), "?page=2");
    CHECK_TEXT(url(a, "#a:b"), "#a:b");
    CHECK_TEXT(url(a, "/a:b"), "/a:b");
    CHECK_TEXT(url(a, ""), "");
    CHECK_TEXT(url(a, NULL), "");
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!CHECK_TEXT(url(a, bad[i]), "#"))
            CHECK_TEXT(bad[i], "refused");
    arena_free(a);
}

TEST(out_url_part_is_percent_encoded)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, 1000);

    out_url_part(o, "a b/ü&\"-._~");
    CHECK_TEXT(out_memory(o), "a%20b%2F%C3%BC%26%22-._~");
    arena_free(a);
}

TEST(out_goes_to_a_file_past_a_mebibyte)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, MB(10));
    char text[32], back[32];
    int64_t length = 0;

    for (int i = 0; i < 200000; i++) {
        int n = snprintf(text, sizeof text, "%d\n", i);
        out_raw(o, text, (size_t)n);
        length += n;
    }
    CHECK(!out_failed(o));
    CHECK(out_memory(o) == NULL);
    CHECK_INT(out_length(o), length);
    if (!CHECK(out_fd(o) >= 0))
        return;
    CHECK_INT(lseek(out_fd(o), 0, SEEK_END), length);
    FILE *f = fdopen(dup(out_fd(o)), "r");
    rewind(f);
    for (int i = 0; i < 200000; i++)
        if (fgets(back, sizeof back, f) == NULL || strtol(back, NULL, 10) != i) {
            CHECK_INT(i, -1);
            break;
        }
    fclose(f);
    arena_free(a);
}

TEST(out_takes_one_large_piece)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, MB(10));
    size_t n = MB(3) + 5;
    char *big = malloc(n), *back = malloc(n);

    for (size_t i = 0; i < n; i++)
        big[i] = (char)(i * 7);
    out_raw(o, big, n);
    CHECK(!out_failed(o) && out_length(o) == (int64_t)n);
    CHECK(pread(out_fd(o), back, n, 0) == (ssize_t)n && memcmp(big, back, n) == 0);
    free(big);
    free(back);
    arena_free(a);
}

TEST(out_stays_in_memory_up_to_a_mebibyte)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, MB(10));
    char *big = calloc(1, MB(1));

    memset(big, 'x', MB(1));
    out_raw(o, big, MB(1));
    CHECK(out_memory(o) != NULL && out_fd(o) == -1);
    out_raw(o, "y", 1);
    CHECK(out_memory(o) == NULL && !out_failed(o) && out_fd(o) >= 0);
    free(big);
    arena_free(a);
}

TEST(out_fails_past_its_ceiling)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, 5);

    out_raw(o, "12345", 5);
    CHECK(!out_failed(o));
    out_raw(o, "6", 1);
    CHECK(out_failed(o));
    CHECK_INT(out_length(o), 5);
    arena_free(a);
}

TEST(out_fails_when_the_disk_gives_nothing)
{
    struct arena *a = arena_new();
    struct out *o = out_new(a, MB(10));
    char *big = calloc(1, MB(2)), *former = getenv("TMPDIR");

    former = former == NULL ? NULL : strdup(former);
    setenv("TMPDIR", "/proc/nowhere", 1);
    out_raw(o, big, MB(2));
    if (former != NULL)
        setenv("TMPDIR", former, 1);
    else
        unsetenv("TMPDIR");
    CHECK(out_failed(o));
    free(big);
    free(former);
    arena_free(a);
}

/* What we write is what another library reads. */
TEST(out_json_round_trip)
{
    static const char *const texts[] = { "", "plain", "\"quoted\" \\ / \b\f\n\r\t\x01\x1f\x7f", "Straße 日本 😀", "</script>" };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct out *o = out_new(arena, KB(4));
        out_json(o, texts[i]);
        json_t *read = json_loadb(out_memory(o), (size_t)out_length(o), JSON_DECODE_ANY, NULL);
        if (CHECK(read != NULL))
            CHECK_TEXT(json_string_value(read), texts[i]);
        json_decref(read);
    }
    arena_free(arena);
}
