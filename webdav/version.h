#ifndef WEBDAV_VERSION_H
#define WEBDAV_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/uri.h"
#include "webdav/dav.h"

struct request;

/*
 * What documents held before they were overwritten, by PUT, by COPY and MOVE onto them, by a page.
 * A version is a row that shares its content with the tree; it counts in the chapter's quota. What
 * one person saves within config->version_sitting seconds is one version, empty documents and
 * noise (noise.h) have none. Who may do what with a version is decided by access_kept(): the
 * levels of the document now, and those under which it was overwritten.
 */
struct dav_version {
    int64_t id;
    const char *writer; /* who saved it, or by which drop box it came; NULL: not known any more */
    const char *type, *etag; /* as of the document then; type may be NULL */
    bool by_box;
    int64_t length, modified, replaced; /* bytes; microseconds */
    unsigned rights;                    /* MAY_... of the asking principal */
};

/* A page of them, the newest first; only what the principal may read. */
struct dav_versions {
    const struct dav_version *version;
    int n;
    int64_t next; /* `before` of the next page; 0: this is the last */
};

/* Those of a document, before the version `before` (0: from the newest on). */
fallible version_list(
    struct request *, const struct dav_node *, int64_t before, struct dav_versions *);

/* Which of these have versions that the principal may read? */
fallible version_any(struct request *, const struct dav_node *, int n, bool *has);

/* The document as it was: its kind's `read` answers with it. NOT_FOUND also for who may not read it. */
fallible version_find(
    struct request *, const struct dav_node *, int64_t id, struct dav_node *version);

/*
 * The document at a path of DAV holds again what a version holds; what it holds now becomes a
 * version. Rights and locks as of a PUT: NOT_FOUND, NEED_WRITE, LOCKED, STORAGE_FULL. The scope's
 * tree lock must be TREE_SHARED.
 */
fallible version_restore(struct request *, const struct path *, int64_t id);

/* Do documents of this kind and name have versions? */
bool version_keeps(const struct dav_node *);

/* How long saves of one person count once, for the queries that write: NULL without versions. */
const int32_t *version_sitting(const struct request *, const struct dav_node *, int32_t *seconds);

#endif
