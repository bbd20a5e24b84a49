#ifndef WEBDAV_DAV_H
#define WEBDAV_DAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"
#include "base/uri.h"
#include "http/route.h"

struct arena;
struct blob_content;
struct config;
struct dav_kind;
struct request;
struct response;
struct xml_in;
struct xml_out;

/*
 * Something with an address: a calendar, an event, a folder, a file, a wiki page, a principal.
 *
 * A free name in a parent that exists is a node too (exists false): kind, policy,
 * rights, root_id and policy_id are those of the parent, parent_id is the parent and
 * the last of `ancestors`, id is 0. Before `write` and `make` webdav puts the kind
 * that is about to be made in its place.
 */
struct dav_node {
    const struct dav_kind *kind;
    bool exists;
    bool collection;
    bool is_root; /* a root of a chapter: cannot be moved or removed */
    bool unlocked; /* known when it was found: no lock on it or above; false: lock_load() asks */
    int64_t id;   /* in table dav_node; 0 for what has no row (principals, /dav/) */
    int64_t parent_id, root_id, policy_id;
    struct policy policy;
    unsigned rights;          /* MAY_... of the asking principal; on a free name: of the parent */
    const char *href;         /* canonical, encoded; ends in "/" for a collection */
    const char *name;         /* last part, as stored; on a free name: as asked for */
    const char *display_name; /* NULL: the name */
    const char *type;         /* media type */
    const char *etag;         /* without quotes; NULL on a collection */
    int64_t length, created, modified; /* microseconds */
    const int64_t *ancestors;          /* ids from the root down to the parent: for locks */
    int n_ancestors;
    void *own; /* the kind's row */
};

/*
 * A page of nodes, ordered by name_key; ask again with `next` until it is NULL.
 * Nodes that may not be read may be among them: webdav leaves them out.
 */
struct dav_list {
    const struct dav_node *node;
    int n;
    const char *next;
};

/*
 * A change since a sync token: a node, or the name (and href) of one that is gone (exists false)
 * or may no longer be read. What she may not read and did not know either is not among them.
 */
struct dav_changes {
    const struct dav_node *node;
    int n;
    const char *token; /* to answer with */
    const char *ctag;  /* CS:getctag: differs whenever a member does */
    bool more;         /* cut at the limit */
};

/* What a group of the chapter may do in a collection, beyond the roles of its members. */
struct dav_group_level {
    int64_t id;
    const char *name;
    unsigned rights; /* MAY_READ, perhaps with MAY_WRITE */
};

/* Who may read and write a collection and what lies below it. */
struct dav_levels {
    bool own;         /* false: as the collection above says */
    const char *from; /* name of the collection whose they are; NULL: the root of the chapter */
    enum role read, write;
    const struct dav_group_level *group;
    int n;
};

/* What a PUT brings; settled (http/body.h) before the transaction began. */
struct dav_content {
    const struct blob_content *blob;
    const char *inline_bytes; /* NULL: the content is in the store */
    const char *type;         /* as the client named it, checked; NULL: not named */
    int64_t modified;         /* as the client wishes it (X-OC-Mtime), microseconds; 0: now */
};

/* What a write did; the method turns it into a status and headers. */
struct dav_written {
    bool created;
    bool altered; /* what is stored differs from what was sent: no ETag in the reply */
    const char *etag;
    const char *header, *value; /* one more header of the answer, or NULL */
};

/* What a property getter found. ABSENT: not defined on this node (404). HIDDEN: no right (403). */
enum dav_got { DAV_VALUE, DAV_ABSENT, DAV_HIDDEN };

/* A live property. Tables of these end with a NULL name. */
struct dav_property {
    const char *ns, *name;
    enum {
        ON_COLLECTION = 1,
        ON_MEMBER = 2,
        ON_ALL = 3,
        IN_ALLPROP = 4,
        OF_PERSON = 8, /* each sees and sets her own: who may read may set it */
        AT_MAKING = 16, /* taken by `make` alone */
        STORED = 32     /* kept like a dead one: prop_stored() has it */
    } flags;
    /* Writes the content of the property element, not the element. What is written is
     * taken back unless *got stays DAV_VALUE. */
    fallible (*get)(struct request *, const struct dav_node *, struct xml_out *, enum dav_got *got);
    /* NULL: protected. value NULL: remove. Fails with the condition the property is answered with.
     * Not asked of AT_MAKING. */
    fallible (*set)(struct request *, const struct dav_node *, const struct xml_in *value);

