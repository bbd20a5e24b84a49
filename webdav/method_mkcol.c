#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/proppatch.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* The resourcetype of an extended MKCOL (RFC 5689, 3): what can be made there, and nothing else. */
static fallible
check_type(struct request *rq, const struct dav_node *new, const struct xml_in *type)
{
    bool collection = false, special = false;

    for (const struct xml_in *t = type->first; t != NULL; t = t->next)
        if (xml_is(t, NS_DAV, "collection"))
            collection = true;
        else if (dav_is(new->kind, t->ns, t->name))
            special = true;
        else
            return REFUSE(rq->arena, VALID_RESOURCETYPE);
    return collection && special == (new->kind->type != NULL)
               ? NULL
               : REFUSE(rq->arena, VALID_RESOURCETYPE);
}

/* Takes out of the properties what is fulfilled by making the collection. */
static fallible
take_made(struct request *rq, const struct dav_node *new, struct prop_changes *changes, bool *typed)
{
    int kept = 0;

    for (int i = 0; i < changes->n; i++) {
        const struct prop_change *c = &changes->change[i];
        const struct dav_property *live = prop_find(new, c->name.ns, c->name.name);

        if (xml_is(c->value, NS_DAV, "resourcetype")) {
            TRY(check_type(rq, new, c->value));
            *typed = true;
        } else if (live == NULL || !(live->flags & AT_MAKING)) {
            changes->change[kept++] = *c;
        }
    }
    changes->n = kept;
    return NULL;
}

/* MKCALENDAR says by its name what it makes; MKCOL must, unless it makes a plain collection. */
static fallible
read_body(struct request *rq, const struct dav_node *new, const struct xml_in *root,
    struct prop_changes *changes)
{
    bool typed = rq->method == MKCALENDAR || new->kind->type == NULL;

    *changes = (struct prop_changes){ .n = 0 };
    if (root != NULL) {
        if (!(rq->method == MKCALENDAR ? xml_is(root, NS_CALDAV, "mkcalendar")
                                       : xml_is(root, NS_DAV, "mkcol")))
            return REFUSE(rq->arena, UNSUPPORTED_TYPE);
        TRY(proppatch_read(rq, root, changes));
        TRY(take_made(rq, new, changes, &typed));
    }
    return typed ? NULL : REFUSE(rq->arena, VALID_RESOURCETYPE);
}

/* Its properties could not all be set: nothing was made (RFC 5689, 3.5). The first that failed says
 * why. */
static void
answer_failure(struct request *rq, struct response *rs, const struct prop_changes *changes)
{
    const struct condition *why = &FAILED_DEPENDENCY;
    struct xml_out *x;

    for (int i = 0; i < changes->n && why == &FAILED_DEPENDENCY; i++)
        why = changes->change[i].cond;
    x = dav_xml(rq, rs, why->status);
    if (rq->method == MKCALENDAR)
        xml_open(x, NS_CALDAV, "mkcalendar-response");
    else
        xml_open(x, NS_DAV, "mkcol-response");
    proppatch_write(x, changes);
    xml_close(x);
    xml_end(x);
}

fallible
method_mkcol(struct request *rq, struct dav_state *s, struct response *rs)
{
    struct prop_changes changes;
    struct dav_node new = dav_becoming(&s->node, s->node.kind->child_collection);

    TRY(read_body(rq, &new, s->body, &changes));
    TRY(db_savepoint(rq->db, rq->arena));
    TRY(new.kind->make(rq, &new, xml_child(xml_child(s->body, NS_DAV, "set"), NS_DAV, "prop")));
    CRASH_POINT(44);
    if (changes.n > 0) {
        TRY(dav_find(rq, &s->path, &s->node));
        TRY(proppatch_try(rq, &s->node, &changes));
    }
    if (changes.failed) {
        db_rollback_to_savepoint(rq->db);
        answer_failure(rq, rs, &changes);
        return NULL;
    }
    response_status(rs, 201);
    response_cache(rs, "no-cache"); /* RFC 4791, 5.3.1 */
    return NULL;
}
