#ifndef WEBDAV_SERVE_H
#define WEBDAV_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/uri.h"
#include "blob/blob.h"
#include "http/request.h"
#include "http/response.h"
#include "webdav/dav.h"
#include "webdav/if_header.h"
#include "webdav/lock.h"

/* Inside webdav/ alone: what dav.c finds out about a request, and the methods it then calls. */

enum dav_depth { DEPTH_0, DEPTH_1, DEPTH_INFINITY };

struct dav_state {
    struct path path;     /* of the request, /principals read as /dav/principals */
    struct dav_node node; /* what is there */
    struct path to_path;  /* of the Destination, for COPY and MOVE */
    struct dav_node to;
    bool overwrite;
    enum dav_depth depth;           /* infinity when the client named none */
    bool depth_named, without_root; /* Prefer: depth-noroot (RFC 8144) */
    bool minimal;                   /* Prefer: return=minimal, or Brief: t */
    const struct xml_in *body;      /* of the methods that have one; NULL: none was sent */
    struct if_header conditions;
    struct lock_tokens tokens;
    struct dav_content content; /* of a PUT, once it is settled */
    bool settled;
    struct blob_owner owner;       /* whose contents it will be: known after admission */
    const struct dav_batch *batch; /* see property.h */
    void *asked;                   /* see prop_asked() */
    struct upload *upload;                  /* of a resumable upload, see upload.h */
    const struct preconditions *told_before; /* instead of the request's own; NULL: these */
};

/* The state of a request; made when first asked for, kept from scope to run. */
struct dav_state *dav_state(struct request *);

/* ---- mounts.c ---- */

/* The chapters a path concerns, joined to what *slugs holds already. */
void mount_scope(struct request *, const struct path *, const char **slugs);
/* "calendar-access, addressbook": what the modules' mounts announce; "" for none. */
const char *mount_features(struct arena *);
/* Is it below one of our trees? */
bool mount_serves(const struct path *);

/* ---- address.c ---- */

/* The path of an address of ours, absolute or path-only. BAD_GATEWAY: another host's. BAD_REQUEST.
 */
fallible address_path(struct request *, const char *address, struct path *);
fallible address_destination(struct request *, struct path *);
/* Depth, Overwrite, Prefer, Brief. BAD_REQUEST for a Depth that there is not. */
fallible address_headers(struct request *, struct dav_state *);

/* ---- rights.c ---- */

/* May the method be tried on the node(s) at all? NOT_FOUND where the person may not even look. */
fallible rights_check(struct request *, enum method, struct dav_state *);
/* Of everything below a collection: NEED_WRITE or NEED_READ without these MAY_..., TOO_MANY_MEMBERS. */
fallible rights_below(struct request *, const struct dav_node *, unsigned need);
/* What to say of a path whose parent is missing: CONFLICT, unless that would tell too much. */
fallible rights_missing_parent(
    struct request *, const struct path *, const struct condition *hidden);

/* ---- dav.c ---- */

/* Is there such a method on this node (the kind has the operation)? */
bool dav_has_method(const struct dav_node *, enum method);
/* "OPTIONS, GET, ...": for Allow. */
const char *dav_allow(struct arena *, const struct dav_node *);
/* DAV, MS-Author-Via. */
void dav_headers(struct request *, struct response *);

/*
 * What must hold before s->path may be written, as for a PUT, whatever the request's own method: it
 * is a place for a member, and the person may (dav_check_place); besides, preconditions hold (the
 * request's or s->told_before) and no lock is in the way.
 */
fallible dav_check_place(struct request *, struct dav_state *);
fallible dav_check_put(struct request *, struct dav_state *);

/*
 * Says that this request changes the structure of the tree: when it holds the
 * tree lock of its chapters only with others, it is run again with the lock for
 * itself alone (LOST_RACE).
 */
fallible dav_need_whole_tree(struct request *);

/* ---- methods: run when everything has been found and checked ---- */

typedef fallible dav_method(struct request *, struct dav_state *, struct response *);
dav_method method_options, method_get, method_put, method_delete, method_mkcol, method_copy,
    method_move, method_propfind, method_proppatch, method_lock, method_unlock, method_report;

/* Content-Range and the like are refused, type and time of the content taken. */
fallible put_headers(struct request *, struct dav_state *);
/* A media type as one may store and send it again; NULL when it is none (or NULL). */
const char *put_type(struct arena *, const char *type);
/* Writes a content to a node or a free name, without any check. */
fallible put_content(struct request *, const struct dav_node *, const struct dav_content *,
    struct dav_written *);
/* What a missing node gets: an empty document, as LOCK on a free name makes it. */
fallible put_empty(struct request *, struct dav_state *);
/* Removes a node with its locks: DELETE, and what Overwrite: T does to the target. */
fallible delete_node(struct request *, const struct dav_node *);
/* The kind that is about to be made takes its place in a free name's node. */
struct dav_node dav_becoming(const struct dav_node *, const struct dav_kind *);

#endif
