#ifndef AUTH_BASIC_H
#define AUTH_BASIC_H

#include <stdbool.h>

struct arena;

/* Name and password of a Basic login (RFC 7617), in UTF-8. Wiped when the arena ends. */
struct credentials {
    const char *user, *password;
};

enum basic {
    BASIC_ABSENT,    /* no Authorization header, or one of another scheme */
    BASIC_MALFORMED, /* no base64, no colon, a NUL or another control character */
    BASIC_REFUSED,   /* well-formed, but no such login can exist: empty, blank or too long */
    BASIC_GIVEN
};

/*
 * Reads the value of an Authorization header (may be NULL). We ask for UTF-8;
 * what is not UTF-8 is taken for ISO 8859-1, which is what older clients send.
 */
enum basic basic_read(struct arena *, const char *header, struct credentials *);

/* The two rules for a form's fields as well: may this pair be shown to the directory? */
bool credentials_possible(const struct credentials *);

/* Wipes a text when the arena ends. */
void credentials_wipe_later(struct arena *, char *secret);

#endif
