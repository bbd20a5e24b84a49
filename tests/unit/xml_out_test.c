#include "webdav/xml.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "html/out.h"
#include "tests/check.h"

#define HEAD                                                                                       \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:a xmlns:D=\"DAV:\""                            \
    " xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CR=\"urn:ietf:params:xml:ns:carddav\""       \
    " xmlns:CS=\"http://calendarserver.org/ns/\" xmlns:A=\"http://apple.com/ns/ical/\""

TEST(xml_out_declares_and_escapes)
{
    struct arena *arena = arena_new();
    struct out *out = out_new(arena, MB(1));
    struct xml_out *x = xml_write(arena, out);

    xml_open(x, NS_DAV, "a");
    xml_leaf(x, NS_CALDAV, "b", "1 < 2 & \"3\" > \r\n");
    xml_open(x, "urn:x\"", "c");
    xml_attribute(x, "d", "\"<\n");
    xml_close(x);
    xml_leaf(x, "", "e", NULL);
    xml_leaf(x, NS_DAV, "f", "");
    xml_close(x);
    xml_end(x);
    CHECK_TEXT(out_memory(out),
        HEAD "><C:b>1 &lt; 2 &amp; \"3\" &gt; &#13;\n</C:b>"
             "<x:c xmlns:x=\"urn:x&quot;\" d=\"&quot;&lt;&#10;\"/><e/><D:f/></D:a>\n");
    arena_free(arena);
}

TEST(xml_out_replaces_what_xml_cannot_carry)
{
    struct arena *arena = arena_new();
    struct out *out = out_new(arena, MB(1));
    struct xml_out *x = xml_write(arena, out);

    xml_open(x, NS_DAV, "a");
    xml_text(x, "\x01<\xC3\xA4\xFF\xF0\x9F");
    xml_close(x);
    xml_end(x);
    CHECK_TEXT(out_memory(out),
        HEAD ">\xEF\xBF\xBD&lt;\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD</D:a>\n");
    arena_free(arena);
}

/* Characters of two, three and four bytes, so many that they are not looked at together. */
TEST(xml_out_carries_long_runs_beyond_ascii)
{
    struct arena *arena = arena_new();
    struct out *out = out_new(arena, MB(1));
    struct xml_out *x = xml_write(arena, out);
    struct buf text = buf_new(arena, KB(64)), right = buf_new(arena, KB(64));

    buf_text(&right, HEAD ">");
    for (int i = 0; i < 500; i++) {
        static const char *const some[] = { "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80" };
        buf_text(&text, some[i * 7 % 11 % 3]);
        buf_text(&right, some[i * 7 % 11 % 3]);
        if (i % 97 == 96) { /* U+FFFF is no character of XML: one sign for each of its bytes */
            buf_text(&text, "\xEF\xBF\xBF");
            buf_text(&right, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
        }
    }
    buf_text(&right, "</D:a>\n");
    xml_open(x, NS_DAV, "a");
    xml_text(x, buf_string(&text));
    xml_close(x);
    xml_end(x);
    CHECK_TEXT(out_memory(out), buf_string(&right));
    arena_free(arena);
}

TEST(xml_out_takes_back_to_a_mark)
{
    struct arena *arena = arena_new();
    struct out *out = out_new(arena, MB(1));
    struct xml_out *x = xml_write(arena, out);
    struct xml_mark mark;

    xml_open(x, NS_DAV, "a");
    mark = xml_mark(x);
    xml_open(x, NS_DAV, "gone");
    xml_open(x, NS_DAV, "too");
    xml_rewind(x, mark);
    xml_leaf(x, NS_DAV, "kept", NULL);
    xml_flush(x);
    xml_close(x);
    xml_end(x);
    CHECK_TEXT(out_memory(out), HEAD "><D:kept/></D:a>\n");
    arena_free(arena);
}

TEST(xml_out_is_read_by_xml_in)
{
    static const struct xml_limits limits = { .depth = 32, .attributes = 64, .elements = 1000 };
    static const char nasty[] = "]]> <D:href> &amp; \xF0\x9F\x98\x80 \t";
    struct arena *arena = arena_new();
    struct out *out = out_new(arena, MB(1));
    struct xml_out *x = xml_write(arena, out);
    const struct xml_in *root = NULL;

    xml_open(x, NS_DAV, "a");
    xml_open(x, "urn:é<&>", "b");
    xml_attribute(x, "c", nasty);
    xml_text(x, nasty);
    xml_close(x);
    xml_close(x);
    xml_end(x);
    CHECK(xml_parse(arena, out_memory(out), (size_t)out_length(out), &limits, &root) == NULL);
    CHECK(xml_is(root->first, "urn:é<&>", "b"));
    CHECK_TEXT(root->first->text, nasty);
    CHECK_TEXT(xml_attr(root->first, "c"), nasty);
    arena_free(arena);
}
