#ifndef ICAL_OBJECT_H
#define ICAL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct arena;
struct lang;

/*
 * iCalendar and vCard objects as they were sent: components of content lines
 * (RFC 5545, 3.1 and 3.4; RFC 6350, 3.2). Everything knows where it stands in
 * the bytes, so that a part of an object can be answered with as it came.
 */

struct ical_param {
    const char *name;         /* "TZID", in capital letters */
    const char *const *value; /* without quotes, RFC 6868 decoded */
    int n;                    /* at least one */
};

struct ical_line {
    const char *group; /* vCard: what stands before a dot, "ITEM1"; NULL: nothing */
    const char *name;  /* "DTSTART", in capital letters */
    const struct ical_param *param;
    int n_params;
    const char *value; /* unfolded, its escapes as they are */
    size_t from, to;   /* its bytes in the object, with folds and the line's end */
};

struct ical_component {
    const char *name; /* "VEVENT", in capital letters */
    struct ical_line *line;
    int n_lines;
    struct ical_component *child, *next; /* the first in it; the next beside it */
    size_t from, to;                     /* from its BEGIN to behind its END */
};

/* What may be read: as much, and no more. At each of these numbers it is still taken. */
struct ical_limits {
    size_t line; /* bytes, unfolded */
    int depth, lines, params, values, attendees, zones, observances, alarm_repeats;
};
extern const struct ical_limits ical_limits;

/* Which of the two it is, and what is wrong with what is not. */
struct ical_format {
    const char *component; /* "VCALENDAR": what alone stands outermost */
    const struct condition *malformed, *beyond;
};
/* valid-calendar-data and supported-calendar-data, valid-address-data: RFC 4791, 5.3.2.1; RFC
 * 6352, 6.3.2.1 */
extern const struct ical_format ical_calendar, ical_card;
/* ICAL_TOO_CROWDED: max-attendees-per-instance. */
extern const struct condition ICAL_MALFORMED, ICAL_TOO_MUCH, ICAL_TOO_CROWDED, CARD_MALFORMED,
    CARD_TOO_MUCH;

/*
 * Reads n bytes of UTF-8; lines may end in CRLF or LF, and a byte order mark may stand before them.
 * One or more components of the format stand beside each other in *first. What is refused is told
 * with the number of the line. Its recurrence rules can be read, too (rule.h).
 */
fallible ical_read(struct arena *, const struct lang *, const struct ical_format *,
    const struct ical_limits *, const char *bytes, size_t n, struct ical_component **first);

/* The first line of that name (in capital letters), and the next one after `after`; NULL: none. */
const struct ical_line *ical_find(const struct ical_component *, const char *name);
const struct ical_line *ical_find_next(
    const struct ical_component *, const char *name, const struct ical_line *after);
/* The first value of a parameter; NULL: it is not there. */
const char *ical_param(const struct ical_line *, const char *name);
/* The value of a line of that name; NULL: there is none. */
const char *ical_value(const struct ical_component *, const char *name);
/* A text without its escapes (RFC 5545, 3.3.11). */
const char *ical_text(struct arena *, const char *value);

#endif
