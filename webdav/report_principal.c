#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/text.h"
#include "http/request.h"
#include "webdav/conditions.h"
#include "webdav/members.h"
#include "webdav/multistatus.h"
#include "webdav/principal.h"
#include "webdav/property.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* principal-match (RFC 3744, 9.3): what below here am I, or is mine? */

/* So many nodes are looked at, so deep. */
enum { NODES_MAX = 5000, LEVELS_MAX = 32 };

fallible
report_principals_begin(struct request *rq, const struct xml_in *root, struct prop_request *want)
{
    const struct dav_state *s = dav_state(rq);

    if (s->depth_named && s->depth != DEPTH_0)
        return REFUSE(rq->arena, BAD_REQUEST); /* RFC 3744, 9.3 to 9.5 */
    *want = (struct prop_request){ .mode = PROP_NAMED, .minimal = s->minimal };
    return prop_read_names(rq, xml_child(root, NS_DAV, "prop"), want);
}

struct match {
    struct xml_out *x;
    struct prop_request want;     /* of what matches */
    struct prop_request property; /* the one that names a principal */
    struct principal_selves selves;
    int looked_at;
};

/* <self/>: principals stand for her, or have her among their members. */
static fallible
write_selves(struct request *rq, const struct dav_node *top, const struct match *m)
{
    struct dav_node node;
    struct path path;

    for (int i = 0; i < m->selves.n; i++) {
        if (!text_starts(m->selves.href[i], top->href))
            continue;
        TRY(address_path(rq, m->selves.href[i], &path));
        TRY(dav_find(rq, &path, &node));
        TRY(prop_write_nodes(rq, m->x, &m->want, &node, 1));
    }
    return NULL;
}

static bool
names_self(const struct xml_in *value, const struct principal_selves *selves)
{
    for (const struct xml_in *e = value->first; e != NULL; e = e->next)
        if ((xml_is(e, NS_DAV, "href") && principal_among(selves, e->text)) ||
            names_self(e, selves))
            return true;
    return false;
}

static fallible
look_below(struct request *rq, const struct dav_node *node, struct match *m, int level)
{
    struct members members = { .first = true };
    const struct xml_in *value;
    struct dav_list page;

    do {
        TRY(members_next(rq, node, &members, &page));
        for (int i = 0; i < page.n; i++) {
            const struct dav_node *member = &page.node[i];

            if (!(member->rights & MAY_READ))
                continue;
            if (++m->looked_at > NODES_MAX || level == LEVELS_MAX)
                return REFUSE(rq->arena, TOO_MANY_MATCHES);
            TRY(prop_read_values(rq, member, &m->property, &value));
            if (value != NULL && names_self(value, &m->selves))
                TRY(prop_write_nodes(rq, m->x, &m->want, member, 1));
            if (member->collection && member->kind->children != NULL)
                TRY(look_below(rq, member, m, level + 1));
        }
    } while (members.more);
    return NULL;
}

fallible
report_principal_match(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    const struct xml_in *property = xml_child(root, NS_DAV, "principal-property");
    struct match m = { .looked_at = 0 };

    TRY(report_principals_begin(rq, root, &m.want));
    TRY(principal_selves(rq, &m.selves));
    m.x = multistatus_begin(rq, rs);
    if (xml_child(root, NS_DAV, "self") != NULL)
        TRY(write_selves(rq, node, &m));
    if (property != NULL) {
        TRY(prop_read_names(rq, property, &m.property));
        if (m.property.n != 1)
            return REFUSE(rq->arena, BAD_REQUEST);
        TRY(look_below(rq, node, &m, 0));
    }
    multistatus_end(m.x);
    return NULL;
}
