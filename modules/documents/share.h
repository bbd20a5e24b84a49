#ifndef DOCUMENTS_SHARE_H
#define DOCUMENTS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"
#include "base/uri.h"
#include "html/qr.h"
#include "webdav/dav.h"

struct app;
struct arena;
struct db;
struct export_sink;
struct notices;
struct out;
struct request;
struct response;
struct view;

/*
 * Links: addresses (/s/{token}) by which people without a login read a folder or a document, or
 * put files into a folder (drop box). They belong to the chapter and end with a day. What one opens
 * is decided anew each time: by access.c (struct link_pass), and by walking down from what was
 * shared, so nothing above it or beside it can be named. The database has a hash of the token only,
 * so an address is shown once, when it is made; a link can be given a new one. Those who come by
 * one: visit.h.
 */

/* A line of a list of links; all texts are ready to show. */
struct share_row {
    const char *id, *purpose, *made, *until, *used;
    const char *maker;              /* or NULL: not known any more */
    const char *state;              /* why it does not work; or NULL */
    const char *place, *place_href; /* of the chapter's list: what it opens; or NULL */
    bool drop_box, password;
    bool maker_may_not; /* who made it may not make links here any more */
    bool over;          /* ended, or past its day */
    bool paused;        /* since a restore: may be confirmed */
};

/* Of one folder or document. */
struct share_sheet {
    const char *here, *back; /* its address, and that of the folder or document */
    const char *problem;     /* or NULL */
    const char *readers;     /* msgid: who can read it without a link */
    bool folder, off;        /* off: the chapter makes no links */
    bool drop_box;           /* as chosen before */
    const char *purpose, *until, *latest, *once;
    const struct share_row *row;
    int n;
};

/* Of the chapter. */
struct shares_sheet {
    const char *here;
    const char *setting; /* "nobody", "board", "member" */
    bool may_set;
    int paused;
    const struct share_row *row;
    int n;
};

/* A new address, shown once. */
struct share_made_sheet {
    const char *address, *purpose, *until, *back;
    bool drop_box, password;
    struct qr qr;
};

/* pages/share.html */
void documents_share(struct out *, const struct view *, const struct share_sheet *);
void documents_shares(struct out *, const struct view *, const struct shares_sheet *);
void documents_share_made(struct out *, const struct view *, const struct share_made_sheet *);

/* "?share" behind the address of a folder or document, and what its forms send. */
fallible share_page(struct request *, struct response *, const struct dav_node *);
fallible share_post(struct request *, struct response *, const char *what);

/* /c/{chapter}/shares, and its forms. */
fallible shares_page(struct request *, struct response *);
fallible shares_post(struct request *, struct response *);

/* "member" ...: who may make links in the chapter of the route. */
fallible share_least(struct request *, enum role *least);
/* A line for each of some rows of shares_of_node or shares_of_chapter: share_list.c. */
fallible share_rows_of_node(
    struct request *, const struct dav_node *, enum role least, const struct share_row **, int *n);
fallible share_rows_of_chapter(
    struct request *, enum role least, const struct share_row **, int *n, int *paused);

/* What the page of a folder tells whoever may write there. */
struct share_marks {
    bool here;           /* the folder has a link, or one it lies in */
    bool read_here;      /* one that reads */
    const int64_t *node; /* its members that have one */
    int n;
    const char *const *news; /* what has arrived by drop boxes */
    int n_news;
};
fallible share_marks(struct request *, const struct dav_node *, struct share_marks *);
bool share_marked(const struct share_marks *, const struct dav_node *);

/* Doors of the module; the last ones in a transaction of the caller, whose scope has the chapters.
 */
fallible share_notices(struct request *, struct notices *);
fallible share_chapter_export(
    const struct app *, struct db *, struct arena *, int64_t chapter, struct export_sink *);
fallible share_person_export(
    const struct app *, struct db *, struct arena *, int64_t person, struct export_sink *);
fallible share_person_erase(const struct app *, struct db *, struct arena *, int64_t person);
/* Links that have long been over. */
fallible share_clear(struct db *, struct arena *, int64_t *removed);

/* "anna", or "by the drop box “pictures”"; NULL when nobody knows. */
const char *documents_writer(const struct request *, const char *name, bool by_box);

#endif
