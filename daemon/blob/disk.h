#ifndef BLOB_DISK_H
#define BLOB_DISK_H

/* Private to daemon/blob: the keeper on the disk. */
#include "blob/store_in.h"

/* list.c: goes through all files. */
fallible disk_list(struct blob_store *, struct arena *,
    bool (*fn)(void *cls, const struct blob_found *), void *cls);

#endif
