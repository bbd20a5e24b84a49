#ifndef CALENDARS_ATTACH_H
#define CALENDARS_ATTACH_H

#include <stdbool.h>

#include "base/error.h"

struct ical_component;
struct page_calendar;
struct page_event;
struct request;
struct response;

/*
 * Documents of the chapter that belong to an event: ATTACH with the whole address (no RFC 8607).
 * The document stays where it is, with its own levels: whoever may not read it is shown nothing of
 * it.
 */
struct attached {
    const char *title, *href; /* href: its page */
    const char *uri;          /* as the event has it */
    bool fewer;               /* not all who may read the calendar may read it */
};
struct attached_list {
    const struct attached *p;
    int n;
};
/* Those of a component that the asking person may read. */
fallible attach_list(struct request *, const struct page_calendar *, const struct ical_component *,
    struct attached_list *);

/* POST act=attach (document: its place or its address) and act=detach (uri): of all instances. The
 * page of the event again. */
fallible attach_post(
    struct request *, struct response *, const struct page_event *, const char *etag, bool add);

#endif
