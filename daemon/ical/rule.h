#ifndef ICAL_RULE_H
#define ICAL_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "ical/value.h"

struct arena;

/* A recurrence rule (RFC 5545, 3.3.10). */

enum ical_freq { SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY };

#define ICAL_RULE_VALUES 64 /* in a list of a rule */

/* A day of the week: all of them in a period, or the nth, counted from its end when negative. */
struct ical_weekday {
    int nth, day; /* 0: all; 0: Monday */
};

/* A list of BY... as bits; 0: there is none. Bit n of `back` is the nth from the end. */
struct ical_rule {
    enum ical_freq freq;
    int interval, first_day; /* WKST; 0: Monday */
    int count;               /* 0: no limit */
    bool dated;
    struct ical_time until;
    uint64_t seconds, minutes, hours, months, month_days, month_days_back, weeks, weeks_back;
    uint64_t year_days[6], year_days_back[6]; /* bit n % 64 of the n / 64th */
    bool by_year_day;
    struct ical_weekday weekday[ICAL_RULE_VALUES];
    int n_weekdays;
    int position[ICAL_RULE_VALUES]; /* BYSETPOS */
    int n_positions;
};

/*
 * Reads one. Why it is not taken, as a msgid; NULL: it is. Parts that RFC 5545 forbids beside each
 * other, calendars other than the Gregorian (RSCALE, RFC 7529), SECONDLY and lists of more than
 * ICAL_RULE_VALUES are not.
 */
const char *ical_rule_read(struct arena *, const char *text, struct ical_rule *);

#endif
