#ifndef CHAPTERS_GRANT_H
#define CHAPTERS_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct chapter;
struct db;

/*
 * Roles that a chapter gives itself, beside those by groups of the directory: to
 * a guest, to whoever leads a working group. Inside the caller's transaction,
 * which is READ_WRITE and has the chapter in its scope.
 */

struct grant {
    const char *uid;    /* login name; a former one is understood */
    int role;           /* enum role: member, board or chair */
    const char *until;  /* last day, "2027-03-31", or NULL: until taken back */
    const char *reason; /* or NULL */
    int64_t by;         /* who gives it; 0: the operator */
};

/*
 * Gives the role, or changes until and reason of one already given (*made is
 * false then). NOT_FOUND: no such person; BAD_REQUEST: the day is none, or over.
 */
fallible grant_give(const struct app *, struct db *, struct arena *, const struct chapter *,
    const struct grant *, bool *made);

/* Takes it back; by: who does, 0 the operator. *done is false when the chapter had not given it. */
fallible grant_take(const struct app *, struct db *, struct arena *, const struct chapter *,
    const char *uid, int role, int64_t by, bool *done);

/* Somebody with a role, and why. */
struct holder {
    const char *uid, *name;
    int role;
    bool from_directory;
    const char *until, *by, *reason; /* of a grant; each may be NULL */
    bool over; /* a grant whose last day has passed, or whose person has left */
};
struct holders {
    const struct holder *holder;
    int n;
};

/* Everybody with a role of this chapter itself; who is member by a chapter below is not listed. */
fallible grant_list(struct db *, struct arena *, int64_t chapter, struct holders *);

#endif
