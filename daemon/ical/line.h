#ifndef ICAL_LINE_H
#define ICAL_LINE_H

#include "ical/object.h"

/* One content line after another, for object.c. */
struct ical_lines {
    struct arena *arena;
    const struct ical_limits *limits;
    const char *bytes;
    size_t n, at;
    int number; /* of the line read last, in what was sent: from 1 */
};

/* Why a line was not read; the words are msgids. */
struct ical_refusal {
    const char *why; /* NULL: it was */
    bool beyond;     /* a limit, not a mistake */
};

/* The next line, empty ones passed over; false at the end, or when it is refused. */
bool ical_line_next(struct ical_lines *, struct ical_line *, struct ical_refusal *);

#endif
