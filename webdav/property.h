#ifndef WEBDAV_PROPERTY_H
#define WEBDAV_PROPERTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "webdav/dav.h"
#include "webdav/lock.h"

struct xml_in;
struct xml_out;

struct prop_name {
    const char *ns, *name;
};

/* Which properties a PROPFIND or a report wants. */
struct prop_request {
    enum { PROP_NAMED, PROP_ALL, PROP_NAMES } mode;
    const struct prop_name *name; /* NAMED: these; ALL: these too (include) */
    int n;
    unsigned char *got; /* n values of enum dav_got: how each came out of the node at hand */
    const struct dav_property *
        *live; /* n live properties of these names, NULL for a dead one ... */
    const struct dav_kind *
        *live_of; /* ... of this kind; nodes of a kind mostly follow each other */
    void **asked; /* n: what dav_property.ask gave; NULL: nothing asks so */
    bool minimal; /* leave out what is not there (RFC 8144) */
};

/* A dead property of some node. */
struct dead_property {
    int64_t node;
    const char *ns, *name, *value, *lang;
};

/* Where a collection stands: what it is asked for several properties of. */
struct dav_stands {
    int64_t node; /* 0: nobody has asked */
    struct dav_changes changes;
};

/* What is fetched for many nodes at once, before their properties are written. */
struct dav_batch {
    struct dav_stands *stands; /* of the last one asked */
    struct lock_list locks;
    const struct dead_property *dead; /* sorted by node */
    int n_dead;
};

/* A <propfind>, or NULL for a request without body: all. BAD_REQUEST. */
fallible prop_read_propfind(struct request *, const struct xml_in *, struct prop_request *);
/* What a report wants: its <prop>, <allprop> or <propname>; nothing without. BAD_REQUEST. */
fallible prop_read_report(struct request *, const struct xml_in *root, struct prop_request *);
/* The children of a <prop>. NULL: none. BAD_REQUEST for more than a request over many nodes may ask
 * for. */
fallible prop_read_names(struct request *, const struct xml_in *prop, struct prop_request *);

/* The same of names that come in another way; the array lives as long as what is made of it. */
fallible prop_want(struct request *, const struct prop_name *, int n, struct prop_request *);

/* The live property of that name, or NULL: then it is a dead one. It may not apply to this node. */
const struct dav_property *prop_find(const struct dav_node *, const char *ns, const char *name);

/*
 * Writes one <response> for each node that may be read: every wanted property in
 * exactly one propstat, that of 200 first (cl-C2). Flushes; memory does not grow
 * with the number of calls when the caller rewinds its arena.
 */
fallible prop_write_nodes(struct request *, struct xml_out *, const struct prop_request *,
    const struct dav_node *, int n);

/* A propstat with the names that came out as `which`; nothing when there are none. */
void prop_write_missing(
    struct xml_out *, const struct prop_request *, enum dav_got which, int status);

/*
 * The properties of one node as elements, to be looked into: value[i] is that of want->name[i],
 * NULL when want->got[i] is not DAV_VALUE. TOO_MANY_MATCHES for one of more than 1 MiB.
 */
fallible prop_read_values(struct request *, const struct dav_node *, const struct prop_request *,
    const struct xml_in **value);

/* For the getter of a property with `ask`: what that gave; NULL: it is asked by its name alone. */
void *prop_asked(struct request *);

/* For the getter of a STORED property: what is kept of it, as XML; NULL: nothing. */
fallible prop_stored(struct request *, const struct dav_node *, const char *ns, const char *name,
    const char **value);

/* The properties that all nodes have: props_common.c. Ends with a NULL name. */
extern const struct dav_property props_common[];

/* ---- dead properties: props_dead.c ---- */

/* Those of some nodes; names NULL: all. */
fallible dead_load(struct request *, const struct dav_node *, int n, const struct prop_name *names,
    int n_names, struct dav_batch *);
/* The property of a node in the batch (NULL: nothing is in it), or NULL. */
const struct dead_property *dead_find(
    const struct dav_batch *, int64_t node, const char *ns, const char *name);
/* Writes its content and language; the element's start tag must still be open. */
void dead_write(struct xml_out *, const struct dead_property *);
/* Stores (value NULL: removes) one. PROPERTY_TOO_LARGE, BAD_REQUEST. */
fallible dead_set(struct request *, const struct dav_node *, const struct prop_name *,
    const struct xml_in *value);
/* After all have been set: PROPERTY_TOO_LARGE when the node has too much now. */
fallible dead_check_total(struct request *, const struct dav_node *);

#endif
