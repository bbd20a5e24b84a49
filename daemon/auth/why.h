#ifndef AUTH_WHY_H
#define AUTH_WHY_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"

struct arena;
struct db;

/*
 * Why somebody may or may not: for pages shown to those who may manage a collection. The verdict
 * is that of access.c; this tells where the roles and the groups come from that it was made of.
 */

/* A role in the chapter that was asked about. */
struct role_origin {
    enum role role;
    const char *via; /* name of the chapter below in which she is a member, or NULL: this one */
    const char *group_key; /* of the directory, or NULL */
    bool granted;          /* by the chapter itself */
    const char *until;     /* last day of that, or NULL */
};

/* A group of the chapter. */
struct group_origin {
    const char *name;
    unsigned rights; /* MAY_... */
    const char *until;
};

struct why {
    const struct principal *who;
    bool known; /* false: nobody here; who is then somebody who is signed in and no more */
    struct access_why verdict;
    unsigned rights;
    const struct role_origin *role;
    int n_roles;
    const struct group_origin *group;
    int n_groups;
};

/*
 * Judges a login name against a policy of a chapter. A name that nobody has, and one of somebody
 * who is nothing in this chapter, look alike: who is a member elsewhere is not told.
 */
fallible why_person(
    struct db *, struct arena *, const char *uid, const struct policy *, struct why *);

/* The same for everybody who is that, and nothing more. */
void why_role(struct arena *, enum role, const struct policy *, struct why *);

/* A role as a word: a msgid. */
const char *why_role_title(enum role);

#endif
