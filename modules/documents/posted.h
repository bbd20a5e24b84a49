#ifndef DOCUMENTS_POSTED_H
#define DOCUMENTS_POSTED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "webdav/dav.h"

struct request;

/* The files of a form ("file"), as they are stored: all of them, or none. */
struct posted {
    const char *name; /* not checked */
    struct dav_content content;
};
struct posted_files {
    int64_t chapter; /* whose they will be: known once a large form has been admitted; what is small
                        needs no place in the store */
    bool settled;
    struct posted *posted;
    int n;
    int64_t bytes; /* of all of them */
};

/* Makes their contents durable, once; outside any transaction, when the body is complete. */
fallible posted_settle(struct request *, struct posted_files *);

#endif
