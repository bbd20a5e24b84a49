#ifndef ICAL_CARD_H
#define ICAL_CARD_H

#include "base/macros.h"
#include "ical/object.h"

/* Contacts: vCard 3.0 (RFC 2426) and 4.0 (RFC 6350), kept as they were sent. */

#define CARD_SIZE MB(1) /* the largest that is taken, CARDDAV:max-resource-size */

struct card {
    const char *bytes;
    size_t n;
    const struct ical_component *vcard;
    int version;      /* 3 or 4 */
    const char *uid;  /* unescaped, never empty */
    const char *name; /* what it is called by people, without escapes; "" at the worst */
    bool group;       /* KIND:group, or as Apple's programs say it in a vCard 3.0 */
};

/* ical_limits, but a line may be as long as a card: pictures stand in one. */
extern const struct ical_limits card_limits;

/* supported-address-data, no matter of size: neither vCard 3.0 nor 4.0 */
extern const struct condition CARD_UNSUPPORTED;

/*
 * What RFC 6352 demands of a card in an address book (5.1, 6.3.2.1): exactly one vCard of a
 * version that is known here, with a UID and an FN. `bytes` stay the caller's.
 */
fallible card_read(struct arena *, const struct lang *, const char *bytes, size_t n, struct card *);

/* The members of a group: their UIDs without "urn:uuid:", or what else they are referred to by. */
int card_members(struct arena *, const struct card *, const char *const **uids);

/* The parts of a value between semicolons (N, ADR, ORG), unescaped; of more than `most` the last
 * has the rest. Returns their number. */
int card_parts(struct arena *, const char *value, const char *part[], int most);

/* Is it among the values of a TYPE parameter, in any letters? vCard 4.0 may list them in quotes. */
bool card_has_type(const struct ical_line *, const char *type);

#endif
