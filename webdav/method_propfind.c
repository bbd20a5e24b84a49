#include "webdav/conditions.h"
#include "webdav/members.h"
#include "webdav/multistatus.h"
#include "webdav/property.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

static fallible
write_members(struct request *rq, struct xml_out *x, const struct prop_request *want,
    const struct dav_node *node)
{
    struct members members = { .first = true };
    struct dav_list page;

    do {
        TRY(members_next(rq, node, &members, &page));
        TRY(prop_write_nodes(rq, x, want, page.node, page.n));
    } while (members.more);
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
