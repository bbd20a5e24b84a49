#ifndef CALENDARS_IMIP_H
#define CALENDARS_IMIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "db/db.h"
#include "ical/itip.h"

struct app;
struct arena;
struct lang;
struct out;
struct request;
struct response;
struct view;

/*
 * Invitations to people who are nobody here: they go by mail (RFC 6047), and answers come back by
 * mail or by a link in it (/r/{token}) that needs no account. One token, of 128 bits, is both the
 * end of that link and what stands behind the plus sign of the address for answers. It is made of
 * the owner, the UID and the address with the key of the installation, so that each mail about the
 * same event has the same; the database has its hash (table reply_link).
 */

/* ---- out: imip.c ---- */

struct schedule_mail {
    int64_t chapter, person; /* in whose name: exactly one of them; the scope has it */
    const char *to;          /* calendar address of who gets it */
    const char *bytes;       /* REQUEST, CANCEL or REPLY as ical/itip.h writes them */
    size_t n;
};

/*
 * Tells somebody outside by mail, in the transaction of what it is about. *status is what
 * SCHEDULE-STATUS says of it (RFC 6638, 3.2.9): "1.1" the mail is queued; "3.7" it is no address
 * for mail, or none is sent here; "5.1" there were too many today; "5.3" she wants none of them.
 * Of all who are invited she sees herself alone; who organizes is a name and, where mail_receive is
 * set, the address for answers.
 */
fallible schedule_mail(const struct app *, struct db *, struct arena *,
    const struct schedule_mail *, const char **status);

/* A mail, or the page behind its link; texts may be NULL where nothing is known. */
struct imip_sheet {
    enum { IMIP_ASKS, IMIP_ASKS_AGAIN, IMIP_CANCELS, IMIP_ANSWERS } what;
    const char *from; /* who invites, or answers */
    const char *title, *when, *rule, *place;
    const char *text;
    const char *const *line; /* of the text */
    int n_lines;
    const char *answer; /* msgid: what was answered */
    const char *link;
};
/* What it says of an object: of the series, or else of its first component. */
void imip_describe(const struct app *, struct arena *, const struct lang *,
    const struct ical_component *calendar, struct imip_sheet *);
/* A word for PARTSTAT, as a msgid. */
const char *imip_answer_word(const char *partstat);

/* mails/imip.txt */
void mail_imip(struct out *, const struct view *, const struct imip_sheet *);

/* ---- back: imip_reply.c ---- */

/* A token that was given out, and what it is about; found in the transaction of its scope. */
struct imip_invited {
    struct bytes hash;
    int64_t node;
    const char *owner;   /* name of the chapter or person that invites */
    const char *address; /* whose answer it is */
    const char *answer;  /* PARTSTAT of the last one that came this way, or NULL */
    bool over;           /* the event is past */
    struct itip_object object;
};

/* Whose scope a token needs: slugs (or "") and a person (or 0). *known false: there is none. */
fallible imip_scope(struct db *, struct arena *, struct bytes hash, bool *known, const char **slugs,
    int64_t *person);
struct bytes imip_hash(struct arena *, const char *token);
/* *invited NULL: what it was about is gone. */
fallible imip_find(
    struct db *, struct arena *, const struct lang *, struct bytes hash, struct imip_invited **);

/*
 * Passes an answer on to whoever keeps the object, as a REPLY in the queue of schedule.h. Refused
 * with 429 when there were many from there today.
 */
fallible imip_answer(
    struct db *, struct arena *, const struct imip_invited *, const char *partstat);
/* The same of a REPLY that came by mail. CONFLICT, ICAL_MALFORMED: why it is no answer to this
 * invitation. */
fallible imip_take(struct db *, struct arena *, const struct lang *, const struct imip_invited *,
    const char *bytes, size_t n);

/* Why a mail goes back to whoever sent it, as msgids: all that strangers are told is here. */
enum imip_bounce {
    BOUNCE_NO_TOKEN,
    BOUNCE_UNKNOWN,
    BOUNCE_NO_ANSWER,
    BOUNCE_OVER,
    BOUNCE_TOO_LARGE,
    BOUNCE_UNREADABLE,
    BOUNCES
};
extern const char *const imip_bounces[BOUNCES];

/* ---- /r/{token}: imip_page.c ---- */

struct reply_sheet {
    const char *here;
    struct imip_sheet event;
    const char *answer; /* msgid: so far */
    bool done;          /* it has just come */
    bool over;
};
fallible reply_scope(struct request *);
fallible reply_page(struct request *, struct response *);
fallible reply_post(struct request *, struct response *);

/* pages/reply.html */
void calendars_reply(struct out *, const struct view *, const struct reply_sheet *);

#endif
