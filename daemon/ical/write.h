#ifndef ICAL_WRITE_H
#define ICAL_WRITE_H

#include "ical/object.h"
#include "ical/value.h"

struct buf;

/*
 * Content lines as they are sent: folded at 75 octets and never inside of a UTF-8
 * character, ended by CRLF (RFC 5545, 3.1; RFC 6350, 3.2).
 */

/* A line out of its parts; `from` and `to` do not matter. Values of parameters are quoted and
 * encoded as they need it (RFC 6868). */
void ical_write_line(struct buf *, const struct ical_line *);
/* "NAME:value", the value as it is. */
void ical_write(struct buf *, const char *name, const char *value);
/* What stands before and behind the lines of a component. */
void ical_begin(struct buf *, const char *component);
void ical_end(struct buf *, const char *component);
/* "NAME:value" of a text, with its escapes. */
void ical_write_text(struct buf *, const char *name, const char *text);

/* "NAME;VALUE=DATE:20261121", "NAME:20261121T180000Z" */
void ical_write_when(struct buf *, const char *name, struct ical_time);

/* The other way of ical_text(): a text with its escapes (RFC 5545, 3.3.11). CRLF is one new line.
 */
const char *ical_escape(struct arena *, const char *text);

#endif
