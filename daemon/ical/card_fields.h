#ifndef ICAL_CARD_FIELDS_H
#define ICAL_CARD_FIELDS_H

#include <stdint.h>

#include "ical/card.h"

struct buf;

/*
 * A contact as people fill it in: the fields of a form and the columns of a table. A card has more
 * than these; what a field does not show is kept when it is changed.
 */
enum card_field {
    CARD_PREFIX,
    CARD_GIVEN,
    CARD_MIDDLE,
    CARD_FAMILY,
    CARD_SUFFIX,
    CARD_DISPLAY,
    CARD_NICKNAME,
    CARD_ORG,
    CARD_UNIT,
    CARD_TITLE,
    CARD_EMAIL,
    CARD_EMAIL_2,
    CARD_EMAIL_3,
    CARD_MOBILE,
    CARD_WORK_PHONE,
    CARD_HOME_PHONE,
    CARD_FAX,
    CARD_OTHER_PHONE,
    CARD_WORK_STREET,
    CARD_WORK_CITY,
    CARD_WORK_REGION,
    CARD_WORK_CODE,
    CARD_WORK_COUNTRY,
    CARD_HOME_STREET,
    CARD_HOME_CITY,
    CARD_HOME_REGION,
    CARD_HOME_CODE,
    CARD_HOME_COUNTRY,
    CARD_URL,
    CARD_BIRTHDAY, /* "1990-04-15", "--04-15", or whatever stands there */
    CARD_CATEGORIES,
    CARD_NOTE,
    CARD_FIELDS
};

struct card_fields {
    const char *value[CARD_FIELDS]; /* UTF-8 without escapes; "" or NULL: nothing */
};

/* What the card says; nothing is NULL in it. */
void card_fields_read(struct arena *, const struct card *, struct card_fields *);

/* How many more lines the card has for people, such as a picture or a second mobile phone. */
int card_fields_others(const struct card *);

/*
 * The card with these fields: lines of which nothing changes stay byte for byte, what is empty now
 * goes, what is new stands at the end. It is in the version it was; now, in microseconds, becomes
 * its REV.
 */
void card_fields_change(struct buf *, const struct card *, const struct card_fields *, int64_t now);

/* A new one, a vCard 3.0, which all programs read. A name is made of what there is. */
void card_fields_new(struct buf *, const char *uid, const struct card_fields *, int64_t now);

/* By what name it would be known: the display name, else one made of the others; "" of nothing. */
const char *card_fields_name(struct arena *, const struct card_fields *);

#endif
