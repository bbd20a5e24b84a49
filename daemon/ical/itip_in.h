#ifndef ICAL_ITIP_IN_H
#define ICAL_ITIP_IN_H

#include "ical/itip.h"

/* Private to itip*.c. */

/* VEVENT, VTODO, VJOURNAL: what one is invited to; beside them stand time zones. */
bool itip_is_item(const struct ical_component *);
/* The ATTENDEE line of somebody in a component, or NULL. */
const struct ical_line *itip_line_of(
    struct arena *, const struct ical_component *, const char *attendee);

/* An ATTENDEE line of somebody who is invited because a group is (MEMBER: RFC 5545, 3.2.11). */
bool itip_is_member(const struct ical_line *);

/* The answer for a component of ours; NULL: the reply says nothing of it. */
const struct ical_component *itip_answer_to(struct arena *, const struct itip_object *,
    const struct ical_component *ours, const struct itip_message *reply);
/* One that RFC 5545, 3.2.12 knows; what others invent means that nothing was decided. */
const char *itip_partstat_of(const struct ical_line *);

/* Do two RECURRENCE-IDs name the same instance, each by the zones of its own object? */
bool itip_same_time(struct arena *, const struct ical_component *calendar_a,
    const struct ical_line *a, const struct ical_component *calendar_b, const struct ical_line *b);

/* A line as it was sent, ended by CRLF whatever it ended with. */
void itip_write_as_sent(struct buf *, const char *bytes, size_t from, size_t to);
/* An ATTENDEE or ORGANIZER line without SCHEDULE- parameters, and without RSVP where it says so. */
void itip_write_person(struct buf *, struct arena *, const struct ical_line *, bool rsvp);

/* BEGIN, DTSTAMP, the organizer, what it is about; of an instance, which. */
void itip_write_short(struct buf *, struct arena *, const struct itip_object *,
    const struct ical_component *, const struct ical_line *recurrence, const char *now);
/* What stands before and behind the components of a message; method NULL: a stored object. */
void itip_begin(struct buf *, const struct itip_object *, const char *method);
void itip_end(struct buf *);

/* A line with parameters set, or (NULL) taken away. */
struct itip_set {
    const char *name, *value;
};
const char *itip_line_with(
    struct arena *, const struct ical_line *, const struct itip_set *, int n);

/* Seconds that it takes, by the clock. */
struct ical_timing;
int64_t itip_length(const struct ical_timing *);

#endif
