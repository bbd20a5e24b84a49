#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Time zones by name ("Europe/Berlin"), read from the system's tzdata. The C
 * library knows one zone a process; pages need that of the reader.
 */

/* One of them; all are read at once, by whoever is the first to ask. */
struct zone;

/* Has them read now: for a process that is about to lose its way to files. */
void zones_read(void);

/* Names what was read: another word for other rules, 16 digits. */
const char *zones_version(void);

/* NULL: there is no such zone here. */
const struct zone *zone_find(const char *name);
bool zone_exists(const char *name);
const char *zone_name(const struct zone *);

/* Seconds east of UTC at that time (seconds since 1970). */
int zone_offset_in(const struct zone *, int64_t when);

/* The same by name; 0 for a zone that does not exist. */
int zone_offset(const char *name, int64_t when);

#endif
