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
/* Did a property change of which an attendee must be asked again: times, recurrence, status? */
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

#endif
