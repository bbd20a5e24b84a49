#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>

struct arena;

#define MAIL_ADDRESS_MAX 254 /* RFC 5321, 4.5.3.1.3, without the angle brackets */

/*
 * An address for mail as people type it, blanks around it allowed: the dot-atom form of RFC 5321,
 * 4.1.2, at a name with at least one dot; no quoted local part, no address literal, ASCII only. The
 * domain comes out in small letters. False: it is none that we write to; *address is not set then.
 * What comes out has no character that means anything to SMTP or in a header (K10).
 */
bool mail_address(struct arena *, const char *typed, const char **address);

/* The same of a calendar address, "mailto:anna@example.org" (RFC 5545, 3.3.3; RFC 6068). */
bool mail_address_of_uri(struct arena *, const char *uri, const char **address);

#endif
