#ifndef CALENDARS_FEED_H
#define CALENDARS_FEED_H

#include "base/error.h"

struct request;
struct response;

/*
 * Calendars as files that other programs fetch again and again (Google, Outlook, web sites): what
 * everybody may read, of a chapter (/c/{chapter}/calendar.ics) or of one of its calendars
 * (/c/{chapter}/feeds/{calendar}.ics). Without a login, and the same for all who ask. Who takes part,
 * who has written it and when somebody is to be woken is in none of them; of events that are marked
 * private or confidential only that the time is taken.
 */
fallible feed_of_chapter(struct request *, struct response *);
fallible feed_of_calendar(struct request *, struct response *);

#endif
