#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "html/out.h"
#include "http/app.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/property.h"
#include "webdav/report.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* expand-property (RFC 3253, 3.8): properties that hold addresses are followed by what is there. */

/* So many nodes are looked up in one report, and so large is one property. */
enum { NODES_MAX = 500 };
#define PROPERTY_MAX MB(1)

struct expansion {
    struct xml_out *x;
    int nodes;
};

static fallible expand_node(
    struct request *, struct expansion *, const struct dav_node *, const struct xml_in *wanted);

/* One property as it would be written, read again; NULL when the node does not have it. */
static fallible
read_property(struct request *rq, const struct dav_node *node, const struct prop_name *name,
    const struct xml_in **value)
{
    const struct config *c = rq->app->config;
    const struct xml_limits limits = { (int)c->xml_depth, (int)c->xml_attributes,
        (int)c->xml_elements };
    const struct dav_property *live = prop_find(node, name->ns, name->name);
    struct out *out = out_new(rq->arena, PROPERTY_MAX);
    struct xml_out *x = xml_write(rq->arena, out);
    enum dav_got got = DAV_VALUE;

    *value = NULL;
    if (live == NULL || !(live->flags & (node->collection ? ON_COLLECTION : ON_MEMBER)))
        return NULL;
    xml_open(x, name->ns, name->name);
    TRY(live->get(rq, node, x, &got));
    if (got != DAV_VALUE)
        return NULL;
    xml_close(x);
    xml_end(x);
    if (out_failed(out) || out_memory(out) == NULL)
        return REFUSE(rq->arena, TOO_MANY_MATCHES);
    return xml_parse(rq->arena, out_memory(out), (size_t)out_length(out), &limits, value);
}

/* What an address in a property leads to; what may not be seen is left out. */
static fallible
follow(struct request *rq, struct expansion *to, const char *href, const struct xml_in *wanted)
{
    struct dav_node node;
    struct path path;
    struct error *e;

    if (++to->nodes > NODES_MAX)
        return REFUSE(rq->arena, TOO_MANY_MATCHES);
    e = address_path(rq, href, &path);
    if (e == NULL)
        e = dav_find(rq, &path, &node);
    if (e != NULL)
        return e->cond->status < 500 || e->cond == &BAD_GATEWAY ? NULL : e;
    if (!node.exists || !(node.rights & MAY_READ))
        return NULL;
    return expand_node(rq, to, &node, wanted);
}

static struct prop_name
name_of(const struct xml_in *property)
{
    const char *ns = xml_attr(property, "namespace"), *name = xml_attr(property, "name");

    return (struct prop_name){ ns != NULL ? ns : NS_DAV, name != NULL ? name : "" };
}

static fallible
write_property(struct request *rq, struct expansion *to, const struct xml_in *value,
    const struct xml_in *wanted)
{
    xml_open(to->x, value->ns, value->name);
    if (wanted->first == NULL)
        xml_raw(to->x, xml_inner(rq->arena, value, PROPERTY_MAX));
    for (const struct xml_in *e = value->first; wanted->first != NULL && e != NULL; e = e->next)
        if (xml_is(e, NS_DAV, "href"))
            TRY(follow(rq, to, e->text, wanted));
    xml_close(to->x);
    return NULL;
}

static fallible
expand_node(struct request *rq, struct expansion *to, const struct dav_node *node,
    const struct xml_in *wanted)
{
    struct xml_out *x = to->x;
    const struct xml_in *value;
    bool missing = false;

    xml_open(x, NS_DAV, "response");
    xml_href(x, node->href);
    xml_open(x, NS_DAV, "propstat");
    xml_open(x, NS_DAV, "prop");
    for (const struct xml_in *p = wanted->first; p != NULL; p = p->next) {
        struct prop_name name = name_of(p);

        TRY(read_property(rq, node, &name, &value));
        missing = missing || value == NULL;
        if (value != NULL)
            TRY(write_property(rq, to, value, p));
    }
    xml_close(x);
    multistatus_status(x, 200);
    xml_close(x);
    if (missing) {
        xml_open(x, NS_DAV, "propstat");
        xml_open(x, NS_DAV, "prop");
        for (const struct xml_in *p = wanted->first; p != NULL; p = p->next) {
            struct prop_name name = name_of(p);

            TRY(read_property(rq, node, &name, &value));
            if (value == NULL)
                xml_leaf(x, name.ns, name.name, NULL);
        }
        xml_close(x);
        multistatus_status(x, 404);
        xml_close(x);
    }
    xml_close(x);
    return NULL;
}

/* Names become element names of the answer: what is no name is refused. */
static bool
names_are_good(const struct xml_in *wanted)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (const struct xml_in *p = wanted->first; p != NULL; p = p->next) {
        struct prop_name name = name_of(p);

        if (!xml_is(p, NS_DAV, "property") || strspn(name.name, letters) == 0 ||
            name.name[strspn(name.name, "-_.0123456789abcdefghijklmnopqrstuvwxyz"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0' ||
            !names_are_good(p))
            return false;
    }
    return true;
}

fallible
report_expand(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    struct expansion to = { .nodes = 0 };

    if (!names_are_good(root))
        return REFUSE(rq->arena, BAD_REQUEST);
    to.x = multistatus_begin(rq, rs);
    TRY(expand_node(rq, &to, node, root));
    multistatus_end(to.x);
    return NULL;
}
