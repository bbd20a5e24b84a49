#include "webdav/property.h"

#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "html/out.h"
#include "http/app.h"
#include "http/request.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/principal.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/*
 * More names in one request than any client asks for, and so many nodes are
 * prepared at a time: bounds of what a request can blow its answer up to.
 */
enum { NAMES_MAX = 256, BATCH = 100 };
/* So many bytes of contents, if more than one node has them. */
#define BATCH_BYTES MB(8)
/* So large is one property that is looked into. */
#define VALUE_MAX MB(1)

/* Names that a request may ask of one node: as many as its XML may have. */
static int
most_names(struct request *rq)
{
    bool one_node = rq->method == PROPFIND && dav_state(rq)->depth == DEPTH_0;

    return one_node ? (int)rq->app->config->xml_elements : NAMES_MAX;
}

static const struct dav_property *
find_in(const struct dav_property *table, const char *ns, const char *name)
{
    for (const struct dav_property *p = table; p != NULL && p->name != NULL; p++)
        if (strcmp(p->name, name) == 0 && strcmp(p->ns, ns) == 0)
            return p;
    return NULL;
}

/* ---- reading what is wanted ---- */

/* That property of what a request is about, or of its members. */
static const struct dav_property *
find_about(const struct dav_kind *kind, const struct xml_in *e)
{
    const struct dav_property *p = find_in(kind->properties, e->ns, e->name);

    return p != NULL || kind->member == NULL ? p
                                             : find_in(kind->member->properties, e->ns, e->name);
}

/* Has those read that are asked with more than their names. */
static fallible
ask(struct request *rq, const struct xml_in *prop, struct prop_request *want)
{
    const struct dav_node *node = &dav_state(rq)->node;
    int i = 0;

    want->asked = NEW_ARRAY(rq->arena, void *, (size_t)want->n + 1);
    for (const struct xml_in *e = prop->first; e != NULL; e = e->next, i++) {
        const struct dav_property *p = node->kind == NULL ? NULL : find_about(node->kind, e);

        if (p != NULL && p->ask != NULL)
            TRY(p->ask(rq, node, e, &want->asked[i]));
    }
    return NULL;
}

fallible
prop_want(struct request *rq, const struct prop_name *name, int n, struct prop_request *want)
{
    if (n > most_names(rq))
        return REFUSE(rq->arena, BAD_REQUEST);
    want->got = arena_alloc(rq->arena, (size_t)n + 1);
    want->live = NEW_ARRAY(rq->arena, const struct dav_property *, (size_t)n + 1);
    want->live_of = NEW(rq->arena, const struct dav_kind *);
    want->name = name;
    want->n = n;
    return NULL;
}

fallible
prop_read_names(struct request *rq, const struct xml_in *prop, struct prop_request *want)
{
    struct prop_name *name;
    int n = 0;

    want->name = NULL;
    want->n = 0;
    if (prop == NULL)
        return NULL;
    for (const struct xml_in *e = prop->first; e != NULL; e = e->next)
        n++;
    name = NEW_ARRAY(rq->arena, struct prop_name, (size_t)n + 1);
    n = 0;
    for (const struct xml_in *e = prop->first; e != NULL; e = e->next)
        name[n++] = (struct prop_name){ e->ns, e->name };
    TRY(prop_want(rq, name, n, want));
    return ask(rq, prop, want);
}

fallible
prop_read_report(struct request *rq, const struct xml_in *root, struct prop_request *want)
{
    *want = (struct prop_request){ .mode = PROP_NAMED, .minimal = dav_state(rq)->minimal };
    if (xml_child(root, NS_DAV, "allprop") != NULL)
        want->mode = PROP_ALL;
    else if (xml_child(root, NS_DAV, "propname") != NULL)
        want->mode = PROP_NAMES;
    return prop_read_names(rq, xml_child(root, NS_DAV, "prop"), want);
}

