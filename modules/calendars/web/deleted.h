#ifndef CALENDARS_DELETED_H
#define CALENDARS_DELETED_H

#include <stdbool.h>

#include "base/error.h"

struct out;
struct request;
struct response;
struct view;

/*
 * What was deleted in a chapter's calendars (webdav/trash.h): /c/{chapter}/calendar/trash shows
 * what the asking person could see both where it was and now, and takes it back into a calendar as
 * a PUT would: so it is checked, told to all programs, and comes to those invited, like a new
 * entry.
 */
struct deleted_row {
    const char *id, *title, *calendar,
        *removed;               /* calendar: it was in; NULL: that is deleted, too */
    const char *when, *remover; /* or NULL */
    bool may_act;
};
struct deleted_place {
    const char *name, *title;
};
struct deleted_sheet {
    const char *here, *back;
    const char *problem, *next; /* or NULL */
    int days;
    const struct deleted_row *row;
    int n;
    const struct deleted_place *place; /* where she may write */
    int n_places;
};

fallible deleted_page(struct request *, struct response *);
fallible deleted_post(struct request *, struct response *);

/* pages/deleted.html */
void calendars_deleted(struct out *, const struct view *, const struct deleted_sheet *);

#endif