    /*
     * Of one that is asked with more than its name (calendar-data; may be NULL; never in allprop or
     * propname): reads the element in the request, once, before anything is written. `node` is what
     * the request is about. What it gives is told to `prepare`, and by prop_asked() to `get`.
     */
    fallible (*ask)(struct request *, const struct dav_node *node, const struct xml_in *, void **);
    /* Fetches for many nodes what `get` is about to write; of those that it is not for, nothing. */
    fallible (*prepare)(struct request *, const struct dav_node *, int n, void *asked);
};

/* A property by which principals are found. Tables of these end with a NULL name. */
struct dav_searched {
    const char *ns, *name;
    const char *description; /* English, for programs */
};

/* "calendar" of urn:ietf:params:xml:ns:caldav: what a resource is besides a collection. */
struct dav_type {
    const char *ns, *name;
};

/* A privilege and what it is, in English; `in`: the one of the table that holds it (its name), or NULL: DAV:read. */
struct dav_privilege {
    const char *ns, *name, *is, *in;
};

/* A report of a kind. Tables of these end with a NULL name. */
struct dav_report {
    const char *ns, *name;
    fallible (*run)(
        struct request *, const struct dav_node *, const struct xml_in *, struct response *);
};

/*
 * How one kind of thing behaves. webdav/ has by then found the node and checked
 * rights, preconditions and locks, in that order, of everything that a request
 * touches: source, target, the members below (their number too); a kind checks
 * none of them. A NULL operation is one that the kind does not have: 405, and
 * absent from Allow.
 */
struct dav_kind {
    const char *name; /* "folder": also dav_node.kind in the database */
    bool collection;
    const struct dav_property *properties;   /* besides those all nodes have; may be NULL */
    const struct dav_report *reports;        /* besides those all nodes have; may be NULL */
    const struct dav_kind *member;           /* what PUT makes in it; NULL: nothing */
    const struct dav_kind *child_collection; /* what MKCOL makes in it; NULL: nothing */

    /* What resourcetype holds besides <D:collection/>, and what one says who makes it; may be NULL. */
    const struct dav_type *type;
    /* Privileges of its own that whoever may read has; ends with a NULL name, may be NULL. */
    const struct dav_privilege *privileges;
    /* Collections that there are in it besides, made by nobody's MKCOL; NULL last, may be NULL. */
    const struct dav_kind *const *others;

    /* Members from the name_key after `from` on; NULL: from the first. */
    fallible (*children)(
        struct request *, const struct dav_node *, const char *from, struct dav_list *);
    fallible (*several)(struct request *, const struct dav_node *, const char *const *names, int n,
        struct dav_list *);
    /*
     * What changed since a token (NULL: everything there is), at most `limit` nodes; limit 0:
     * only token and ctag. VALID_SYNC_TOKEN (webdav/conditions.h) for a token that is not of
     * this collection, or too old.
     */
    fallible (*changes)(struct request *, const struct dav_node *, const char *token, int limit,
        struct dav_changes *);

    /* A precondition of its own in the request, of what is there or, `exists` false, of a free name
     * where it would be; asked where If-Match counts. May be NULL. */
    fallible (*precondition)(struct request *, const struct dav_node *);

    fallible (*read)(struct request *, const struct dav_node *, struct response *);
    fallible (*write)(struct request *, const struct dav_node *, const struct dav_content *,
        struct dav_written *);
    /* properties: the <D:prop> of an extended MKCOL, or NULL. What it does not take itself is set
     * afterwards. */
    fallible (*make)(struct request *, const struct dav_node *, const struct xml_in *properties);
    /* With everything below and its dead properties. Locks are webdav's. */
    fallible (*remove)(struct request *, const struct dav_node *);
    /*
     * A document whose name goes to another one: `retire` frees the name, and when that one has it,
     * `succeed` hands over what the first held before and at last. Both or none; without them it is
     * removed.
     */
    fallible (*retire)(struct request *, const struct dav_node *);
    fallible (*succeed)(struct request *, const struct dav_node *retired, const struct dav_node *heir);
    /* `to` is a free name: what was there has been removed. Dead properties go along, locks do not.
     */
    fallible (*copy)(
        struct request *, const struct dav_node *, const struct dav_node *to, bool deep);
    fallible (*move)(struct request *, const struct dav_node *, const struct dav_node *to);
    /* Headers of its own in the answer to a COPY or MOVE, of what is now there. May be NULL. */
    fallible (*arrived)(struct request *, const struct dav_node *, struct response *);

