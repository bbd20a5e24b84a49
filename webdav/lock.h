#ifndef WEBDAV_LOCK_H
#define WEBDAV_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "db/db.h"

struct arena;
struct dav_node;
struct if_header;
struct request;
struct xml_out;

/* A write lock in force (RFC 4918, 6 and 7). It belongs to a node, not to an address. */
struct lock {
    struct uuid id;
    const char *token; /* "opaquelocktoken:..." */
    int64_t node, holder;
    bool exclusive, deep;
    const char *owner; /* inner XML, or NULL */
    int64_t seconds;   /* left */
    const char *below; /* of lock_load_below: the locked member's address */
};
struct lock_list {
    const struct lock *lock;
    int n;
};

/* The locks on these nodes and on all collections above them. */
fallible lock_load(struct request *, const struct dav_node *, int n, struct lock_list *);
/* The locks on members of a collection, at any depth. */
fallible lock_load_below(struct request *, const struct dav_node *, struct lock_list *);

/* Is it on the node, or deep and above it? */
bool lock_covers(const struct lock *, const struct dav_node *);
/* Where it is, as an address, seen from a node it covers. */
const char *lock_root(struct arena *, const struct lock *, const struct dav_node *);

/* The tokens that a request submits; they count with their holder's login only. */
struct lock_tokens {
    const struct if_header *header; /* NULL: none */
    const char *extra;              /* one more (Lock-Token on a PUT, as Word sends it), or NULL */
};
bool lock_submitted(const struct request *, const struct lock_tokens *, const struct lock *);

/* What a method changes about a node. */
enum {
    LOCK_SELF = 1,    /* its content, its properties, itself */
    LOCK_MEMBERS = 2, /* the list of members of its parent */
    LOCK_BELOW = 4    /* all its members */
};
/* LOCKED when a lock stands in the way whose token was not submitted. */
fallible lock_check(
    struct request *, const struct lock_tokens *, const struct dav_node *, unsigned what);

/* "opaquelocktoken:uuid" (also "urn:uuid:uuid"), with or without "<>"; false when it is neither. */
bool lock_token_parse(const char *text, struct uuid *);

/* The content of DAV:lockdiscovery: every lock that covers the node, tokens only for their holder.
 */
void lock_write_discovery(
    struct request *, struct xml_out *, const struct lock_list *, const struct dav_node *);

#endif
