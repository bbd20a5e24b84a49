#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/proppatch.h"
#include "webdav/serve.h"
#include "webdav/xml.h"

/* The resourcetype of an extended MKCOL (RFC 5689, 3): here a plain collection alone is made. */
static fallible
check_type(struct request *rq, const struct xml_in *type)
{
    bool collection = false;

    for (const struct xml_in *t = type->first; t != NULL; t = t->next) {
        if (!xml_is(t, NS_DAV, "collection"))
            return REFUSE(rq->arena, VALID_RESOURCETYPE);
        collection = true;
    }
    return collection ? NULL : REFUSE(rq->arena, VALID_RESOURCETYPE);
}

/* Takes the resourcetype out of the properties: it is fulfilled by making the collection. */
static fallible
take_type(struct request *rq, struct prop_changes *changes)
{
    int kept = 0;

    for (int i = 0; i < changes->n; i++) {
        const struct prop_change *c = &changes->change[i];

        if (xml_is(c->value, NS_DAV, "resourcetype"))
            TRY(check_type(rq, c->value));
        else
            changes->change[kept++] = *c;
    }
    changes->n = kept;
    return NULL;
}

static fallible
read_body(struct request *rq, const struct xml_in *root, struct prop_changes *changes)
{
    *changes = (struct prop_changes){ .n = 0 };
    if (root == NULL)
        return NULL;
    if (!xml_is(root, NS_DAV, "mkcol"))
        return REFUSE(rq->arena, UNSUPPORTED_TYPE);
    TRY(proppatch_read(rq, root, changes));
    return take_type(rq, changes);
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

    TRY(read_body(rq, s->body, &changes));
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
    return NULL;
}
