#ifndef ICAL_SELECT_IN_H
#define ICAL_SELECT_IN_H

#include "ical/select.h"

/* Between select.c and expand.c. */
struct selecting {
    struct arena *arena;
    const struct ical_select *select;
    const struct ical_component *object;
    const char *bytes;
    const struct ical_zone *here;
    int *instances;
    struct buf *to;
};

/* What of a property is wanted. part NULL: all. */
enum wanted { NOT_WANTED, WITHOUT_VALUE, WANTED };
enum wanted select_wants(const struct ical_part *, const char *property);
/* A line as it was sent, if it is wanted. */
void select_line(const struct selecting *, const struct ical_part *, const struct ical_line *);
/* The components inside of one, so far as they are wanted. */
void select_inner(
    const struct selecting *, const struct ical_part *, const struct ical_component *);

/* All instances in the range of the set that a component is the first of. False: too many. */
bool select_expand(
    const struct selecting *, const struct ical_part *, const struct ical_component *);

#endif
