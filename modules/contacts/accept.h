#ifndef CONTACTS_ACCEPT_H
#define CONTACTS_ACCEPT_H

/* ANY: whatever is there. NONE: neither of the versions that there are. */
enum { ACCEPT_ANY = 0, ACCEPT_NONE = -1 };

/*
 * The version of vCard that an Accept header (RFC 9110, 12.5.1) asks a GET for, 3 or 4: the first
 * that it names of those two. ANY as soon as it takes cards without naming one, or is NULL.
 */
int accept_version(const char *header);

#endif
