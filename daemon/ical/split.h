#ifndef ICAL_SPLIT_H
#define ICAL_SPLIT_H

#include <stddef.h>

struct arena;
struct ical_part;

/*
 * A file of many entries (RFC 5545, 3.4: calendars one behind another, each with whatever it holds)
 * as the objects that a calendar keeps: one for each UID, with its changed instances and the time
 * zones that it names (RFC 4791, 4.1). Only where components begin and end is looked at here;
 * whether a piece is an object says who reads it. What stands around the entries (METHOD, names of
 * the calendar ...) is left out.
 */
struct ical_piece {
    const char *uid, *component; /* "VEVENT"; without a UID it gets one made of its bytes */
    const char *bytes;           /* an object of its own */
    size_t n;
    int line;                     /* where it begins in the file, from 1 */
    const struct ical_part *part; /* for ical_split_numbered() */
    int n_parts;
};
struct ical_pieces {
    struct ical_piece *p; /* in the order of the file */
    int n;
    int line; /* that could not be understood */
};

enum { SPLIT_ENTRIES_MOST = 5000, SPLIT_ZONES_MOST = 64 };

/* The pieces of n bytes of UTF-8 text, or why it is no such file (a msgid), with its line. */
const char *ical_split(struct arena *, const char *text, size_t n, struct ical_pieces *);

/* The same piece with each of its lines at the number that it has in the file, so that who reads it
 * can say what is wrong where. */
const char *ical_split_numbered(struct arena *, const struct ical_piece *, size_t *n);

/* An object whose ORGANIZER sends nothing by itself (RFC 6638, 7.1: SCHEDULE-AGENT=NONE), unless it
 * says who does; else its bytes are as before. */
const char *ical_split_silent(struct arena *, const char *bytes, size_t n, size_t *n_silent);

#endif
