#ifndef CALENDARS_ZONES_H
#define CALENDARS_ZONES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct dav_content;
struct ical_component;
struct request;

/*
 * Time zones by reference (RFC 7809): what is stored of an object says all about the zones that it
 * names; a client that knows tzdata leaves that out, and asks for it to be left out.
 */

/* CalDAV-Timezones: F (7.1). */
bool zones_unwanted(struct request *);

/*
 * An object that a client sends, with the zones that it leaves out. *altered: she who sent it would
 * not get the same bytes back. ICAL_TOO_MUCH.
 */
fallible zones_complete(struct request *, const struct ical_component *calendar,
    const struct dav_content *sent, struct dav_content *whole, bool *altered);

/* An object as this request wants it: *seen is `bytes` itself where nothing is to be left out. */
fallible zones_seen(
    struct request *, const char *bytes, size_t n, const char **seen, size_t *length);

#endif
