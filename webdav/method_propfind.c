#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/property.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* Room for where a page of members ends: a name in normal form C. */
#define NAME_KEY_MAX KB(4)

/* Page by page, each thrown away when it is written: 50,000 members take the memory of one page. */
static fallible
write_members(struct request *rq, struct xml_out *x, const struct prop_request *want,
    const struct dav_node *node)
{
    char from[NAME_KEY_MAX];
    bool more = false;

    do {
        size_t mark = arena_mark(rq->arena);
        struct dav_list page = { .next = NULL };

        TRY(node->kind->children(rq, node, more ? from : NULL, &page));
        TRY(prop_write_nodes(rq, x, want, page.node, page.n));
        more = page.next != NULL;
        if (more) {
            assert(strlen(page.next) < sizeof from);
            memcpy(from, page.next, strlen(page.next) + 1);
        }
        arena_rewind(rq->arena, mark);
    } while (more);
    return NULL;
}

fallible
method_propfind(struct request *rq, struct dav_state *s, struct response *rs)
{
    const struct dav_node *node = &s->node;
    struct prop_request want;
    struct xml_out *x;

    if (node->collection && s->depth == DEPTH_INFINITY)
        return REFUSE(rq->arena, FINITE_DEPTH);
    TRY(prop_read_propfind(rq, s->body, &want));
    if (s->minimal)
        response_header(rs, "Preference-Applied", "return=minimal");
    x = multistatus_begin(rq, rs);
    if (!(s->without_root && s->depth == DEPTH_1))
        TRY(prop_write_nodes(rq, x, &want, node, 1));
    if (node->collection && s->depth == DEPTH_1 && node->kind->children != NULL)
        TRY(write_members(rq, x, &want, node));
    multistatus_end(x);
    return NULL;
}
