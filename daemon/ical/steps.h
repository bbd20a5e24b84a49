#ifndef ICAL_STEPS_H
#define ICAL_STEPS_H

#include "ical/rule.h"

/*
 * The instances of a recurrence rule, in the order of time and as clocks on the wall show them:
 * what zones make of that, and UNTIL, is for instances.c. Every step looks at one period (a year, a
 * week, a minute ...) that is computed of its number: nothing is searched through that does not lie
 * in the range, a day that does not fit is passed over as a whole, and every rule comes to an end
 * at the end of the range.
 */
struct ical_steps;

/*
 * Those of a recurrence that begins at `start`, which is one only if the rule says so, from `from`
 * up to `to` (seconds on the wall). With COUNT the ones before are counted one by one, and left
 * out.
 */
struct ical_steps *ical_steps_new(
    struct arena *, const struct ical_rule *, struct ical_time start, int64_t from, int64_t to);
bool ical_steps_next(struct ical_steps *, int64_t *wall);
/* Did the last one not come because looking for it had become too long? */
bool ical_steps_gave_up(const struct ical_steps *);

#endif
