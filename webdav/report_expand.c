#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "webdav/conditions.h"
#include "webdav/members.h"
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

/* What an address in a property leads to. What may not be seen is not there. */
static fallible
follow(struct request *rq, struct expansion *to, const char *href, const struct xml_in *wanted)
{
    struct dav_node node;
    struct path path;
    struct error *e = address_path(rq, href, &path);

    if (e == NULL)
        e = dav_find(rq, &path, &node);
    if (e != NULL && e->cond->status >= 500 && e->cond != &BAD_GATEWAY)
        return e;
    if (e == NULL && node.exists && (node.rights & MAY_READ))
        return expand_node(rq, to, &node, wanted);
    multistatus_response(to->x, href, 404, NULL);
    return NULL;
}

static struct prop_name
name_of(const struct xml_in *property)
{
    const char *ns = xml_attr(property, "namespace"), *name = xml_attr(property, "name");

    return (struct prop_name){ ns != NULL ? ns : NS_DAV, name != NULL ? name : "" };
}

static bool
holds_address(const struct xml_in *element)
{
    for (const struct xml_in *e = element->first; e != NULL; e = e->next)
        if (xml_is(e, NS_DAV, "href") || holds_address(e))
            return true;
    return false;
}

/* The value with each address in it, however deep, replaced by what is there. */
static fallible
write_value(struct request *rq, struct expansion *to, const struct xml_in *value,
    const struct xml_in *wanted)
{
    if (wanted->first == NULL || !holds_address(value)) {
        xml_raw(to->x, xml_inner(rq->arena, value, PROPERTY_MAX));
        return NULL;
    }
    for (const struct xml_in *e = value->first; e != NULL; e = e->next)
        if (xml_is(e, NS_DAV, "href")) {
            TRY(follow(rq, to, e->text, wanted));
        } else {
            xml_open(to->x, e->ns, e->name);
            TRY(write_value(rq, to, e, wanted));
            xml_close(to->x);
        }
    return NULL;
}

static fallible
read_wanted(struct request *rq, const struct xml_in *wanted, struct prop_request *want)
{
    struct prop_name *name;
    int n = 0;

    *want = (struct prop_request){ .mode = PROP_NAMED };
    for (const struct xml_in *p = wanted->first; p != NULL; p = p->next)
        n++;
    name = NEW_ARRAY(rq->arena, struct prop_name, (size_t)n + 1);
    n = 0;
    for (const struct xml_in *p = wanted->first; p != NULL; p = p->next)
        name[n++] = name_of(p);
    return prop_want(rq, name, n, want);
}

static fallible
write_found(struct request *rq, struct expansion *to, const struct xml_in *const *value,
    const struct xml_in *wanted)
{
    struct xml_out *x = to->x;

    xml_open(x, NS_DAV, "propstat");
    xml_open(x, NS_DAV, "prop");
    for (const struct xml_in *p = wanted->first; p != NULL; p = p->next, value++) {
        if (*value == NULL)
            continue;
        xml_open(x, (*value)->ns, (*value)->name);
        TRY(write_value(rq, to, *value, p));
        xml_close(x);
    }
    xml_close(x);
    multistatus_status(x, 200);
    xml_close(x);
    return NULL;
}

static fallible
expand_node(struct request *rq, struct expansion *to, const struct dav_node *node,
    const struct xml_in *wanted)
{
    struct prop_request want;
    const struct xml_in **value;

    if (++to->nodes > NODES_MAX)
        return REFUSE(rq->arena, TOO_MANY_MATCHES);
    TRY(read_wanted(rq, wanted, &want));
    value = NEW_ARRAY(rq->arena, const struct xml_in *, (size_t)want.n + 1);
    TRY(prop_read_values(rq, node, &want, value));
    xml_open(to->x, NS_DAV, "response");
    xml_href(to->x, node->href);
    TRY(write_found(rq, to, value, wanted));
    prop_write_missing(to->x, &want, DAV_ABSENT, 404);
    prop_write_missing(to->x, &want, DAV_HIDDEN, 403);
    xml_close(to->x);
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

static fallible
expand_members(struct request *rq, struct expansion *to, const struct dav_node *node,
    const struct xml_in *wanted)
{
    struct members members = { .first = true };
    struct dav_list page;

    do {
        TRY(members_next(rq, node, &members, &page));
        for (int i = 0; i < page.n; i++)
            if (page.node[i].rights & MAY_READ)
                TRY(expand_node(rq, to, &page.node[i], wanted));
        xml_flush(to->x);
    } while (members.more);
    return NULL;
}

/* Without a Depth it is 0 (RFC 3253, 3.6). */
fallible
report_expand(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    const struct dav_state *s = dav_state(rq);
    struct expansion to = { .nodes = 0 };

    if (!names_are_good(root) || (s->depth_named && s->depth == DEPTH_INFINITY))
        return REFUSE(rq->arena, BAD_REQUEST);
    to.x = multistatus_begin(rq, rs);
    TRY(expand_node(rq, &to, node, root));
    if (s->depth == DEPTH_1 && node->collection && node->kind->children != NULL)
        TRY(expand_members(rq, &to, node, root));
    multistatus_end(to.x);
    return NULL;
}
