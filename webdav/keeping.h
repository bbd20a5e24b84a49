#ifndef WEBDAV_KEEPING_H
#define WEBDAV_KEEPING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/uri.h"
#include "webdav/dav.h"

struct db;
struct request;

/*
 * How long things in a collection are kept: versions of its documents, and the documents themselves.
 * A rule holds for the collection and for everything below that has no such rule nearer by, as levels
 * do. It goes where its collection goes; a copy has none of its own.
 *
 * A retention rule puts documents into the trash so many months after they were last saved (or made);
 * from there they end for good after config->trash_days, versions and all. So whoever finds out too
 * late still has them back. What is locked is left for the next day. Collections stay. A collection
 * that is marked KEEP_FOR_EVER wins over all rules, those inside it too. A new rule begins
 * KEEPING_GRACE_DAYS later. Rights: MAY_MANAGE, and for a rule that deletes the right to delete
 * everything below by hand.
 */
#define KEEPING_GRACE_DAYS 7
#define KEEP_MONTHS_MAX    1200

enum keep_since { SINCE_CHANGE, SINCE_UPLOAD };

/* What a collection says of its documents. */
struct keep_rule {
    enum { KEEP_AS_ABOVE, KEEP_FOR_EVER, KEEP_MONTHS } what;
    int months; /* of KEEP_MONTHS */
    enum keep_since since;
};

struct keeping {
    struct {
        int64_t days, each;
        bool own;
        const char *from; /* name of the collection whose rule it is; NULL: the settings' */
        bool from_root;   /* that is the root of the chapter */
    } versions;
    struct keep_rule rule; /* that holds: KEEP_AS_ABOVE is none at all */
    bool rule_own, rule_from_root;
    const char *rule_from;
    int64_t starts;       /* of KEEP_MONTHS, microseconds */
    const char *kept_by;  /* name of the collection above that is marked KEEP_FOR_EVER, which wins; or NULL */
    bool kept_by_root;
};

/* Of a collection, or of the one in which a member is. */
fallible keeping_of(struct request *, const struct dav_node *, struct keeping *);

/* days 0: as the collection above. Errors as of dav_look_to_manage; CONFLICT for what is no collection. */
fallible keeping_set_versions(struct request *, const struct path *, int64_t days, int64_t each);
/* NEED_WRITE, NEED_READ, TOO_MANY_MEMBERS when she could not delete everything below herself. */
fallible keeping_set_rule(struct request *, const struct path *, const struct keep_rule *);

/* What a rule would put into the trash at this moment, the oldest first. */
struct keep_due {
    const struct keep_thing {
        const char *name, *path; /* "Protokolle/2026/": the way from the collection */
        int64_t length, at;      /* bytes; microseconds: what the months are counted from */
    } *thing;
    int n;       /* at most KEEP_DUE_SHOWN */
    int64_t all; /* how many there are of those that the asking person may read; at most KEEP_DUE_MAX */
};
#define KEEP_DUE_SHOWN 50
#define KEEP_DUE_MAX   10000
fallible keeping_due(
    struct request *, const struct dav_node *, const struct keep_rule *, struct keep_due *);

/* For a module's retention door: carries out the rules of collections of a kind. */
fallible keeping_run(struct db *, struct arena *, const struct dav_kind *, int64_t *removed);

#endif
