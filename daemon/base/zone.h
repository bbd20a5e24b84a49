#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Time zones by name ("Europe/Berlin"), read from the system's tzdata. The C
 * library knows one zone a process; pages need that of the reader.
 */

/* Is there such a zone here? */
bool zone_exists(const char *name);

/* Seconds east of UTC at that time (seconds since 1970); 0 for a zone that does not exist. */
int zone_offset(const char *name, int64_t when);

#endif