fallible
prop_read_propfind(struct request *rq, const struct xml_in *root, struct prop_request *want)
{
    const struct xml_in *prop = xml_child(root, NS_DAV, "prop");

    *want = (struct prop_request){ .mode = PROP_ALL, .minimal = dav_state(rq)->minimal };
    if (root == NULL)
        return NULL;
    if (!xml_is(root, NS_DAV, "propfind"))
        return REFUSE(rq->arena, BAD_REQUEST);
    if ((prop != NULL) + (xml_child(root, NS_DAV, "allprop") != NULL) +
            (xml_child(root, NS_DAV, "propname") != NULL) !=
        1)
        return REFUSE(rq->arena, BAD_REQUEST);
    if (prop == NULL && xml_child(root, NS_DAV, "propname") == NULL)
        return prop_read_names(rq, xml_child(root, NS_DAV, "include"), want);
    want->mode = prop != NULL ? PROP_NAMED : PROP_NAMES;
    return prop_read_names(rq, prop, want);
}

/* ---- finding a property ---- */

static bool
applies(const struct dav_property *p, const struct dav_node *node)
{
    return p->flags & (node->collection ? ON_COLLECTION : ON_MEMBER);
}

const struct dav_property *
prop_find(const struct dav_node *node, const char *ns, const char *name)
{
    const struct dav_property *own = find_in(node->kind->properties, ns, name);

    if (principal_is(node))
        for (const struct dav_mount *const *m = dav_mounts; own == NULL && *m != NULL; m++)
            own = find_in((*m)->principal_properties, ns, name);
    return own != NULL ? own : find_in(props_common, ns, name);
}

/* ---- writing one node ---- */

/* Writes one property; what it turns out not to have is taken back. */
static fallible
write_live(struct request *rq, struct xml_out *x, const struct dav_node *node,
    const struct dav_property *p, enum dav_got *got)
{
    struct xml_mark mark = xml_mark(x);

    *got = DAV_VALUE;
    xml_open(x, p->ns, p->name);
    TRY(p->get(rq, node, x, got));
    if (*got == DAV_VALUE)
        xml_close(x);
    else
        xml_rewind(x, mark);
    return NULL;
}

static fallible
write_named(struct request *rq, struct xml_out *x, const struct dav_node *node,
    const struct prop_name *name, const struct dav_property *live, void *asked, enum dav_got *got)
{
    const struct dead_property *dead;

    dav_state(rq)->asked = asked;
    if (live != NULL && applies(live, node))
        return write_live(rq, x, node, live, got);
    *got = DAV_ABSENT;
    if (live != NULL)
        return NULL;
    dead = dead_find(dav_state(rq)->batch, node->id, name->ns, name->name);
    if (dead == NULL)
        return NULL;
    *got = DAV_VALUE;
    xml_open(x, dead->ns, dead->name);
    dead_write(x, dead);
    xml_close(x);
    return NULL;
}

void
prop_write_missing(
    struct xml_out *x, const struct prop_request *want, enum dav_got which, int status)
{
    bool any = false;

    for (int i = 0; i < want->n; i++) {
        if (want->got[i] != which)
            continue;
        if (!any) {
            xml_open(x, NS_DAV, "propstat");
            xml_open(x, NS_DAV, "prop");
        }
        any = true;
        xml_leaf(x, want->name[i].ns, want->name[i].name, NULL);
    }
    if (!any)
        return;
    xml_close(x);
    multistatus_status(x, status);
    xml_close(x);
}

/* The live properties of a table for allprop (with values) and propname (without). */
static fallible
write_table(struct request *rq, struct xml_out *x, const struct dav_node *node,
    const struct dav_property *table, bool names_only)
{
    enum dav_got got;

    for (const struct dav_property *p = table; p != NULL && p->name != NULL; p++) {
        if (!applies(p, node) || p->ask != NULL || (!names_only && !(p->flags & IN_ALLPROP)))
            continue;
        if (table == props_common && find_in(node->kind->properties, p->ns, p->name) != NULL)
            continue;
        struct xml_mark mark = xml_mark(x);

        TRY(write_live(rq, x, node, p, &got));
        if (got == DAV_VALUE && names_only) {
            xml_rewind(x, mark);
            xml_leaf(x, p->ns, p->name, NULL);
        }
    }
    return NULL;
}

/* Dead ones that these RFCs want told by name alone, such as calendar-description (RFC 4791, 5.2;
 * 6352, 6.2). */
