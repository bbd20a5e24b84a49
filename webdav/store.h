#ifndef WEBDAV_STORE_H
#define WEBDAV_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/token.h"
#include "blob/blob.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "webdav/dav.h"

/*
 * Kinds whose nodes are rows of dav_node: finding them, and operations that a
 * struct dav_kind can name as they are. All of them work inside the request's
 * transaction. A node that is no longer as it was found makes LOST_RACE, and the
 * request is run again.
 *
 * Sync tokens are urn:chapterd:sync:{epoch}:{collection}:{xid}. Every row carries
 * the number of the transaction that last changed it. The token of a collection is
 * the lesser of the oldest transaction still open and one above the last change of
 * its rows; a report tells what has that number or more. So what commits late is
 * told late but never lost; a change may be told twice; the token of an idle
 * collection stands still; and it never lies above a number that is known to be in
 * flushed WAL by more than one, so that a crash of the server cannot hand the same
 * number out again below it. A page that was cut at a limit has the token of the
 * first page, and ":{changed}:{id}" of the last node told and the first page's xid behind it.
 */

/* What the root of a tree is: nodes below it are found by what its kind says can be in it. */
struct store_tree {
    const char *prefix;          /* "/dav/files" */
    const struct dav_kind *root; /* also kind of the root in the database */
    bool flat; /* the root has no address: what is in it is called "{slug}.{name}" */
};

/*
 * The node at prefix/{slug}/{parts...}, with rights, ancestors and the content of
 * a member that is about to be read. NOT_FOUND when its parent is missing. An empty slug is the
 * tree of the person of the scope.
 */
fallible store_find(struct request *, const struct store_tree *, const char *slug,
    const struct path *below_slug, struct dav_node *);

/* A page of the roots of all chapters of the scope, for a virtual collection above them. */
fallible store_roots(
    struct request *, const struct store_tree *, const char *from, struct dav_list *);

/*
 * A page of what the asking person may read in a collection, as people look at it: collections
 * first, in the order of a dictionary. One more round trip than store_children().
 */
struct store_page {
    const char *filter; /* what names must hold, in any case; "": all */
    bool collections;   /* only those */
    enum { PAGE_BY_NAME, PAGE_BY_SIZE, PAGE_BY_DATE } by;
    bool down; /* the largest, latest, last first */
    int64_t skip;
    int most;
};
fallible store_page(struct request *, const struct dav_node *, const struct store_page *,
    struct dav_list *, int64_t *total);

/*
 * Nodes with all below them that the asking person may read; what lies in a collection that she
 * may not read is left out with it. Whatever order, but what holds something before what it holds.
 * TOO_MANY_MEMBERS past `most`. The nodes themselves she may read.
 */
struct store_below {
    const char *path; /* "folder/inside/file", from the name of one of the nodes on */
    bool collection;
    const char *type;
    int64_t size, modified;
    int64_t blob; /* 0: it has no content */
};
fallible store_below(struct request *, const struct dav_node *, int n, int most,
    const struct store_below **, int *n_below);

/* What store_find puts into node->own of a member. */
struct store_content {
    int64_t blob_id;
    unsigned char sha256[SHA256_SIZE];
    const char *bytes; /* NULL: in the store */
};
/* The content of a member, however it was found; NOT_FOUND when it has none, LOST_RACE when it has
 * another one than when it was found. */
fallible store_content(struct request *, const struct dav_node *, const struct store_content **);
/* Those of members that are kept whole in the database, with a NUL behind each; NULL of what has
 * none there. */
fallible store_contents(
    struct request *, const struct dav_node *, int n, const char **bytes);
/* Its parts, for response_blob(). */
fallible store_parts(
    struct request *, const struct dav_node *, const struct store_content *, struct blob_content *);

/* The entity tag of a content. */
const char *store_etag(struct arena *, const unsigned char *sha256);

/* Whose contents those of a node are. */
struct blob_owner store_owner(const struct dav_node *);

/* ---- operations of kinds ---- */

fallible store_children(
    struct request *, const struct dav_node *, const char *from, struct dav_list *);
fallible store_several(
    struct request *, const struct dav_node *, const char *const *names, int n, struct dav_list *);
/* Those members of a collection that have these ids; `contents`: with what they hold, as
 * store_several() gives it where it is kept whole in the database: of the first ones, which have no more than so many
 * bytes in all. store_contents() fetches the rest. */
#define STORE_TOGETHER MB(8)
fallible store_numbered(struct request *, const struct dav_node *, struct ints ids, bool contents,
    struct dav_list *);
fallible store_changes(
    struct request *, const struct dav_node *, const char *token, int limit, struct dav_changes *);
fallible store_remove(struct request *, const struct dav_node *);
/* Into the trash (webdav/trash.h), from where it can be restored; what is a person's, and noise, for good. */
fallible store_trash(struct request *, const struct dav_node *);
fallible store_retire(struct request *, const struct dav_node *);
fallible store_succeed(
    struct request *, const struct dav_node *retired, const struct dav_node *heir);
fallible store_copy(
    struct request *, const struct dav_node *, const struct dav_node *to, bool deep);
fallible store_move(struct request *, const struct dav_node *, const struct dav_node *to);
fallible store_levels(struct request *, const struct dav_node *, struct dav_levels *);
fallible store_set_levels(struct request *, const struct dav_node *, const struct dav_levels *);
fallible store_quota(struct request *, const struct dav_node *, int64_t *used, int64_t *available);
fallible store_reserve(struct request *, const struct dav_node *, int64_t bytes);

/* ---- what kinds make their own operations of ---- */

/* Content of a member, new or not. type: what is stored as its media type, or NULL. What it held
 * before is kept as a version (webdav/version.h) where its kind has `succeed`. */
fallible store_write(struct request *, const struct dav_node *, const struct dav_content *,
    const char *type, struct dav_written *);
/* A new collection at a free name; display may be NULL. *id is its row. */
fallible store_make(struct request *, const struct dav_node *, const char *display, int64_t *id);

/* Refuses names that could not be shown or would deceive (decisions 1.12). */
fallible store_check_name(struct request *, const char *name);

/* When a member was last modified, as its client says. */
fallible store_set_modified(struct request *, const struct dav_node *, int64_t us);

/*
 * For retention: removes tombstones of a kind older than so many days, as far as the scope goes, and
 * adds how many there were. Outside of a transaction.
 */
fallible store_clear_tombstones(struct db *, struct arena *, const struct db_scope *,
    const char *kind, int days, int64_t *removed);
/* Removes what lies below deleted collections, the same way. */
fallible store_bury(struct db *, struct arena *, const struct db_scope *);

/* Folding of quota, burial of what lies below deleted folders, expired locks, sweep of contents:
 * for jobs_start. */
extern const struct job store_jobs[];

#endif
