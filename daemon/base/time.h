#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

/* Microseconds since 1970-01-01 UTC: what a clock on the wall shows. */
int64_t time_now(void);

/* Microseconds on a clock that never jumps: for deadlines. */
int64_t time_monotonic(void);

/* "Fri, 20 Nov 2026 20:00:00 GMT" (RFC 9110, 5.6.7). */
const char *time_http(struct arena *, int64_t us);
/* Reads all three forms of RFC 9110; false when it is none. */
bool time_from_http(const char *s, int64_t *us);

/* "2026-11-20T20:00:00Z" (RFC 3339). */
const char *time_rfc3339(struct arena *, int64_t us);

/* A day of the calendar as "2027-03-31"; "2027-02-29" is none. */
bool time_is_day(const char *s);

/* For people: "20. November 2026, 21:00" or "20 November 2026, 21:00" in the given zone. */
const char *time_people(struct arena *, int64_t us, const char *zone, const char *language);

#endif
