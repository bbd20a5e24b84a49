#ifndef WEBDAV_PROPPATCH_H
#define WEBDAV_PROPPATCH_H

#include "webdav/dav.h"
#include "webdav/property.h"

/* One property to be set, or removed (value NULL), and what became of it. */
struct prop_change {
    struct prop_name name;
    const struct xml_in *value;
    const struct condition *cond; /* NULL: done */
};
struct prop_changes {
    struct prop_change *change;
    int n;
    bool failed;
};

/* The <set> and <remove> of a <propertyupdate> or <mkcol>, in their order. BAD_REQUEST. */
fallible proppatch_read(struct request *, const struct xml_in *root, struct prop_changes *);

/* Each change says what it was. All or nothing is the caller's part, who holds a savepoint: when
 * changes->failed, some may have been done. */
fallible proppatch_try(struct request *, const struct dav_node *, struct prop_changes *);

/* Their propstats, success first. */
void proppatch_write(struct xml_out *, const struct prop_changes *);

#endif
