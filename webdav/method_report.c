#include <string.h>

#include "webdav/conditions.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

const struct dav_report reports_common[] = {
    { NS_DAV, "sync-collection", report_sync },
    { NS_DAV, "expand-property", report_expand },
    { NS_DAV, "principal-match", report_principal_match },
    { NS_DAV, "principal-property-search", report_principal_search },
    { NS_DAV, "principal-search-property-set", report_search_properties },
    { NULL, NULL, NULL },
};

bool
report_applies(const struct dav_report *r, const struct dav_node *node)
{
    if (r->run == report_sync)
        return node->kind->changes != NULL;
    return r->run == report_expand || node->collection;
}

static const struct dav_report *
find_in(const struct dav_report *table, const struct xml_in *root)
{
    for (const struct dav_report *r = table; r != NULL && r->name != NULL; r++)
        if (xml_is(root, r->ns, r->name))
            return r;
    return NULL;
}

fallible
method_report(struct request *rq, struct dav_state *s, struct response *rs)
{
    const struct xml_in *root = s->body;
    const struct dav_report *r;

    if (root == NULL)
        return REFUSE(rq->arena, BAD_REQUEST);
    r = find_in(s->node.kind->reports, root);
    if (r == NULL) {
        r = find_in(reports_common, root);
        if (r != NULL && !report_applies(r, &s->node))
            r = NULL;
    }
    return r != NULL ? r->run(rq, &s->node, root, rs) : REFUSE(rq->arena, SUPPORTED_REPORT);
}
