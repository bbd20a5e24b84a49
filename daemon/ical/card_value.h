#ifndef ICAL_CARD_VALUE_H
#define ICAL_CARD_VALUE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Values as vCard 3.0 and 4.0 write them differently. NULL: it is none of these, leave it. */

/* A day, perhaps without its year, and perhaps a time of it. */
struct card_date {
    int year; /* -1: none */
    int month, day;
    bool timed;
    int hour, minute, second;
    char zone[8]; /* "Z", "+0100", "" */
};

/* In either way of writing: "1990-04-15", "19900415", "--04-15", "1990-04-15T10:00:00+01:00". */
bool card_date_read(const char *s, struct card_date *);
const char *card_date_basic(struct arena *, const struct card_date *);    /* as 4.0 has it */
const char *card_date_extended(struct arena *, const struct card_date *); /* as 3.0 has it */

/* "-05:00" to "-0500" and back. */
const char *card_offset_basic(struct arena *, const char *s);
const char *card_offset_extended(struct arena *, const char *s);

/* "50.9;11.0" to "geo:50.9,11.0" and back. */
const char *card_geo_uri(struct arena *, const char *s);
const char *card_geo_pair(struct arena *, const char *s);

/* base64 without the blanks that programs leave in it. */
const char *card_base64(struct arena *, const char *s);
/* "data:image/png;base64,…": NULL when it is none. *media may be "". */
const char *card_data_uri(struct arena *, const char *s, const char **media);

/* The type of a picture by the first bytes of its base64; NULL. */
const char *card_sniff(const char *base64);

#endif