static bool
only_by_name(const char *ns)
{
    return strcmp(ns, NS_CALDAV) == 0 || strcmp(ns, NS_CARDDAV) == 0;
}

static fallible
write_all(struct request *rq, struct xml_out *x, const struct dav_node *node, bool names_only)
{
    const struct dav_batch *batch = dav_state(rq)->batch;

    TRY(write_table(rq, x, node, props_common, names_only));
    TRY(write_table(rq, x, node, node->kind->properties, names_only));
    if (principal_is(node))
        for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
            TRY(write_table(rq, x, node, (*m)->principal_properties, names_only));
    for (int i = 0; i < batch->n_dead; i++) {
        const struct dead_property *p = &batch->dead[i];

        if (p->node != node->id || prop_find(node, p->ns, p->name) != NULL ||
            (!names_only && only_by_name(p->ns)))
            continue;
        xml_open(x, p->ns, p->name);
        if (!names_only)
            dead_write(x, p);
        xml_close(x);
    }
    return NULL;
}

/* A listing asks the same of ten thousand nodes: the names are looked up once for each kind. */
static void
look_up(const struct prop_request *want, const struct dav_node *node)
{
    if (want->n == 0 || *want->live_of == node->kind)
        return;
    for (int i = 0; i < want->n; i++)
        want->live[i] = prop_find(node, want->name[i].ns, want->name[i].name);
    *want->live_of = node->kind;
}

static void *
asked_of(const struct prop_request *want, int i)
{
    return want->asked == NULL ? NULL : want->asked[i];
}

/* Those asked for by name; notes of each how it came out. */
static fallible
write_wanted(struct request *rq, struct xml_out *x, const struct prop_request *want,
    const struct dav_node *node, bool *any)
{
    look_up(want, node);
    for (int i = 0; i < want->n; i++) {
        const struct dav_property *live = want->live[i];
        enum dav_got one = DAV_VALUE;

        /* allprop has written those already */
        if (want->mode != PROP_ALL || (live != NULL && !(live->flags & IN_ALLPROP)) ||
            (live == NULL && only_by_name(want->name[i].ns)))
            TRY(write_named(rq, x, node, &want->name[i], live, asked_of(want, i), &one));
        want->got[i] = (unsigned char)one;
        *any = *any || one == DAV_VALUE;
    }
    return NULL;
}

static fallible
write_node(struct request *rq, struct xml_out *x, const struct prop_request *want,
    const struct dav_node *node)
{
    bool any = want->mode != PROP_NAMED;
    struct xml_mark before;

    xml_open(x, NS_DAV, "response");
    xml_href(x, node->href);
    before = xml_mark(x);
    xml_open(x, NS_DAV, "propstat");
    xml_open(x, NS_DAV, "prop");
    if (want->mode != PROP_NAMED)
        TRY(write_all(rq, x, node, want->mode == PROP_NAMES));
    TRY(write_wanted(rq, x, want, node, &any));
    if (any || want->minimal || want->n == 0) {
        xml_close(x);
        multistatus_status(x, 200);
        xml_close(x);
    } else {
        xml_rewind(x, before);
    }
    if (!want->minimal)
        prop_write_missing(x, want, DAV_ABSENT, 404);
    prop_write_missing(x, want, DAV_HIDDEN, 403);
    xml_close(x);
    return NULL;
}

/* ---- writing many ---- */

static bool
wants(const struct prop_request *want, const char *name)
{
    if (want->mode != PROP_NAMED)
        return true;
    for (int i = 0; i < want->n; i++)
        if (strcmp(want->name[i].name, name) == 0)
            return true;
    return false;
}

/* A name that no live property answers alone: dead, or one that falls back on what is kept. */
static bool
wants_dead(const struct prop_request *want, const struct dav_node *node, int n)
{
    for (int k = 0; k < n; k++) {
        if (k > 0 && node[k].kind == node[k - 1].kind)
            continue;
        for (int i = 0; i < want->n; i++) {
            const struct dav_property *live =
                prop_find(&node[k], want->name[i].ns, want->name[i].name);

            if (live == NULL || (live->flags & STORED))
                return true;
        }
    }
    return want->mode != PROP_NAMED || wants(want, "displayname");
}

