#include "webdav/xml.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "tests/check.h"

static const struct xml_limits limits = { .depth = 32, .attributes = 64, .elements = 20000 };

static int
parse_bytes(struct arena *arena, const char *p, size_t n, const struct xml_in **root)
{
    struct error *e = xml_parse(arena, p, n, &limits, root);

    return e == NULL ? 200 : e->cond->status;
}

static int
parse(struct arena *arena, const char *s, const struct xml_in **root)
{
    return parse_bytes(arena, s, strlen(s), root);
}

static int
status(const char *s)
{
    struct arena *arena = arena_new();
    const struct xml_in *root = NULL;
    int got = parse(arena, s, &root);

    CHECK(got != 200 || root != NULL);
    arena_free(arena);
    return got;
}

/* `times` copies of a text between two others. */
static const char *
repeated(struct arena *arena, const char *before, const char *text, int times, const char *after)
{
    struct buf b = buf_new(arena, MB(16));

    buf_text(&b, before);
    for (int i = 0; i < times; i++)
        buf_text(&b, text);
    buf_text(&b, after);
    return buf_string(&b);
}

TEST(xml_in_gives_names_text_and_children)
{
    struct arena *arena = arena_new();
    const struct xml_in *root, *prop;

    CHECK(parse(arena,
              "<?xml version='1.0'?><a:propfind xmlns:a='DAV:'>\n <a:prop><x xmlns='urn:y'>"
              "one &amp; <b>two</b> three</x></a:prop></a:propfind>",
              &root) == 200);
    CHECK(xml_is(root, NS_DAV, "propfind"));
    prop = xml_child(root, NS_DAV, "prop");
    CHECK(xml_is(prop->first, "urn:y", "x"));
    CHECK_TEXT(prop->first->text, "one &  three");
    CHECK(xml_is(prop->first->first, "urn:y", "b"));
    CHECK(prop->first->next == NULL);
    CHECK(!xml_is(NULL, NS_DAV, "prop"));
    CHECK(xml_child(NULL, NS_DAV, "prop") == NULL);
    arena_free(arena);
}

TEST(xml_in_gives_attributes_and_language)
{
    struct arena *arena = arena_new();
    const struct xml_in *root;

    CHECK(parse(arena,
              "<p xml:lang='de'><q name='a&quot;b' xmlns:n='urn:n' n:name='other'/>"
              "<r xml:lang=''/></p>",
              &root) == 200);
    CHECK_TEXT(root->lang, "de");
    CHECK_TEXT(xml_attr(root->first, "name"), "a\"b");
    CHECK(xml_attr(root->first, "other") == NULL);
    CHECK_TEXT(root->first->lang, "de");
    CHECK(root->first->next->lang == NULL);
    arena_free(arena);
}

/* Found by fuzzing: what the parser leaves as "&#38;", and line ends that would become blanks. */
TEST(xml_inner_keeps_attribute_values)
{
    static const char text[] = "<a xmlns=\"u&amp;v\"><b c=\"&amp;&#38;#38;&#10;&#9;\"/></a>";
    struct arena *arena = arena_new();
    const struct xml_in *root = NULL;

    if (CHECK(xml_parse(arena, text, strlen(text), &limits, &root) == NULL)) {
        CHECK_TEXT(root->ns, "u&v");
        CHECK_TEXT(xml_attr(root->first, "c"), "&&#38;\n\t");
        CHECK_TEXT(
            xml_inner(arena, root, 1000), "<b xmlns=\"u&amp;v\" c=\"&amp;&amp;#38;&#10;&#9;\"/>");
    }
    arena_free(arena);
}

TEST(xml_inner_stands_alone)
{
    struct arena *arena = arena_new();
    const struct xml_in *root;

    CHECK(parse(arena, "<p xmlns='urn:p' xmlns:k='urn:k'>a&lt;<k:b k:c='&amp;\"'/><d>é</d></p>",
              &root) == 200);
    CHECK_TEXT(xml_inner(arena, root, 1000), "a&lt;<k:b xmlns:k=\"urn:k\" k:c=\"&amp;&quot;\"/>"
                                             "<d xmlns=\"urn:p\">é</d>");
    CHECK(xml_inner(arena, root, 10) == NULL);
    CHECK(parse(arena, "<D:p xmlns:D='DAV:'><q><r xmlns='urn:r'><q xmlns=''/></r></q></D:p>",
              &root) == 200);
    CHECK_TEXT(xml_inner(arena, root, 1000), "<q><r xmlns=\"urn:r\"><q xmlns=\"\"/></r></q>");
    CHECK(parse(arena, "<p/>", &root) == 200);
    CHECK_TEXT(xml_inner(arena, root, 1000), "");
    arena_free(arena);
}

TEST(xml_inner_can_be_read_again)
{
    struct arena *arena = arena_new();
    const struct xml_in *root, *again;
    const char *once;

    CHECK(parse(arena, "<a xmlns:x='urn:1'><x:b><x:c xmlns:x='urn:2' x:d='1'>t</x:c></x:b></a>",
              &root) == 200);
    once = xml_inner(arena, root, 1000);
    CHECK(parse(arena, arena_printf(arena, "<a>%s</a>", once), &again) == 200);
    CHECK(xml_is(again->first, "urn:1", "b"));
    CHECK(xml_is(again->first->first, "urn:2", "c"));
    CHECK_TEXT(xml_inner(arena, again, 1000), once);
    arena_free(arena);
}

