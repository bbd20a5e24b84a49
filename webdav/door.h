#ifndef WEBDAV_DOOR_H
#define WEBDAV_DOOR_H

#include <stdbool.h>

#include "base/error.h"
#include "base/uri.h"
#include "http/request.h"
#include "webdav/dav.h"

struct response;

/*
 * The tree for pages and for other modules: what they read and write passes the
 * same rights and locks as a DAV request. Paths are those of DAV
 * ("/dav/files/jena/..."). The route's scope must name the chapter, and its
 * tree lock must be TREE_SHARED for what writes.
 */

/* What is there. NOT_FOUND also for who may not read it. */
fallible dav_look(struct request *, const struct path *, struct dav_node *);

/*
 * Stores a document. CONFLICT when there is one and it is not to be replaced, or
 * a folder has the name, or the folder it goes to is missing; BAD_REQUEST for a
 * name that cannot be; otherwise the errors of a PUT.
 */
fallible dav_put(struct request *, const struct path *, const struct dav_content *, bool replace,
    struct dav_written *);

/*
 * The same for a document that still has this etag, or (NULL) is new: PRECONDITION_FAILED when
 * somebody was faster. Nothing has been written then.
 */
fallible dav_change(struct request *, const struct path *, const char *etag,
    const struct dav_content *, struct dav_written *);

/*
 * Stores a document in a collection where she may write, and need not be able to look: nothing that
 * is there is read or replaced; a name that is taken gets " (2)" and so on. *name is what it is
 * called now. BAD_REQUEST for a name that cannot be, CONFLICT when no name is free, NEED_WRITE, and
 * the errors of a PUT.
 */
fallible dav_drop(struct request *, const struct dav_node *collection, const struct path *,
    const char *wish, const struct dav_content *, const char **name);

/* What somebody may manage (MAY_MANAGE), to show and to explain its levels. NOT_FOUND for all
 * others who may not read it, FORBIDDEN for those who may. */
fallible dav_look_to_manage(struct request *, const struct path *, struct dav_node *);

/*
 * Says who may read and write a collection. FORBIDDEN without MAY_MANAGE; CONFLICT when the
 * collection has its levels for good or is the root and has none above it, when who may change it
 * could not read it, and when the asking person could not manage it herself any more.
 */
fallible dav_set_levels(struct request *, const struct path *, const struct dav_levels *);

/* Makes a collection. Errors as of dav_put. */
fallible dav_make(struct request *, const struct path *);

/*
 * DELETE, COPY or MOVE with everything below, as WebDAV does it: rights, locks (nobody's token is
 * submitted), log. `to` is NULL for DELETE; what is there is never overwritten, but CONFLICT. The
 * response gets a status, which the caller may set anew. Several may follow each other in one
 * transaction; the last part of `to` may be anything that was typed.
 */
fallible dav_act(
    struct request *, enum method, const struct path *, const struct path *to, struct response *);

/* BAD_REQUEST for what cannot be the name of anything. */
fallible dav_check_name(struct request *, const char *name);

#endif
