#ifndef ICAL_ITIP_H
#define ICAL_ITIP_H

#include <stdbool.h>
#include <stdint.h>

#include "ical/object.h"

struct arena;
struct buf;
struct lang;

/*
 * Invitations and answers to them (iTIP, RFC 5546), which go by mail (iMIP, RFC 6047) or into an
 * inbox (RFC 6638): written from stored objects, line by line as they were sent, and read. No
 * database, no mail.
 */

/* "mailto:Anna@Example.org" and "MAILTO:anna@example.org" are one calendar address. */
bool itip_same_address(const char *a, const char *b);
/* That of an ORGANIZER or ATTENDEE line: its value, or "mailto:" and its EMAIL when the value is
 * none by mail. */
const char *itip_address(struct arena *, const struct ical_line *);

/* The ORGANIZER line of an object; NULL: nobody is invited to it. The calendar is a VCALENDAR. */
const struct ical_line *itip_organizer(const struct ical_component *calendar);

/* Somebody who is invited to an object or to some of its instances, once however often she stands
 * in it. */
struct itip_attendee {
    const char *address;
    const struct ical_line *line; /* the first that names her */
};
/* All but the organizer (as a group, CUTYPE, it is one, too). Those for whom the client sends itself (SCHEDULE-AGENT, RFC 6638, 7.1) are
 * left out, and those who have answered because a group is invited (MEMBER): they are the group's. */
int itip_attendees(
    struct arena *, const struct ical_component *calendar, const struct itip_attendee **);

/* ---- messages, each a whole iCalendar object with a METHOD ---- */

/* An object as it is stored: its bytes, and what ical_read() made of them. */
struct itip_object {
    const char *bytes;
    const struct ical_component *calendar;
};

/*
 * REQUEST (RFC 5546, 3.2.2): what the object is to one attendee. Instances to which she is not
 * invited while she is to the others are EXDATEs; of those to which alone she is invited there is
 * nothing else. Alarms and SCHEDULE- parameters (RFC 6638, 7) stay here. False: she is not invited
 * to anything in it.
 */
bool itip_request(struct buf *, struct arena *, const struct itip_object *, const char *attendee);

/*
 * CANCEL (3.2.5) of the object as it was, for one attendee: of all that she was invited to, with a
 * SEQUENCE higher by one and DTSTAMP now ("20261121T180000Z"). recurrence: the RECURRENCE-ID line
 * of the one instance that is cancelled, or NULL. for_all: it does not take place; otherwise she
 * alone is no longer invited. False: she was not invited.
 */
struct itip_cancelled {
    const char *attendee;
    const struct ical_line *recurrence;
    bool for_all;
};
bool itip_cancel(struct buf *, struct arena *, const struct itip_object *,
    const struct itip_cancelled *, const char *now);

/*
 * REPLY (3.2.3) out of the attendee's own copy: for each component that she stands in what it
 * needs, and of all attendees only her, with what she answers. False: she stands in none, or there
 * is no organizer.
 */
bool itip_reply(struct buf *, struct arena *, const struct itip_object *, const char *attendee,
    const char *now);

/* DECLINECOUNTER (3.2.8) to a COUNTER that was read. */
void itip_decline_counter(
    struct buf *, struct arena *, const struct itip_object *counter, const char *now);

/* ---- what has changed (2.1.4, 2.1.5) ---- */

/* SEQUENCE, 0 when there is none. */
int64_t itip_sequence(const struct ical_component *);
/* Is the second newer than the first? By SEQUENCE, then DTSTAMP. */
bool itip_is_newer(const struct ical_component *than, const struct ical_component *);
/* Did a property change of which an attendee must be asked again: times, recurrence, status? That
 * instances are left out is no reason; that they take place again is one (itip_next_left_out()). */
bool itip_must_ask_again(const struct ical_component *before, const struct ical_component *after);

/* ---- what comes in ---- */

enum itip_method {
    ITIP_PUBLISH,
    ITIP_REQUEST,
    ITIP_REPLY,
    ITIP_ADD,
    ITIP_CANCEL,
    ITIP_REFRESH,
    ITIP_COUNTER,
    ITIP_DECLINECOUNTER,
    ITIP_METHODS
};
extern const char *const itip_method_names[ITIP_METHODS];

struct itip_message {
    enum itip_method method;
    struct itip_object object;
    const char *uid;
};
/*
 * Reads a message from somewhere: one VCALENDAR with a METHOD that is known, components of one kind
 * with one UID, each with DTSTAMP and (but for PUBLISH) one ORGANIZER, in a REPLY with exactly one
 * ATTENDEE, the same in all. ICAL_MALFORMED and the errors of ical_read().
 */
fallible itip_read(
    struct arena *, const struct lang *, const char *bytes, size_t n, struct itip_message *);

/*
 * Writes the organizer's object with the answer of a REPLY: the PARTSTAT of that attendee, in the
 * components that the reply names (RSVP ends, SCHEDULE-STATUS says that an answer has come: RFC
 * 6638, 3.2.8). An answer to a SEQUENCE that has passed counts for nothing. Returns how many
 * components changed; *unknown counts instances that the object has no component for. 0: nothing
 * was written.
 */
