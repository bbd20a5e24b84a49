#ifndef ICAL_MATCH_H
#define ICAL_MATCH_H

#include <stdbool.h>

struct arena;

/* Text-matches of calendar and contact queries (RFC 4791, 9.7.5; RFC 6352, 10.5.4). */

enum ical_collation {
    COLLATION_ASCII,   /* i;ascii-casemap (RFC 4790, 9.2) */
    COLLATION_OCTET,   /* i;octet (RFC 4790, 9.3) */
    COLLATION_UNICODE, /* i;unicode-casemap (RFC 5051) */
    COLLATIONS
};

/* Their names, for supported-collation-set. */
extern const char *const ical_collations[COLLATIONS];
/* False: there is none of that name here. What "default" is, is the caller's. */
bool ical_collation_find(const char *name, enum ical_collation *);

struct ical_match {
    enum ical_collation collation;
    enum { MATCH_CONTAINS, MATCH_EQUALS, MATCH_STARTS, MATCH_ENDS } how;
    bool negate;
    const char *text; /* as its collation compares it: ical_match_text() */
};

const char *ical_match_text(struct arena *, enum ical_collation, const char *text);

/* Without a look at `negate`. Takes nothing of the arena for good. */
bool ical_match_finds(struct arena *, const struct ical_match *, const char *text);

#endif
