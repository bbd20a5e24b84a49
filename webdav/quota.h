#ifndef WEBDAV_QUOTA_H
#define WEBDAV_QUOTA_H

#include <stdint.h>

#include "base/error.h"

struct arena;
struct db_scope;
struct quota_pool;
struct request;

/*
 * Space of chapters, in logical bytes (what each name holds, shared or not).
 *
 * Before something is written space is set aside in a lease: a row made in a
 * transaction of its own, on a connection of the pool, without waiting for the
 * flush. The transaction that writes only inserts what it adds or gives back
 * (quota_delta), so writers of one chapter never wait for each other. A process
 * keeps one lease a chapter for its small writes and draws on it in memory; an
 * upload gets its own when it is admitted. A job folds the deltas into quota.
 * Used bytes plus what leases hold never exceed the limit.
 */

/* One for each process: struct app.quota. conninfo must outlive it. */
struct quota_pool *quota_pool_new(const char *conninfo);
void quota_pool_free(struct quota_pool *);

/* What a write may draw on. lease 0: it needs none. */
struct quota_hold {
    int64_t chapter, lease, bytes;
};

/*
 * Sets bytes aside for a write to a chapter that the scope names; bytes <= 0
 * needs nothing. STORAGE_FULL when the chapter has not that much left. Give it
 * back with quota_release() when the write did not take place.
 */
fallible quota_hold(struct quota_pool *, struct arena *, const struct db_scope *, int64_t chapter,
    int64_t bytes, struct quota_hold *);
void quota_release(struct quota_pool *, const struct quota_hold *);

/*
 * The same for an upload whose body is still to come: kept in rq->space for the
 * write that follows, and given back when the request ends without one.
 */
fallible quota_reserve(struct request *, int64_t chapter, int64_t bytes);

/* What a write of rq draws on: what was reserved if that is enough, else a hold of its own. */
fallible quota_draw(struct request *, int64_t chapter, int64_t bytes, struct quota_hold *);

/* The database does not know the lease (any more): the next one to draw asks for another. */
void quota_forget(struct request *, const struct quota_hold *);

/* Bytes a chapter uses and may still use (RFC 4331); what is set aside for writes under way counts
 * as free. */
fallible quota_used(struct request *, int64_t chapter, int64_t *used, int64_t *available);

#endif
