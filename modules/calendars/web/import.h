#ifndef CALENDARS_IMPORT_H
#define CALENDARS_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct out;
struct request;
struct response;
struct view;

/*
 * Entries out of a file (.ics) and into one, in the browser: /c/{chapter}/calendar/import and
 * .../export.
 *
 * A file is first looked at: what is new, what is there and differs, what cannot be taken, and why.
 * What was looked at comes back with the form; nothing is kept in between. Then all that can be
 * taken is, in one transaction, by WebDAV's door as a PUT would. What comes out of a file invites
 * nobody. For 30 days an import can be taken back: what nobody has changed since, and it is said
 * what was left.
 */
#define IMPORT_FILE_MOST MB(5)
enum { IMPORT_OBJECTS_MOST = 1000, IMPORT_DAYS = 30 };

struct import_line {
    const char *title, *when, *text; /* when may be NULL; text: why it is not taken, or that it is
                                        here already; or NULL */
    int number;                      /* of its line in the file */
    enum { ENTRY_NEW, ENTRY_OTHER, ENTRY_SAME, ENTRY_REFUSED } what;
};
struct import_place {
    const char *name, *title;
    bool chosen;
};
struct import_batch {
    const char *id, *file, *made, *calendar, *entries;
    const char *who; /* or NULL */
    bool some;       /* nobody has changed all of it since */
};
struct import_sheet {
    const char *here, *back, *export;
    const char *problem; /* or NULL */
    bool looked;
    const struct import_place *place; /* where she may write */
    int n_places;
    const char *calendar, *calendar_title, *file, *text; /* that was looked at */
    const struct import_line *line;
    int n, n_new, n_other, n_same, n_bad;
    const struct import_batch *batch;
    int n_batches;
    const char *const *left; /* after taking back: what was left */
    int n_left, n_back;
    bool taken_back;
};

fallible import_page(struct request *, struct response *);
fallible import_post(struct request *, struct response *);
fallible export_page(struct request *, struct response *);

/* For import.c and import_undo.c */
struct page_calendars;
fallible import_show(struct request *, struct response *, struct import_sheet *);
fallible import_batches(struct request *, const struct page_calendars *, struct import_sheet *);
fallible import_take_back(struct request *, struct response *);

/* pages/import.html */
void calendars_import(struct out *, const struct view *, const struct import_sheet *);

#endif