    /* Reads and sets the levels of a collection; a kind without them has its levels for good. */
    fallible (*levels)(struct request *, const struct dav_node *, struct dav_levels *);
    fallible (*set_levels)(struct request *, const struct dav_node *, const struct dav_levels *);

    /*
     * Contents that are kept whole in the database: how large one may be, and what is wrong with
     * what is larger. NULL: of any size, in the store.
     */
    size_t (*row_max)(const struct config *);
    const struct condition *too_large;
    /* Why COPY and MOVE refuse it where its kind has no place; NULL: FORBIDDEN. */
    const struct condition *misplaced;

    /* The header of a request by which `read` answers differently (RFC 9110, 12.5.5); may be NULL. */
    const char *vary;

    /* Space where the node is: bytes used and still free (RFC 4331). NULL: no quota. */
    fallible (*quota)(struct request *, const struct dav_node *, int64_t *used, int64_t *available);
    /* Sets space aside for an upload before its body is taken. STORAGE_FULL. May be NULL. */
    fallible (*reserve)(struct request *, const struct dav_node *, int64_t bytes);
};

/*
 * Where trees of nodes begin. A mount resolves the parts of a path below its
 * prefix ("/dav/files") to a node, and says which chapters the path concerns:
 * slugs with commas, "*" for all, "" for none. It looks at no rights but puts
 * them into the node. NOT_FOUND when the parent is missing too, or the name ends
 * in a slash and is a member (the methods make CONFLICT of it where they must).
 */
struct dav_mount {
    const char *prefix; /* "/dav/files" */
    unsigned area;      /* AREA_...: what an app password must be for; 0: any will do */
    const char *page;   /* "files": browsers call it /c/{slug}/files, see dav_path(); or NULL */
    const char *
        features; /* what it adds to the DAV header of every address ("calendar-access"), or NULL */
    /* What people and chapters have because of what is here (a calendar-home-set), besides what
     * webdav knows of them; and by which of it they are found (principal.h). May be NULL. */
    const struct dav_property *principal_properties;
    const struct dav_searched *principal_searched;
    void (*scope)(struct request *, const struct path *below, const char **slugs);
    fallible (*find)(struct request *, const struct path *below, struct dav_node *);
};

/* All mounts of all modules, NULL last: filled by daemon/modules.c. webdav adds /dav/ and the
 * principals itself. */
extern const struct dav_mount *const dav_mounts[];

/* The routes of all DAV methods under /dav, /principals, /.well-known and /: for struct app. */
extern const struct route dav_routes[];

/*
 * The methods as they serve /dav, for routes under which browsers reach the same
 * tree (/c/{chapter}/files/...): scope, admit, prepare and run of a PUT.
 */
fallible dav_scope(struct request *);
fallible dav_admit(struct request *);
fallible dav_prepare(struct request *);
fallible dav_serve(struct request *, struct response *);

/* Is it of that type (resourcetype)? */
bool dav_is(const struct dav_kind *, const char *ns, const char *type);

/* The path of DAV for an address of ours, also for those of browsers and of /principals. */
struct path dav_path(struct arena *, const struct path *);

/* The address of another request (Destination, If) as a node of ours; no rights checked. */
fallible dav_find(struct request *, const struct path *, struct dav_node *);

/* How an error looks to a DAV client: <D:error>, or a sentence of plain text. For
 * app->render_error. */
void dav_render_error(struct request *, struct response *, const struct error *);

/* Refuses what locks held by others forbid; for modules that write outside of DAV (pages). */
fallible dav_may_write(struct request *, const struct dav_node *);

#endif