int itip_take_reply(struct buf *, struct arena *, const struct itip_object *,
    const struct itip_message *reply, int *unknown);

/* ---- groups that are invited by one address ---- */

/*
 * A REQUEST or CANCEL for a group as one of its members gets it: with a line of her own behind that of
 * the group, and none of other members. `member` may be anything that holds the place of an address.
 */
void itip_for_member(struct buf *, struct arena *, const struct itip_message *, const char *group,
    const char *member);

/*
 * The organizer's object with the answer of a member who does not stand in it yet, behind the line of
 * the group; as itip_take_reply(). Not when there are nearly as many attendees as an object may have.
 */
int itip_add_member(struct buf *, struct arena *, const struct itip_object *,
    const struct itip_message *reply, const char *group);
/* PARTSTAT of a REPLY to the whole object; NULL: it is about instances alone. */
const char *itip_answer(const struct itip_message *reply);

/* ---- two states of one object (RFC 6638, 3.2) ---- */

/* When an instance is that a RECURRENCE-ID or EXDATE names; `line` has that time alone. */
struct itip_moment {
    int64_t when;
    bool date;
    const struct ical_component *c; /* that says it */
    struct ical_line line;
};
/* An object with its instances at hand. */
struct itip_parts {
    struct itip_object o;
    const struct ical_component *master; /* the series, or the only one; NULL: there are instances alone */
    const struct itip_moment *own, *out; /* instances said by themselves; left out of the series; by time */
    int n_own, n_out;
};
struct itip_parts itip_parts_of(struct arena *, const struct itip_object *);

/* The component in one object that is what `c` is in the other; NULL: there is none. */
const struct ical_component *itip_same_item(struct arena *, const struct itip_parts *in,
    const struct itip_parts *of, const struct ical_component *c);
/* Is the instance `c` of the other one left out of this? */
bool itip_leaves_out(struct arena *, const struct itip_parts *in, const struct itip_parts *of,
    const struct ical_component *c);
/* The next that is left out of the second and not of the first; `last` NULL: the first such. */
const struct itip_moment *itip_next_left_out(const struct itip_parts *after,
    const struct itip_parts *before, const struct itip_moment *last);

/* Are the changes such as an attendee may make to her copy (3.2.2.1)? What stands in lines of other
 * attendees is not compared. */
bool itip_attendee_may(
    struct arena *, const struct itip_parts *before, const struct itip_parts *after);

/* What others are told of a component, in a form to be compared: no alarms, stamps, SCHEDULE-
 * parameters. people: with the ATTENDEE lines. */
void itip_essence(struct buf *, struct arena *, const struct ical_component *, bool people);

/*
 * The organizer's object as it is stored (3.2.8): in components that were rescheduled all attendees
 * but the organizer are asked again, under a higher SEQUENCE. merge: her program may have known less
 * than is known here (If-Schedule-Tag-Match), so answers are those of `before`. What nothing is
 * changed in comes back as it is.
 */
const char *itip_organize(struct arena *, const struct itip_parts *before,
    const struct itip_parts *after, bool merge, size_t n, size_t *n_written);

/* What the server says to her program of somebody's line (7.3): a status, or NULL to leave it. */
struct itip_status {
    const char *address, *status;
};
/* Writes them, in ORGANIZER lines too, and drops SCHEDULE-FORCE-SEND; as itip_organize(). */
const char *itip_set_status(struct arena *, const struct itip_object *, size_t n,
    const struct itip_status *, int n_status, size_t *n_written);

/* The attendee's copy as it is stored: lines of others are those of `before`. */
const char *itip_keep_others(struct arena *, const struct itip_parts *before,
    const struct itip_parts *after, const char *attendee, size_t n, size_t *n_written);

/*
 * REPLY to what changed of an attendee's answer: her PARTSTAT in a component, or an instance that
 * she has left out. before: NULL when it is new. False: nothing.
 */
bool itip_reply_to_changes(struct buf *, struct arena *, const struct itip_parts *before,
    const struct itip_parts *after, const char *attendee, const char *now);
/* REPLY that she takes part in nothing of it, for one who deletes her copy. */
bool itip_decline(struct buf *, struct arena *, const struct itip_object *, const char *attendee,
    const char *now);

/* ---- what is worked in ---- */

/*
 * A REQUEST as the attendee's copy. Of the copy there was (or NULL) it keeps what is hers: alarms,
 * TRANSP, X- properties, her answer unless she is asked again, instances she has declined and left
 * out. *asked: something is in it that she has not answered yet, and is new or another.
 */
void itip_take_request(struct buf *, struct arena *, const struct itip_parts *copy,
    const struct itip_message *, const char *attendee, bool *asked);

/* A CANCEL: the copy with STATUS:CANCELLED, or without the instance. False: it changes nothing. */
bool itip_take_cancel(
    struct buf *, struct arena *, const struct itip_parts *copy, const struct itip_message *);

/*
 * The organizer's object with components for instances of a series that a REPLY names and that were
 * nothing by themselves until then: only those that the series has, not more than `most`. 0: none
 * was needed, nothing was written.
 */
int itip_add_instances(struct buf *, struct arena *, const struct itip_object *,
    const struct itip_message *reply, int most);

#endif
