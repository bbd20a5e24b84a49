#ifndef MAIL_MAIL_H
#define MAIL_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "mail/purpose.h"

struct app;
struct arena;
struct config;
struct db;
struct lang;

/*
 * The outbox. Whoever has something to tell puts it into the queue in the transaction of what it is
 * about: it is sent if and only if that is committed. The thread of mailer.h hands it to the relay
 * of the settings; README.md, "Mail", says what holds when something dies on the way.
 *
 * Nobody learns of other receivers: each gets a mail of her own. Mails come from the address of the
 * installation with the name of the chapter, never from one that somebody typed (K11).
 */

/* Does this installation send mail at all? Where it does not, pages show what would be sent. */
bool mail_is_on(const struct config *);

/* Who receives it. */
struct mail_receiver {
    const char *address; /* as mail_address() gave it */
    const char *name;    /* or "" */
    int64_t person;      /* her account, with which this goes; 0: she has none */
    bool outside;        /* of such there is a limit a day; always so without an account */
};

struct mail {
    /* In whose name: exactly one of them. The transaction's scope must have it. */
    int64_t chapter, person;
    const struct mail_purpose *purpose;
    /*
     * What it is about, such as "event 12 3": no receiver gets a second mail with the same key,
     * purpose and owner within a year. NULL: it is one of a kind.
     */
    const char *key;
    const char *sender;      /* name of the chapter or person */
    const char *reply_to;    /* where answers go, or NULL */
    const struct lang *lang; /* of subject and text */
    const char *subject,
        *text;          /* plain; the sentence about further mails is added when it is sent */
    int64_t start;      /* not before; 0: at once */
    const char *method; /* of the calendar object, or NULL */
    const void *calendar;
    size_t n_calendar;
};

/* What has become of the receivers. */
struct mail_queued {
    int64_t queued;
    int64_t stopped; /* have asked for no more of this purpose from this chapter */
    int64_t before;  /* got it before, or stand twice in the list */
    int64_t beyond;  /* of the limits of a day: mail_per_day, mail_outside_per_day */
};

/* READ_WRITE. CONFLICT when no mail is sent here. */
fallible mail_queue(const struct app *, struct db *, struct arena *, const struct mail *,
    const struct mail_receiver *, int n, struct mail_queued *);

/*
 * A word that only this installation can make, the same whenever it is asked for the same: for the
 * address to which an answer goes, so small letters and digits alone. 32 of them, 128 bits.
 */
#define MAIL_TOKEN_DIGITS 32
fallible mail_token(struct db *, struct arena *, const char *what, const char **token);

#endif
