#ifndef WEBDAV_QUOTA_H
#define WEBDAV_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;
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

/*
 * For an upload whose body is still to come: sets bytes aside in rq->space for the write that
 * follows, and gives them back when the request ends without one; bytes <= 0 needs nothing.
 * STORAGE_FULL when the chapter has not that much left.
 */
fallible quota_reserve(struct request *, int64_t chapter, int64_t bytes);

/*
 * For an upload of several requests: what was reserved stays set aside when the request ends well.
 * *lease is its row, 0 when nothing was reserved; who keeps it ends it.
 */
void quota_keep(struct request *, int64_t *lease);
/* A lease kept so, for the write that follows; it stays when the request fails. */
void quota_use(struct request *, int64_t chapter, int64_t lease, int64_t bytes);

/*
 * The lease that a write of rq draws on: what was reserved if that is enough, else that of the
 * process; 0 when it needs none. Inside the transaction: if that does not take place the bytes go
 * back, and the next to draw asks for a new lease, since the database may have lost this one.
 * STORAGE_FULL as above.
 */
fallible quota_draw(struct request *, int64_t chapter, int64_t bytes, int64_t *lease);

/* Bytes a chapter uses and may still use (RFC 4331); what is set aside for writes under way counts
 * as free. */
fallible quota_used(struct request *, int64_t chapter, int64_t *used, int64_t *available);

/*
 * What a person has of her own is counted as it is written (table person_space): nobody else waits
 * there. The check comes after the write and with it; with person_quota exceeded all of it ends
 * with STORAGE_FULL. person 0: nothing to check.
 */
fallible quota_check_person(struct request *, int64_t person);
fallible quota_of_person(struct request *, int64_t person, int64_t *used, int64_t *available);

/* What uses the space of a chapter, in bytes: used = documents + versions + trash. */
struct quota_uses {
    int64_t used, most;
    int64_t documents, versions, trash; /* versions of what is in the trash are versions */
};
fallible quota_uses(struct db *, struct arena *, int64_t chapter, struct quota_uses *);
/* Nine tenths of it: people are told before it is full. */
bool quota_is_scarce(int64_t used, int64_t most);

#endif