/* Fetches at once what the properties of all these nodes need. */
static fallible
prepare(struct request *rq, const struct prop_request *want, const struct dav_node *node, int n,
    struct dav_batch *batch)
{
    *batch = (struct dav_batch){ .stands = NEW(rq->arena, struct dav_stands) };
    if (wants(want, "lockdiscovery"))
        TRY(lock_load(rq, node, n, &batch->locks));
    for (int i = 0; i < want->n; i++) {
        const struct dav_property *p = prop_find(node, want->name[i].ns, want->name[i].name);

        if (p != NULL && p->prepare != NULL)
            TRY(p->prepare(rq, node, n, asked_of(want, i)));
    }
    if (!wants_dead(want, node, n))
        return NULL;
    if (want->mode == PROP_NAMED)
        return dead_load(rq, node, n, want->name, want->n, batch);
    return dead_load(rq, node, n, NULL, 0, batch);
}

static fallible
write_batch(struct request *rq, struct xml_out *x, const struct prop_request *want,
    const struct dav_node *node, int n)
{
    struct dav_state *s = dav_state(rq);
    struct dav_batch batch;

    TRY(prepare(rq, want, node, n, &batch));
    s->batch = &batch;
    for (int i = 0; i < n; i++)
        if (node[i].rights & MAY_READ)
            TRY(write_node(rq, x, want, &node[i]));
    s->batch = NULL;
    return NULL;
}

/* How many of the nodes are taken together, whose contents may be among what is wanted. */
static int
some_of(const struct prop_request *want, const struct dav_node *node, int n)
{
    int64_t bytes = 0;
    bool fetches = false;
    int some = 0;

    for (int i = 0; i < want->n && !fetches; i++) {
        const struct dav_property *p = prop_find(node, want->name[i].ns, want->name[i].name);
        fetches = p != NULL && p->prepare != NULL;
    }
    do
        bytes += fetches ? node[some].length : 0;
    while (
        ++some < n && some < BATCH && bytes + node[some].length * fetches <= (int64_t)BATCH_BYTES);
    return some;
}

fallible
prop_write_nodes(struct request *rq, struct xml_out *x, const struct prop_request *want,
    const struct dav_node *node, int n)
{
    for (int i = 0, some; i < n; i += some) {
        size_t mark = arena_mark(rq->arena);

        some = some_of(want, node + i, n - i);
        TRY(write_batch(rq, x, want, node + i, some));
        xml_flush(x);
        arena_rewind(rq->arena, mark);
    }
    return NULL;
}

void *
prop_asked(struct request *rq)
{
    return dav_state(rq)->asked;
}

/* ---- reading values ---- */

/* A property as it would be written, read again; NULL when the node does not have it. */
static fallible
read_value(struct request *rq, const struct dav_node *node, const struct prop_name *name,
    enum dav_got *got, const struct xml_in **value)
{
    const struct config *c = rq->app->config;
    const struct xml_limits limits = { (int)c->xml_depth, (int)c->xml_attributes,
        (int)c->xml_elements, 0 };
    struct out *out = out_new(rq->arena, VALUE_MAX);
    struct xml_out *x = xml_write(rq->arena, out);

    *value = NULL;
    TRY(write_named(rq, x, node, name, prop_find(node, name->ns, name->name), NULL, got));
    if (*got != DAV_VALUE)
        return NULL;
    xml_end(x);
    if (out_failed(out) || out_memory(out) == NULL)
        return REFUSE(rq->arena, TOO_MANY_MATCHES);
    return xml_parse(rq->arena, out_memory(out), (size_t)out_length(out), &limits, value);
}

fallible
prop_read_values(struct request *rq, const struct dav_node *node, const struct prop_request *want,
    const struct xml_in **value)
{
    struct dav_state *s = dav_state(rq);
    struct dav_batch batch;
    enum dav_got got;

    TRY(prepare(rq, want, node, 1, &batch));
    s->batch = &batch;
    for (int i = 0; i < want->n; i++) {
        TRY(read_value(rq, node, &want->name[i], &got, &value[i]));
        want->got[i] = (unsigned char)got;
    }
    s->batch = NULL;
    return NULL;
}
