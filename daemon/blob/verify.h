#ifndef BLOB_VERIFY_H
#define BLOB_VERIFY_H

#include <stdint.h>

#include "base/error.h"

struct arena;
struct blob_store;
struct db;

/* One content or file that is not as it should be. */
struct blob_fault {
    enum { BLOB_MISSING, BLOB_DAMAGED, BLOB_ORPHAN } what; /* the first two are damage, the last rubbish */
    int64_t chapter, person; /* whose; one of them 0 */
    const char *sha256;      /* in hexadecimal digits: of the content, or (orphan) of the file */
    int64_t size;
    int64_t blob;            /* row; 0 for an orphan */
};

/* What a verification found. */
struct blob_report {
    int64_t contents, bytes; /* looked at */
    int64_t files;           /* in the store */
    int64_t missing, damaged, orphans;
    const struct blob_fault *faults; /* the first BLOB_FAULTS_MAX of them */
    int n_faults;
};
#define BLOB_FAULTS_MAX 1000

/*
 * Reads every content of the chapters of the scope again, hashes it, and looks for
 * files that nothing names. Begins and ends transactions of its own on a connection
 * that is in none. Orphans are files older than an hour without a row: younger ones
 * may belong to a write under way; the sweep removes them after seven days.
 * progress (may be NULL) is called about once a second with bytes done and bytes in all.
 */
fallible blob_verify(struct blob_store *, struct db *, struct arena *, struct blob_report *,
    void (*progress)(void *cls, int64_t done, int64_t all), void *cls);

#endif
