#include <string.h>

#include "html/out.h"
#include "tests/fuzz/fuzz.h"
#include "webdav/xml.h"

static const struct xml_limits limits = { .depth = 32, .attributes = 64, .elements = 2000 };

static int
depth(const struct xml_in *x)
{
    int most = 0;

    for (const struct xml_in *c = x->first; c != NULL; c = c->next) {
        int d = depth(c);
        most = d > most ? d : most;
    }
    return most + 1;
}

static bool
same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The root is written anew, without its attributes. */
static bool
same(const struct xml_in *a, const struct xml_in *b, bool root)
{
    if (!same_text(a->ns, b->ns) || !same_text(a->name, b->name) || !same_text(a->text, b->text))
        return false;
    if (!root && !same_text(xml_attr(a, "b"), xml_attr(b, "b")))
        return false;
    for (a = a->first, b = b->first; a != NULL && b != NULL; a = a->next, b = b->next)
        if (!same(a, b, false))
            return false;
    return a == b;
}

/* A document that is taken keeps the limits, and what a dead property keeps of it is read back. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const struct xml_in *root = NULL, *again = NULL;
    struct xml_limits wider = { .depth = 40, .attributes = 1000, .elements = 4000 };

    if (xml_parse(arena, (const char *)data, n, &limits, &root) != NULL || root == NULL)
        return;
    MUST(depth(root) <= limits.depth);
    const char *inner = xml_inner(arena, root, 1 << 20);
    if (inner == NULL)
        return;
    struct out *o = out_new(arena, 4 << 20);
    struct xml_out *x = xml_write(arena, o);
    xml_open(x, root->ns, root->name);
    xml_raw(x, inner);
    xml_close(x);
    xml_end(x);
    MUST(!out_failed(o));
    MUST(xml_parse(arena, out_memory(o), (size_t)out_length(o), &wider, &again) == NULL);
    MUST(again != NULL && same(root, again, true));
}
