#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "http/app.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/proppatch.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* ---- reading ---- */

static int
count_properties(const struct xml_in *root)
{
    int n = 0;

    for (const struct xml_in *part = root->first; part != NULL; part = part->next)
        for (const struct xml_in *prop = part->first; prop != NULL; prop = prop->next)
            for (const struct xml_in *p = prop->first; p != NULL; p = p->next)
                n++;
    return n;
}

fallible
proppatch_read(struct request *rq, const struct xml_in *root, struct prop_changes *changes)
{
    int most = count_properties(root);

    *changes = (struct prop_changes){ .change = NEW_ARRAY(
                                          rq->arena, struct prop_change, (size_t)most + 1) };
    for (const struct xml_in *part = root->first; part != NULL; part = part->next) {
        bool set = xml_is(part, NS_DAV, "set");

        if (!set && !xml_is(part, NS_DAV, "remove"))
            continue; /* RFC 4918, 17: what one does not know is not there */
        for (const struct xml_in *prop = part->first; prop != NULL; prop = prop->next) {
            if (!xml_is(prop, NS_DAV, "prop"))
                continue;
            for (const struct xml_in *p = prop->first; p != NULL; p = p->next)
                changes->change[changes->n++] =
                    (struct prop_change){ { p->ns, p->name }, set ? p : NULL, NULL };
        }
    }
    return NULL;
}

/* ---- doing ---- */

static void
fail_all(struct prop_changes *changes, const struct condition *cond)
{
    changes->failed = true;
    for (int i = 0; i < changes->n; i++)
        changes->change[i].cond = cond;
}

/* What can be told before anything is written. */
static void
refuse_protected(const struct dav_node *node, struct prop_changes *changes)
{
    for (int i = 0; i < changes->n; i++) {
        struct prop_change *c = &changes->change[i];
        const struct dav_property *live = prop_find(node, c->name.ns, c->name.name);

        c->cond = NULL;
        if ((live != NULL && live->set == NULL) || node->id == 0) {
            c->cond = &PROTECTED_PROPERTY;
            changes->failed = true;
        }
    }
}

static fallible
apply_one(struct request *rq, const struct dav_node *node, const struct prop_change *c)
{
    const struct dav_property *live = prop_find(node, c->name.ns, c->name.name);

    return live != NULL ? live->set(rq, node, c->value) : dead_set(rq, node, &c->name, c->value);
}

/* Failures of the world end the request; those of the property are told in its propstat. */
static bool
concerns_property(const struct error *e)
{
    return e->cond->status < 500 || e->cond->status == 507;
}

static fallible
apply_all(struct request *rq, const struct dav_node *node, struct prop_changes *changes)
{
    struct error *e;
    bool more = false;

    for (int i = 0; i < changes->n; i++) {
        more = more || changes->change[i].value != NULL;
        e = apply_one(rq, node, &changes->change[i]);
        if (e == NULL)
            continue;
        if (!concerns_property(e))
            return e;
        changes->change[i].cond = e->cond;
        changes->failed = true;
        return NULL;
    }
    e = more ? dead_check_total(rq, node) : NULL;
    if (e != NULL && concerns_property(e)) {
        fail_all(changes, e->cond);
        return NULL;
    }
    return e;
}

/* After a failure those that would have worked depend on it (RFC 4918, 9.2.1). */
static void
note_dependents(struct prop_changes *changes)
{
    for (int i = 0; i < changes->n; i++)
        if (changes->change[i].cond == NULL)
            changes->change[i].cond = &FAILED_DEPENDENCY;
}

fallible
proppatch_try(struct request *rq, const struct dav_node *node, struct prop_changes *changes)
{
    if (changes->n > rq->app->config->dead_properties_max * 2) {
        fail_all(changes, &PROPERTY_TOO_LARGE);
        return NULL;
    }
    refuse_protected(node, changes);
    CRASH_POINT(38);
    if (!changes->failed)
        TRY(apply_all(rq, node, changes));
    if (changes->failed)
        note_dependents(changes);
    CRASH_POINT(39);
    return NULL;
}

/* All or nothing. */
static fallible
apply(struct request *rq, const struct dav_node *node, struct prop_changes *changes)
{
    TRY(db_savepoint(rq->db, rq->arena));
    TRY(proppatch_try(rq, node, changes));
    if (changes->failed)
        db_rollback_to_savepoint(rq->db);
    return NULL;
}

/* ---- telling ---- */

static void
write_propstat(struct xml_out *x, const struct prop_changes *changes, const struct condition *cond)
{
    bool any = false;

    for (int i = 0; i < changes->n; i++) {
        const struct prop_change *c = &changes->change[i];

        if (c->cond != cond)
            continue;
        if (!any) {
            xml_open(x, NS_DAV, "propstat");
            xml_open(x, NS_DAV, "prop");
        }
        any = true;
        xml_leaf(x, c->name.ns, c->name.name, NULL);
    }
    if (!any)
        return;
    xml_close(x);
    multistatus_status(x, cond == NULL ? 200 : cond->status);
    if (cond != NULL)
        multistatus_error(x, cond, NULL, NULL);
    xml_close(x);
}

static bool
first_of_its_kind(const struct prop_changes *changes, int i)
{
    for (int k = 0; k < i; k++)
        if (changes->change[k].cond == changes->change[i].cond)
            return false;
    return changes->change[i].cond != NULL;
}

void
proppatch_write(struct xml_out *x, const struct prop_changes *changes)
{
    write_propstat(x, changes, NULL);
    for (int i = 0; i < changes->n; i++)
        if (first_of_its_kind(changes, i))
            write_propstat(x, changes, changes->change[i].cond);
}

/* Is all of it how she alone wants to see it? */
static bool
concerns_her_alone(const struct dav_node *node, const struct prop_changes *changes)
{
    for (int i = 0; i < changes->n; i++) {
        const struct prop_name *name = &changes->change[i].name;
        const struct dav_property *live = prop_find(node, name->ns, name->name);

        if (live == NULL || !(live->flags & OF_PERSON))
            return false;
    }
    return true;
}

fallible
method_proppatch(struct request *rq, struct dav_state *s, struct response *rs)
{
    struct prop_changes changes;
    struct xml_out *x;

    if (!xml_is(s->body, NS_DAV, "propertyupdate"))
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(proppatch_read(rq, s->body, &changes));
    if (changes.n == 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    if ((s->node.rights & MAY_WRITE) || concerns_her_alone(&s->node, &changes))
        TRY(apply(rq, &s->node, &changes));
    else
        fail_all(&changes, &NEED_WRITE);
    if (s->minimal)
        response_header(rs, "Preference-Applied", "return=minimal");
    if (s->minimal && !changes.failed) { /* RFC 8144, 2.2 */
        response_status(rs, 204);
        return NULL;
    }
    x = multistatus_begin(rq, rs);
    xml_open(x, NS_DAV, "response");
    xml_href(x, s->node.href);
    proppatch_write(x, &changes);
    xml_close(x);
    multistatus_end(x);
    return NULL;
}
