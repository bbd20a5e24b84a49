#ifndef DOCUMENTS_VISIT_H
#define DOCUMENTS_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"
#include "base/uri.h"
#include "db/db.h"
#include "modules/documents/posted.h"

struct out;
struct request;
struct response;
struct view;

/*
 * Who comes by a link (share.h), at /s/{token}/...: nobody is asked who she is, and nothing is kept
 * of her. In the tree she is a principal with a struct link_pass.
 */

/* A link that works, as it was found in the transaction of the request. */
struct share {
    int64_t node;
    const char *purpose, *until;
    const char *password; /* slow hash of it, or NULL */
    bool drop_box;
    int files; /* have arrived */
    int64_t bytes;
    struct link_pass pass;
    struct path root; /* of DAV: what it opens */
};

/* Of a request, from scope to run. */
struct visit {
    struct bytes hash; /* of the token */
    bool tried, right; /* a password was sent; it is that of the link */
    struct posted_files files;
};

fallible visit_scope(struct request *);
fallible visit_admit(struct request *);
fallible visit_prepare(struct request *);
fallible visit_page(struct request *, struct response *);
fallible visit_post(struct request *, struct response *);

/* Finds the link in the transaction, and makes rq->who of it. NOT_FOUND, always in the same words.
 */
fallible visit_find(struct request *, struct share *);
/* What the address names, at what was shared or below it; NOT_FOUND. */
fallible visit_look(struct request *, const struct share *, struct dav_node *);
/* The folder of a drop box, which has no addresses below it. */
fallible visit_look_box(struct request *, const struct share *, struct dav_node *);

/* Has this browser given the password of the link? True also when it has none. */
bool visit_is_open(struct request *, const struct share *);
/* Asks for it. */
fallible visit_ask(struct request *, struct response *, const char *problem);

/* The page of a drop box. */
fallible visit_box_page(struct request *, struct response *, const struct share *);

struct visit_sheet {
    const char *here, *problem; /* problem may be NULL */
    const char *purpose, *limits;
    const char *const *arrived; /* names */
    int n_arrived;
};

/* pages/visit.html */
void documents_visit_password(struct out *, const struct view *, const struct visit_sheet *);
void documents_visit_box(struct out *, const struct view *, const struct visit_sheet *);

#endif
