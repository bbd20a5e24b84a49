#ifndef CALENDARS_GUESTS_H
#define CALENDARS_GUESTS_H

#include <stdbool.h>

#include "base/error.h"
#include "modules/calendars/web/pages.h"

/* Those who are invited to an event, on its page and in its form: ORGANIZER and ATTENDEE lines, no
 * more. Whom it is sent to is decided by who stores it (schedule.h). */

/* Who comes, for the page of an event; addresses, and the numbers of groups, are for members. */
fallible guests_show(
    struct request *, const struct page_event *, bool member, struct event_sheet *);

/* May who may write the event invite to it? Not when somebody else does. */
bool guests_may_invite(struct request *, const struct page_event *);
/* The field of a form: one a line, "Anna Board <anna@example.org>". */
const char *guests_field(struct request *, const struct ical_component *);
/* Sets form->members and ->board, where they can be invited and are not yet. */
fallible guests_offer(struct request *, struct event_form *);
/*
 * What was typed there: addresses for mail, names of people of the chapter of the route, and lines
 * as they were (c: of the event as it is, or NULL); and groups that were ticked. Sets
 * form->wrong_guests when it cannot be.
 */
fallible guests_read(
    struct request *, struct event_form *, const struct ical_component *c, struct event_guests *);

/* Is the line that of who is signed in? For event_answer(): whose is the request. */
bool guests_is_hers(const struct ical_line *, void *request);
/* Her line; NULL: she is not invited, or invites herself. */
const struct ical_line *guests_hers(struct request *, const struct ical_component *);
/* What a line says of her, as a msgid. */
const char *guests_answer(const struct ical_line *);
/* What she is invited to in the next year and has not answered: sets s->invitation. */
fallible guests_invitations(
    struct request *, const struct page_calendars *, struct calendar_sheet *);

#endif
