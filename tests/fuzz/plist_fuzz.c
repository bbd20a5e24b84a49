#include <string.h>

#include "base/text.h"
#include "html/out.h"
#include "html/plist.h"
#include "tests/fuzz/fuzz.h"
#include "webdav/xml.h"

/* Whatever text goes in, it is read back as it was, or as "?", and nothing else comes out. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    static const struct xml_limits limits = { .depth = 8, .attributes = 8, .elements = 100 };
    const char *text = fuzz_text(arena, data, n);
    struct out *o = out_new(arena, 1 << 22);
    const struct xml_in *root, *value;

    if (n > 1 << 16)
        return;
    plist_begin(o);
    plist_dict(o, NULL);
    plist_text(o, text, text);
    plist_dict_end(o);
    plist_end(o);
    MUST(!out_failed(o) && out_memory(o) != NULL);
    const char *body = strstr(out_memory(o), "<plist"); /* our parser takes no DTD */
    MUST(xml_parse(arena, body, strlen(body), &limits, &root) == NULL);
    MUST(xml_is(root, "", "plist") && root->first != NULL && root->first->next == NULL);
    value = root->first->first->next;
    MUST(xml_is(value, "", "string") && value->next == NULL && value->first == NULL);
    if (!text_is_xml(text, strlen(text)))
        MUST(strcmp(value->text, "?") == 0);
    else if (strchr(text, '\r') == NULL) /* which XML reads as the end of a line */
        MUST(strcmp(value->text, text) == 0);
}
