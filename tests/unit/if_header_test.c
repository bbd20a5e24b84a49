#include "webdav/if_header.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "tests/check.h"

static const struct if_limits limits = { .bytes = 8192, .lists = 64, .conditions = 256 };

static int
status(const char *header)
{
    struct arena *arena = arena_new();
    struct if_header h;
    struct error *e = if_parse(arena, header, &limits, &h);
    int got = e == NULL ? 200 : e->cond->status;

    arena_free(arena);
    return got;
}

/* Does the header hold of a resource with that tag and that one lock? */
static bool
holds(const char *header, const char *etag, const char *token)
{
    struct arena *arena = arena_new();
    const struct if_state state = { .etag = etag, .token = &token, .n = token != NULL ? 1 : 0 };
    struct if_header h;
    bool any = false;

    CHECK(if_parse(arena, header, &limits, &h) == NULL);
    for (int i = 0; i < h.n; i++)
        any = any || if_list_holds(&h.list[i], &state);
    arena_free(arena);
    return any;
}

TEST(if_header_judges_tokens_and_tags)
{
    CHECK(holds("(<urn:a>)", NULL, "urn:a"));
    CHECK(!holds("(<urn:a>)", NULL, "urn:b"));
    CHECK(!holds("(<urn:a>)", NULL, NULL));
    CHECK(holds("(<urn:a> [\"e\"])", "e", "urn:a"));
    CHECK(!holds("(<urn:a> [\"e\"])", "f", "urn:a"));
    CHECK(holds("(<urn:a> [\"e\"]) ([\"f\"])", "f", "urn:a"));
    CHECK(holds("(Not <urn:b>)", NULL, "urn:a"));
    CHECK(!holds("(NOT <urn:a>)", NULL, "urn:a"));
    CHECK(holds("(Not [\"e\"])", "f", NULL));
    CHECK(holds("(<urn:x>) (Not <DAV:no-lock>)", "e", "urn:a"));
    CHECK(!holds("(<DAV:no-lock>)", "e", NULL));
}

TEST(if_header_tokens_of_others_decide_nothing)
{
    static const char *const foreign[] = { "urn:b" };
    const struct if_state state = { .foreign = foreign, .n_foreign = 1 };
    struct arena *arena = arena_new();
    struct if_header h;

    CHECK(if_parse(arena, "(<urn:b>) (Not <urn:b>) (<urn:c>)", &limits, &h) == NULL);
    CHECK(if_list_holds(&h.list[0], &state));
    CHECK(if_list_holds(&h.list[1], &state));
    CHECK(!if_list_holds(&h.list[2], &state));
    arena_free(arena);
}

TEST(if_header_compares_tags_strongly)
{
    CHECK(!holds("([W/\"e\"])", "e", NULL));
    CHECK(holds("(Not [W/\"e\"])", "e", NULL));
    CHECK(!holds("([\"e\"])", NULL, NULL));
    CHECK(!holds("([\"\"])", "e", NULL));
    CHECK(holds("( [ \"a]b\" ] )", "a]b", NULL));
}

TEST(if_header_keeps_the_resource_of_tagged_lists)
{
    struct arena *arena = arena_new();
    struct if_header h;

    CHECK(if_parse(arena, "<http://h/a> (<urn:a>) ([\"e\"]) <http://h/b>(<urn:b>)", &limits, &h) ==
          NULL);
    CHECK(h.n == 3);
    CHECK_TEXT(h.list[1].resource, "http://h/a");
    CHECK_TEXT(h.list[2].resource, "http://h/b");
    CHECK(if_parse(arena, " (<urn:a>)\t(<urn:b>) ", &limits, &h) == NULL);
    CHECK(h.n == 2 && h.list[0].resource == NULL);
    arena_free(arena);
}

TEST(if_header_a_token_behind_not_is_not_submitted)
{
    struct arena *arena = arena_new();
    struct if_header h;

    CHECK(if_parse(arena, "(Not <urn:a> <urn:b>) (<urn:c>)", &limits, &h) == NULL);
    CHECK(!if_submits(&h, "urn:a"));
    CHECK(if_submits(&h, "urn:b"));
    CHECK(if_submits(&h, "urn:c"));
    CHECK(!if_submits(&h, "urn:d"));
    arena_free(arena);
}

TEST(A18_broken_if_headers_are_400)
{
    static const char *const broken[] = { "", " ", "()", "(", ")", "(<urn:a>", "<urn:a>",
        "(<urn:a)", "(<>)", "([)", "([\"e)", "([e])", "([\"e\"", "([\"e\"x])", "(Not)",
        "(Not Not <urn:a>)", "((<urn:a>))", "(<urn:a>) <http://h/> (<urn:b>)",
        "<http://h/> <http://g/> (<urn:a>)", "(<urn:a>) x", "(urn:a)", "(<a b>)", "(<a<b>)",
        "<http://h/>", "Not (<urn:a>)" };

    for (size_t i = 0; i < COUNT_OF(broken); i++)
        if (status(broken[i]) != 400)
            CHECK_TEXT("accepted", broken[i]);
}

static const char *
repeated(struct arena *arena, const char *text, int times)
{
    struct buf b = buf_new(arena, MB(1));

    for (int i = 0; i < times; i++)
        buf_text(&b, text);
    return buf_string(&b);
}

TEST(A18_if_header_has_limits)
{
    struct arena *arena = arena_new();

    CHECK(status(repeated(arena, "(<a:>)", 64)) == 200);
    CHECK(status(repeated(arena, "(<a:>)", 65)) == 400);
    CHECK(status(arena_printf(arena, "(%s)", repeated(arena, "<a:>", 256))) == 200);
    CHECK(status(arena_printf(arena, "(%s)", repeated(arena, "<a:>", 257))) == 400);
    CHECK(status(arena_printf(arena, "(<%s>)", repeated(arena, "a", 8188))) == 200);
    CHECK(status(arena_printf(arena, "(<%s>)", repeated(arena, "a", 8189))) == 431);
    CHECK(status(repeated(arena, "(<opaquelocktoken:x>)", 10000)) == 431);
    arena_free(arena);
}
