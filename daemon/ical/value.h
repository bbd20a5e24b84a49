#ifndef ICAL_VALUE_H
#define ICAL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Values of time (RFC 5545, 3.3.4 to 3.3.9). Nothing here knows of time zones. */

#define ICAL_DAY INT64_C(86400)

/*
 * A time on the wall: seconds since 1970-01-01 00:00 there. A date is its midnight. It floats
 * unless it is UTC or its property says a time zone.
 */
struct ical_time {
    int64_t wall;
    bool date, utc;
};

/* Weeks and days are days on the calendar, the rest is seconds on a clock (RFC 5545, 3.3.6). */
struct ical_duration {
    int64_t days, seconds; /* both negative or none */
};

/* Days since 1970-01-01 of a day of the Gregorian calendar, and back. */
int64_t ical_days(int year, int month, int day);
void ical_civil(int64_t days, int *year, int *month, int *day);

/* Each reads all of n bytes; false when they are something else. Years from 1 to 9999. */
bool ical_read_time(const char *s, int n, struct ical_time *); /* "20261121T180000Z", "20261121" */
bool ical_read_duration(const char *s, int n, struct ical_duration *); /* "-P1DT2H30M", "P2W" */
bool ical_read_offset(const char *s, int *seconds);                    /* "+0100", "-053000" */

/* As it is written: "20261121T180000Z", "20261121". `to` has room for it. */
#define ICAL_TIME_ROOM 24
void ical_write_time(struct ical_time, char to[ICAL_TIME_ROOM]);

#endif
