#ifndef CALENDARS_OBJECT_H
#define CALENDARS_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "db/db.h"
#include "ical/instances.h"
#include "ical/object.h"

struct arena;
struct lang;

/* The components that a calendar may take (supported-calendar-component-set), as bits. */
enum { TAKES_VEVENT = 1, TAKES_VTODO = 2, TAKES_VJOURNAL = 4, TAKES_VFREEBUSY = 8, TAKES_ALL = 15 };
/* Bit of a component; 0: none that a calendar holds. */
unsigned object_bit(const char *component);

/* Longest UID, in bytes; it is in an index. */
#define OBJECT_UID_MAX 1000

/* Preconditions of RFC 4791, 5.3.2.1 (and 5.3.1.1). */
extern const struct condition SUPPORTED_CALENDAR_DATA, VALID_CALENDAR_OBJECT,
    SUPPORTED_CALENDAR_COMPONENT, NO_UID_CONFLICT, CALENDAR_TOO_LARGE;
/* RFC 7809, 5.2.1: a zone that nobody knows, in an object, a query, calendar-timezone-id. */
extern const struct condition VALID_TIMEZONE;

/* A calendar object resource (RFC 4791, 4.1): one event, task ... with all its changed instances. */
struct calendar_object {
    const struct ical_component *calendar; /* VCALENDAR */
    const char *uid, *component;           /* "VEVENT" */
    struct ical_set *set;                  /* its instances */
};

/*
 * Reads and checks n bytes as one. Fails with what RFC 4791, 5.3.2.1 names, and says where: nothing
 * is taken that could not be found again by its time.
 */
fallible object_read(struct arena *, const struct lang *, const char *bytes, size_t n,
    struct calendar_object *);

/* The media type that it is kept with. */
const char *object_type(struct arena *, const char *component);

/* When it is, as table occurrence has it. */
struct object_times {
    struct ints starts, ends; /* seconds since 1970, sorted by starts */
    struct ints takes;        /* enum ical_taken of each */
    bool exact;               /* an event, all of whose instances are at exactly these times */
    const int64_t *covers_from, *open_from, *again; /* as columns of calendar_object; NULL: null */
    const char *zones; /* the version of tzdata, "" if it needs none */
};
/* now: seconds since 1970. */
fallible object_times(
    struct arena *, const struct lang *, struct calendar_object *, int64_t now, struct object_times *);

#endif
