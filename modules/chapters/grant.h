#ifndef CHAPTERS_GRANT_H
#define CHAPTERS_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct chapter;
struct db;
struct directory_person;

/*
 * Roles that a chapter gives itself, beside those by groups of the directory: to
 * a guest, to whoever leads a working group. Inside the caller's transaction,
 * which is READ_WRITE and has the chapter in its scope.
 */

struct grant {
    const char *uid;                      /* login name; a former one is understood */
    const struct directory_person *found; /* people_look_up(), or NULL */
    int role;                             /* enum role: member, board or chair */
    const char *until;                    /* last day, "2027-03-31", or NULL: until taken back */
    const char *reason;                   /* or NULL */
    int64_t by;                           /* who gives it; 0: the operator */
};

/*
 * Gives the role, or changes until and reason of one already given (*made is
 * false then). NOT_FOUND: no such person; BAD_REQUEST: the day is none, or over, or (given by a
 * person to somebody who has no role here by the directory) missing or more than a year away.
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

/*
 * Everybody whom the chapter gave a role, and everybody who has at least the role `least` by the
 * directory; who is member by a chapter below is not listed.
 */
fallible grant_list(struct db *, struct arena *, int64_t chapter, int least, struct holders *);

#endif
