#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "html/out.h"
#include "webdav/members.h"
#include "webdav/serve.h"

/*
 * A folder's members, one a line: for people who look, and for clients that want
 * 200 of a folder before they save into it (cl-F11).
 */
static fallible
list_members(struct request *rq, const struct dav_node *node, struct response *rs)
{
    struct out *out = response_text(rs, "text/plain; charset=utf-8");
    struct members members = { .first = true };
    struct dav_list page;

    response_status(rs, 200);
    if (node->kind->children == NULL)
        return NULL;
    do {
        TRY(members_next(rq, node, &members, &page));
        for (int i = 0; i < page.n; i++) {
            const struct dav_node *member = &page.node[i];

            if (!(member->rights & MAY_READ))
                continue;
            out_raw(out, member->name, strlen(member->name));
            out_raw(out, "/\n", member->collection ? 2 : 0);
            out_raw(out, "\n", member->collection ? 0 : 1);
        }
    } while (members.more);
    return NULL;
}

fallible
method_get(struct request *rq, struct dav_state *s, struct response *rs)
{
    const struct dav_node *node = &s->node;

    response_modified(rs, node->modified);
    response_cache(rs, "private, no-cache");
    if (node->etag != NULL)
        response_etag(rs, node->etag);
    if (node->kind->vary != NULL)
        response_header(rs, "Vary", node->kind->vary);
    if (node->kind->read == NULL)
        return list_members(rq, node, rs);
    return node->kind->read(rq, node, rs);
}
