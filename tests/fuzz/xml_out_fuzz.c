#include <string.h>

#include "base/text.h"
#include "html/out.h"
#include "tests/fuzz/fuzz.h"
#include "webdav/xml.h"

/* A carriage return alone would be read as a line end, so the writer must have spelled it out. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    static const struct xml_limits limits = { .depth = 8, .attributes = 8, .elements = 8 };
    const char *text = fuzz_text(arena, data, n);
    const struct xml_in *root = NULL;
    struct out *o = out_new(arena, 4 << 20);
    struct xml_out *x = xml_write(arena, o);

    xml_open(x, NS_DAV, "a");
    if (strlen(text) < 1000) { /* a start tag has a length */
        xml_open(x, "urn:b", "b");
        xml_attribute(x, "c", text);
        xml_close(x);
    }
    xml_leaf(x, "", "d", text);
    xml_close(x);
    xml_end(x);
    MUST(!out_failed(o));
    MUST(xml_parse(arena, out_memory(o), (size_t)out_length(o), &limits, &root) == NULL);
    MUST(root->first != NULL);
    if (!text_is_xml(text, strlen(text)))
        return;
    const struct xml_in *leaf = xml_child(root, "", "d");
    MUST(leaf != NULL && strcmp(leaf->text, text) == 0);
    if (leaf != root->first)
        MUST(strcmp(xml_attr(root->first, "c"), text) == 0);
}
