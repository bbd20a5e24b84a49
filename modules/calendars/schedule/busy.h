#ifndef CALENDARS_BUSY_H
#define CALENDARS_BUSY_H

#include "base/error.h"
#include "ical/busy.h"
#include "webdav/dav.h"

struct out;
struct request;
struct response;
struct view;

/* When people are busy, for those who may know, and nothing of why. */

/* Larger than all periods that are told. */
#define BUSY_BYTES_MAX MB(1)

/* Adds what a calendar takes up in the range. TOO_MANY_MATCHES. The scope of the transaction has
 * it. */
fallible busy_add_calendar(struct request *, const struct dav_node *calendar,
    const struct ical_range *, struct ical_busy *);

/* POST on an outbox (RFC 6638, 5): when others are busy. outbox.c */
fallible outbox_post(struct request *, struct response *);

/* /account/busy: who may ask that of her. page_busy.c */
struct busy_choice {
    const char *value, *title, *hint; /* title, hint: msgids */
    bool chosen;
};
struct busy_sheet {
    const struct busy_choice *choice;
    int n;
};
fallible busy_scope(struct request *);
fallible busy_page(struct request *, struct response *);
fallible busy_post(struct request *, struct response *);

/* pages/busy.html */
void calendars_busy(struct out *, const struct view *, const struct busy_sheet *);

#endif
