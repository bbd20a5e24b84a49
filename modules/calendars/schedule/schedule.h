#ifndef CALENDARS_SCHEDULE_H
#define CALENDARS_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ical/itip.h"

struct app;
struct arena;
struct config;
struct db;

/*
 * Invitations and answers between the calendars of this installation (RFC 6638). Whoever writes an
 * object leaves messages in table schedule_message, in the same transaction; deliver.h works them
 * into the calendars of those they are for.
 */

/* What an object is to its owner: calendar_object.role. */
enum schedule_role { SCHEDULE_NONE, SCHEDULE_ORGANIZER, SCHEDULE_ATTENDEE };

/* Whom a calendar address means. */
struct calendar_user {
    enum {
        USER_OUTSIDE, /* nobody here; perhaps she can be written to */
        USER_PERSON,
        USER_GROUP    /* of a chapter */
    } kind;
    int64_t person;  /* USER_PERSON */
    int64_t chapter; /* USER_GROUP: whose group it is ... */
    int64_t group;   /* ... and which; 0: the chapter itself */
    bool board;      /* ... but only its board */
    const char *mail; /* "anna@example.org": of an address by mail, else NULL */
};

/*
 * Finds out whom addresses (mailto:, or that of a principal here, absolute or not) mean; users has
 * room for n. READ_ONLY is enough; one query for all.
 */
fallible schedule_users(const struct app *, struct db *, struct arena *,
    const char *const *addresses, int n, struct calendar_user *users);

/* Somebody as addresses name her. */
struct calendar_self {
    const char *mail; /* or NULL */
    const char *uid;
};
/* Does an address mean her? */
bool schedule_is_hers(
    const struct config *, struct arena *, const struct calendar_self *, const char *address);

/* SCHEDULE-STATUS (RFC 6638, 3.2.9) of what is sent to somebody. */
#define STATUS_SENT       "1.1" /* by mail */
#define STATUS_DELIVERED  "1.2" /* here: it is in the queue, which is as durable as the object */
#define STATUS_UNKNOWN    "3.7" /* nobody here, and no mail can be sent */
#define STATUS_NO_RIGHT   "3.8"
#define STATUS_UNDELIVERED "5.1"

/* A message to exactly one of a chapter and a person. */
struct schedule_message {
    int64_t chapter, person;
    int64_t node;         /* the object of who invites; 0: see `calendar`, or unknown */
    int64_t calendar;     /* not 0: the object with this name_key in it */
    const char *name_key;
    enum itip_method method; /* ITIP_REQUEST, ITIP_CANCEL, ITIP_REPLY */
    const char *address;     /* as whom she is invited; of an answer: who answers */
    const char *bytes;
    size_t n;
    bool quiet; /* tells what others answered, no more */
};
/* Puts it into the queue, deferred (db_defer). READ_WRITE, in whatever scope. */
fallible schedule_send(struct db *, struct arena *, const struct schedule_message *);

/*
 * An answer (a REPLY of itip_reply(), or read by itip_read() from elsewhere) to the object `node` of
 * whoever invites: worked in soon after the commit. The caller has made sure that it is from
 * `address`. *known: there is such an object. READ_WRITE, in whatever scope.
 */
fallible schedule_answer(struct db *, struct arena *, int64_t node, const char *address,
    const char *bytes, size_t n, bool *known);

#endif
