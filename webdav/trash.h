#ifndef WEBDAV_TRASH_H
#define WEBDAV_TRASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/uri.h"
#include "webdav/dav.h"

struct request;
struct store_tree;

/*
 * What was deleted from the trees of a chapter: by DELETE, by MOVE to another chapter, by COPY and
 * MOVE of or onto a folder that was in their way, from wherever they came. Its name is free at once
 * and sync reports tell that it is gone, while it hangs with everything below it in a tree that has
 * no address; it counts in the chapter's quota. config->trash_days later a job ends it. Noise
 * (noise.h) is not kept.
 *
 * Rights are those of three policies together, access_kept(): that of the thing itself, that under
 * which it was deleted, and that of its place now. Who may not read it in all three is shown
 * nothing; restoring and purging need to write in all three and in everything below, as deleting did.
 */
struct trashed {
    int64_t id, node;
    const char *name;
    const char *place; /* "Protokolle/2026/": the way from the root; NULL: its place is gone */
    const char *remover;     /* NULL: not known any more, or */
    bool by_rule;            /* it was the retention rule of its folder (webdav/keeping.h) */
    const char *kind;        /* as dav_kind.name */
    bool collection;
    int64_t length, removed; /* bytes (0 of a collection); microseconds */
    unsigned rights;         /* MAY_... of the asking principal */
};

/* A page of it, the latest first; only what the principal may read. */
struct trash {
    const struct trashed *thing;
    int n;
    int64_t next; /* `before` of the next page; 0: this is the last */
};

/* That of the route's chapter, before the thing `before` (0: from the latest on). */
fallible trash_list(
    struct request *, const struct store_tree *, int64_t before, struct trash *);

/* One thing of it. NOT_FOUND also for who may not read it. */
fallible trash_find(struct request *, const struct store_tree *, int64_t id, struct trashed *);

/*
 * It comes back as `to`, a path of DAV whose last part is its name from then on. NOT_FOUND when the
 * folder of `to` is missing or may not be read, CONFLICT when the name is taken, NEED_WRITE, LOCKED.
 * The scope's tree lock must be TREE_EXCLUSIVE.
 */
fallible trash_restore(struct request *, const struct trashed *, const struct path *to);

/* It ends for good. NEED_WRITE. */
fallible trash_purge(struct request *, const struct trashed *);

/* The collections of the tree in which the principal may write, by name; at most 500. */
struct trash_places {
    const char *const *path; /* as trashed.place; "" is the root */
    int n;
};
fallible trash_places(struct request *, const struct store_tree *, struct trash_places *);

#endif
