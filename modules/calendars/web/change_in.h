#ifndef CALENDARS_CHANGE_IN_H
#define CALENDARS_CHANGE_IN_H

#include "ical/patch.h"
#include "modules/calendars/web/change.h"

struct buf;

/* Inside change.c and change_lines.c alone: lines of an event, written and changed. */

/* Before and after everything that a calendar can say. */
#define CHANGE_FAR INT64_C(100000000000)

/* How the times of an event are written. */
struct clock {
    enum { CLOCK_DATE, CLOCK_UTC, CLOCK_ZONE, CLOCK_FLOATS } kind;
    const char *tzid;
};
/* Of a component as it is, and as it will be with those values. */
struct clock change_clock(const struct ical_component *);
struct clock change_clock_for(const struct ical_component *, const struct event_values *);
/* What stands there when clocks of the zone show `wall`. */
struct ical_time change_time_at(const struct clock *, const struct ical_zone *, int64_t wall);

/* A line with one parameter, unless `with` is NULL; and that of a time. */
const char *change_line(
    struct arena *, const char *name, const char *parameter, const char *with, const char *value);
const char *change_time_line(struct arena *, const char *name, const char *tzid, struct ical_time);

/* That a component was changed now (RFC 5545, 3.8.7). */
void change_stamp(struct arena *, struct ical_patch *, const struct ical_component *, int64_t now);
/* Title, place and description; only those that differ. */
void change_set_texts(struct arena *, struct ical_patch *, const struct ical_component *,
    const struct event_values *);
void change_set_text(struct arena *, struct ical_patch *, const struct ical_component *,
    const char *name, const char *text);
/* Who is invited: lines of others stay as they are. */
void change_set_guests(struct arena *, struct ical_patch *, const struct ical_component *,
    const struct event_guests *);
/* The lines of a new event for those who are invited. */
void change_write_guests(struct arena *, struct buf *, const struct event_guests *);
/* Without escapes and blanks at its ends; "" when there is none. */
const char *change_text_of(struct arena *, const struct ical_component *, const char *name);
/* From when to when, as long as the values say; `from` is what clocks of their zone show. */
void change_set_times(struct arena *, struct ical_patch *, const struct event_was *,
    const struct ical_component *, const struct event_values *, int64_t from);
/* The VTIMEZONE of tzid (whose rules are zone's) where it is `wanted` and not there yet. */
void change_add_zone(struct arena *, struct ical_patch *, const struct ical_component *calendar,
    const struct ical_zone *, const char *tzid, const char *wanted, int64_t from);
bool change_moves(const struct event_was *, const struct event_values *);
/* The midnight before, and the year. */
int64_t change_day(int64_t wall);
int change_year(int64_t wall);

/* Is it an instance of a series that is said by itself, and which one (as ids of instances say)? */
bool change_is_own(const struct ical_component *);
int64_t change_instance(
    struct arena *, const struct ical_component *calendar, const struct ical_component *);
bool change_has_exceptions(
    const struct ical_component *calendar, const struct ical_component *master);

void change_set_rule(
    struct arena *, struct ical_patch *, const struct ical_component *, const char *rule);
/* The rule with this end instead of its own: until, or count, or (NULL, 0) neither. */
const char *change_rule_ending(struct arena *, const char *rule, const char *until, int count);

/* Dates of a list between `from` and before `to`, on clocks later by `shift`. */
struct sieve {
    int64_t from, to, shift;
    const struct ical_zone *zone; /* whose clocks those in UTC go by */
};
void change_sift(struct arena *, struct ical_patch *, const struct ical_component *calendar,
    const struct ical_component *, const char *name, const struct sieve *);

#endif
