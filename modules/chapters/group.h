#ifndef CHAPTERS_GROUP_H
#define CHAPTERS_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct chapter;
struct db;
struct directory_person;

/*
 * Groups that a chapter makes itself, and its guests by e-mail. Inside the
 * caller's transaction, which is READ_WRITE and has the chapter in its scope;
 * `by` is a person or BY_OPERATOR (auth/audit.h). None of these functions asks who
 * wants it.
 */

/* CONFLICT: there is a group of this name; BAD_REQUEST: the name is none. */
fallible group_add(const struct app *, struct db *, struct arena *, const struct chapter *,
    const char *name, int64_t by);

/* With all that it opened. NOT_FOUND. */
fallible group_remove(const struct app *, struct db *, struct arena *, const struct chapter *,
    const char *name, int64_t by);

/* Somebody joins a group, or stays until another day. */
struct group_join {
    const char *group, *uid;
    const struct directory_person *found; /* people_look_up(), or NULL */
    const char *until;                    /* last day, or NULL: until removed; a guest has one */
    int64_t by;
};
/* *made is false when she was in it already. NOT_FOUND, BAD_REQUEST. */
fallible group_join(const struct app *, struct db *, struct arena *, const struct chapter *,
    const struct group_join *, bool *made);

/* *done is false when she was not in it. */
fallible group_leave(const struct app *, struct db *, struct arena *, const struct chapter *,
    const char *group, const char *uid, int64_t by, bool *done);

struct group_member {
    const char *uid, *name;
    const char *until; /* or NULL */
    bool over, guest;
};
struct group {
    int64_t id;
    const char *name;
    const struct group_member *member;
    int n;
};
/* All groups of a chapter. */
fallible group_list(struct db *, struct arena *, int64_t chapter, const struct group **, int *n);

/* ---- guests (guest.c): people whom the directory does not know ---- */

struct guest {
    int64_t id;      /* of her account */
    const char *uid; /* "guest-7k2m9q4d", made by guest_invite() */
    const char *name, *mail;
    const char *until;
    bool over, waits; /* waits: has not used her link yet */
};

/*
 * Invites somebody by her address: an account that signs in with one app password and ends
 * with a day, at most a year away. Invited again she keeps her account. role 0: none but what
 * the chapter's groups give. guest->uid is set; *code is what her link ends in, good for 14 days
 * and once; only its hash is kept.
 */
fallible guest_invite(const struct app *, struct db *, struct arena *, const struct chapter *,
    struct guest *, int role, int64_t by, const char **code);

/* What has become of the mail with her link. */
enum guest_mailed {
    GUEST_MAIL_OFF,      /* this installation sends no mail */
    GUEST_MAILED,        /* it is in the outbox, and goes with this transaction */
    GUEST_MAIL_UNWANTED, /* she has asked for no more of them from this chapter */
    GUEST_MAIL_TOO_MANY  /* the chapter has sent as many mails to outsiders today as it may */
};
/* Puts it into the outbox, in the language of the chapter. */
fallible guest_mail(const struct app *, struct db *, struct arena *, const struct chapter *,
    const struct guest *, const char *link, enum guest_mailed *);

/* Her access ends at once. NOT_FOUND. */
fallible guest_end(const struct app *, struct db *, struct arena *, const struct chapter *,
    const char *uid, int64_t by);

fallible guest_list(struct db *, struct arena *, int64_t chapter, const struct guest **, int *n);

#endif
