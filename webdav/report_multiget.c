#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "webdav/multistatus.h"
#include "webdav/property.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* So many are looked for at a time: their memory is that of all. */
enum { TOGETHER = 500 };

/* An address that was asked for, as it came; name NULL: it is no member of the collection. */
struct asked {
    const char *href, *name;
};

/* The name in the collection that an address leads to: written in whichever way, absolute or not.
 */
static const char *
name_in(struct request *rq, const struct dav_node *node, const char *href)
{
    const struct path *of = &dav_state(rq)->path;
    struct path path;

    if (address_path(rq, href, &path) != NULL || path.n != of->n + node->collection || path.slash)
        return NULL;
    for (int i = 0; i < of->n - !node->collection; i++)
        if (strcmp(path.part[i], of->part[i]) != 0)
            return NULL;
    return path.part[path.n - 1];
}

static int
by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The answer of those of n names that are there, and 404 of the others. Each is answered once,
 * however often it was asked for. */
static fallible
write_some(struct request *rq, struct xml_out *x, const struct prop_request *want,
    const struct dav_node *node, const struct asked *asked, int n)
{
    const char **name = NEW_ARRAY(rq->arena, const char *, (size_t)n + 1);
    struct dav_list list = { .n = 0 };
    int names = 0;

    for (int i = 0; i < n; i++)
        if (asked[i].name != NULL)
            name[names++] = asked[i].name;
    if (!node->collection && names > 0)
        list = (struct dav_list){ node, 1, NULL };
    else if (names > 0)
        TRY(node->kind->several(rq, node, name, names, &list));
    const char **there = NEW_ARRAY(rq->arena, const char *, (size_t)list.n + 1);
    names = 0;
    for (int i = 0; i < list.n; i++)
        if (list.node[i].rights & MAY_READ)
            there[names++] = text_nfc(rq->arena, list.node[i].name);
    if (names > 0)
        qsort(there, (size_t)names, sizeof *there, by_key);
    TRY(prop_write_nodes(rq, x, want, list.node, list.n));
    for (int i = 0; i < n; i++) {
        const char *key = asked[i].name == NULL ? NULL : text_nfc(rq->arena, asked[i].name);
        if (key == NULL || names == 0 ||
            bsearch(&key, there, (size_t)names, sizeof *there, by_key) == NULL)
            multistatus_response(x, asked[i].href, NOT_FOUND.status, NULL);
    }
    xml_flush(x);
    return NULL;
}

/* RFC 4791, 7.9; RFC 6352, 8.7. */
fallible
report_multiget(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    struct prop_request want = { .mode = PROP_NAMED, .minimal = dav_state(rq)->minimal };
    struct asked asked[TOGETHER];
    const struct xml_in *href = root->first;
    struct xml_out *x;

    TRY(prop_read_report(rq, root, &want));
    if (xml_child(root, NS_DAV, "href") == NULL)
        return REFUSE(rq->arena, BAD_REQUEST);
    x = multistatus_begin(rq, rs);
    while (href != NULL) {
        size_t mark = arena_mark(rq->arena);
        int n = 0;
        for (; href != NULL && n < TOGETHER; href = href->next)
            if (xml_is(href, NS_DAV, "href")) {
                const char *text = text_trim(rq->arena, href->text);
                asked[n++] = (struct asked){ text, name_in(rq, node, text) };
            }
        TRY(write_some(rq, x, &want, node, asked, n));
        arena_rewind(rq->arena, mark);
    }
    multistatus_end(x);
    return NULL;
}
