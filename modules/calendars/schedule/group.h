#ifndef CALENDARS_GROUP_H
#define CALENDARS_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "modules/calendars/schedule/schedule.h"

struct arena;
struct config;
struct dav_node;
struct db;
struct request;

/*
 * Groups that are invited by one address: {slug}@{group_domain} are the members of a chapter,
 * {slug}+vorstand@ its board, {slug}+{name}-{number}@ a group that it has made. No mail comes
 * there. The object of who invites keeps the one line; each member gets a copy in which she alone
 * stands beside it. Who is a member is said to nobody: not to who invites, and not to other
 * members.
 */

/* What stands in a mail address of ours, or in the address of the principal of a group. */
struct group_name {
    const char *slug;
    bool board;
    int64_t group; /* 0: none */
};
/* "jena", "jena+vorstand", "jena+plakate-17"; false: it is no such name. */
bool group_name_read(struct arena *, const char *name, struct group_name *);
/* Behind the @: the setting group_domain, or the host of base_url. */
const char *group_domain(const struct config *, struct arena *);
/* The name in "jena+vorstand@chapters.example.org" if that is our domain, else NULL. */
const char *group_in_mail(const struct config *, struct arena *, const char *mail);

/* Which of these names (NULL: none) are groups here; fills the users of those that are. Of those
 * that could be but are not, mail is NULL afterwards: nobody can be written to there. READ_ONLY. */
fallible group_users(
    struct db *, struct arena *, const char *const *names, int n, struct calendar_user *users);

/* May the asking person invite it: who may write a calendar of the chapter, and of a group that it
 * has made also those who are in it. *known: there is such a group. */
fallible group_may_invite(
    struct request *, const struct calendar_user *group, bool *known, bool *may);

/* ---- what members are told ---- */

/* A group that is invited to an object, or (ends) no longer. */
struct group_message {
    const char *address;
    const struct calendar_user *user;
    bool ends;
    const char *request, *cancel; /* with GROUP_MEMBER in place of an address; request NULL: ends */
};
#define GROUP_MEMBER "\x01"

/* The texts of a message for the group (REQUEST or CANCEL of ical/itip.h) for its members. */
fallible group_text(
    struct request *, const char *address, const char *bytes, size_t n, const char **text);

/*
 * Tells all members of groups, in the transaction of the write. node, or (0) the object with this
 * name_key in a calendar. besides: people who are told by themselves. again: also those who have
 * been told before; ask: and their answers so far count for nothing. One statement, however many
 * they are.
 */
struct group_telling {
    int64_t node, calendar;
    const char *name_key;
    const struct group_message *message;
    int n;
    const int64_t *besides;
    int n_besides;
    bool again, ask;
};
fallible group_tell(struct db *, struct arena *, const struct group_telling *);

/*
 * Notes what a member has answered, in the scope of who invites. *address: of the group; NULL: she
 * is not invited by one. *shown: her answer may stand in the object, since nobody else reads it.
 */
fallible group_answered(struct db *, struct arena *, int64_t node, const char *member,
    const char *partstat, const char **address, bool *shown);

/* How many of those who are invited to an object because of a group have answered what: PARTSTATs,
 * and the number of each. In the scope of the calendar. */
struct group_tally {
    const char *partstat;
    int64_t n;
};
fallible group_tally(struct db *, struct arena *, int64_t calendar, const char *name_key,
    const struct group_tally **, int *n);

/* Invites who has joined a group, and tells who has left it; outside of a transaction. Several may
 * do so at a time. */
fallible group_reconcile(struct db *, struct arena *);

#endif