TEST(C01_to_C06_a_document_type_is_refused)
{
    CHECK(status("<!DOCTYPE x><x/>") == 400);
    CHECK(status("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>") == 400);
    CHECK(status("<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>") == 400);
    CHECK(status("<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'><x/>") == 400);
    CHECK(status("<x>&unknown;</x>") == 400);
    CHECK(status(
              "<x xmlns:i='http://www.w3.org/2001/XInclude'><i:include href='/etc/passwd'/></x>") ==
          200);
    CHECK(status("<?xml-stylesheet href='http://127.0.0.1:1/'?><x/>") == 200);
}

TEST(C07_depth_ends_at_32)
{
    struct arena *arena = arena_new();

    CHECK(status(repeated(arena, repeated(arena, "", "<a>", 32, ""), "</a>", 32, "")) == 200);
    CHECK(status(repeated(arena, repeated(arena, "", "<a>", 33, ""), "</a>", 33, "")) == 400);
    CHECK(status(repeated(arena, "", "<a>", 1000000, "")) == 400);
    arena_free(arena);
}

TEST(C08_C09_attributes_end_at_64)
{
    struct arena *arena = arena_new();
    struct buf few = buf_new(arena, KB(8)), many = buf_new(arena, KB(8));
    struct buf spaces = buf_new(arena, KB(8)), huge = buf_new(arena, MB(2));

    buf_text(&few, "<a");
    buf_text(&many, "<a");
    buf_text(&spaces, "<a");
    buf_text(&huge, "<a");
    for (int i = 0; i < 65; i++) {
        buf_printf(&many, " b%d=''", i);
        buf_printf(&spaces, " xmlns:b%d='urn:%d'", i, i);
        if (i < 64)
            buf_printf(&few, " b%d=''", i);
    }
    for (int i = 0; i < 50000; i++)
        buf_printf(&huge, " b%d='>'", i);
    buf_text(&few, "/>");
    buf_text(&many, "/>");
    buf_text(&spaces, "/>");
    buf_text(&huge, "/>");
    CHECK(status(buf_string(&few)) == 200);
    CHECK(status(buf_string(&many)) == 400);
    CHECK(status(buf_string(&spaces)) == 400);
    CHECK(status(buf_string(&huge)) == 400);
    arena_free(arena);
}

TEST(C10_elements_end_at_20000)
{
    struct arena *arena = arena_new();

    CHECK(status(repeated(arena, "<a>", "<b/>", 19999, "</a>")) == 200);
    CHECK(status(repeated(arena, "<a>", "<b/>", 20000, "</a>")) == 400);
    arena_free(arena);
}

TEST(C11_encodings)
{
    struct arena *arena = arena_new();
    const struct xml_in *root;
    const char little[] = "\xFF\xFE<\0a\0>\0\xE4\0<\0/\0a\0>",
               big[] = "\0<\0a\0>\xD8\x3D\xDE\0\0<\0/\0a\0>";

    CHECK(status("<?xml version=\"1.0\" encoding=\"utf-8\"?><a>\xC3\xA4</a>") == 200);
    CHECK(status("\xEF\xBB\xBF<a/>") == 200);
    CHECK(parse_bytes(arena, little, sizeof little, &root) == 200);
    CHECK_TEXT(root->text, "\xC3\xA4");
    CHECK(parse_bytes(arena, big, sizeof big - 1, &root) == 200);
    CHECK_TEXT(root->text, "\xF0\x9F\x98\x80");
    CHECK(parse_bytes(arena, little, sizeof little - 1, &root) == 400);
    CHECK(parse_bytes(arena, "\xFF\xFE<\0a\0>\0\0\xD8<\0/\0a\0>", 19, &root) == 400);
    CHECK(status("<?xml version='1.0' encoding='utf-7'?><a/>") == 415);
    CHECK(status("<?xml version='1.0' encoding='x'?><a/>") == 415);
    CHECK(status("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>") == 415);
    CHECK(status("\x4C\x6F\xA7\x94\x93") == 400);
    CHECK(parse_bytes(arena, "<a>\0</a>", 8, &root) == 400);
    CHECK(status("<a>\xC0\xAF</a>") == 400);
    CHECK(status("<a>\xED\xA0\x80</a>") == 400);
    CHECK(status("<a>\x01</a>") == 400);
    arena_free(arena);
}

TEST(C13_what_is_not_well_formed)
{
    CHECK(status("") == 400);
    CHECK(status("<") == 400);
    CHECK(status("x") == 400);
    CHECK(status("<a/><b/>") == 400);
    CHECK(status("<a></b>") == 400);
    CHECK(status("<a>") == 400);
    CHECK(status("<D:a/>") == 400);
    CHECK(status("<a D:b=''/>") == 400);
    CHECK(status("<a b='1' b='2'/>") == 400);
    CHECK(status("<a xmlns:x=''/>") == 400);
    CHECK(status("<a xmlns='bar'/>") == 200);
}

TEST(xml_in_a_comment_or_cdata_may_be_long)
{
    struct arena *arena = arena_new();
    const struct xml_in *root;

    CHECK(status(repeated(arena, "<a><!--", "x", 20000, "--></a>")) == 200);
    CHECK(parse(arena, repeated(arena, "<a><![CDATA[", "<", 20000, "]]></a>"), &root) == 200);
    CHECK(strlen(root->text) == 20000);
    CHECK(status(repeated(arena, "<a b='", "x", 9000, "'/>")) == 400);
    arena_free(arena);
}
