#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

/* A mail as it is sent. Names and texts are UTF-8; addresses as mail/address.h gives them. */
struct mail_message {
    const char *id;       /* "part@domain", for Message-ID and the boundary */
    int64_t time;         /* microseconds since 1970 */
    const char *language; /* "de" */
    const char *from, *from_name;
    const char *to, *to_name;
    const char *reply_to; /* an address, or NULL */
    const char *subject;
    const char *text;     /* lines of any kind of end and length */
    const char *stop_url; /* where one asks for no more by a POST (RFC 8058), or NULL */
    /* An iCalendar object and its method (RFC 6047), which arrives byte for byte; or NULL. */
    const char *method;
    const void *calendar;
    size_t n_calendar;
};

/*
 * Writes it (RFC 5322, 2045 to 2047): CRLF at the ends of lines, no line over 78 bytes but where an
 * address is longer, ASCII alone. Control characters in names and the subject become blanks, so
 * that nothing that somebody typed makes a header; those of the text but tab and the ends of lines
 * are left out.
 */
void mail_write(struct buf *, const struct mail_message *);

#endif
