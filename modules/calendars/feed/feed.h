#ifndef CALENDARS_FEED_H
#define CALENDARS_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "html/qr.h"
#include "html/subscribe.h"

struct app;
struct arena;
struct db;
struct dav_node;
struct export_sink;
struct ical_range;
struct out;
struct request;
struct response;
struct view;

/*
 * Calendars as files that other programs fetch again and again (Google, Outlook, web sites).
 *
 * What everybody may read, of a chapter (/c/{chapter}/calendar.ics) or of one of its calendars
 * (/c/{chapter}/feeds/{calendar}.ics), is told without a login, and the same to all who ask. Who
 * takes part, who has written it and when somebody is to be woken is in none of them; of events
 * that are marked private or confidential only that the time is taken.
 *
 * Further feeds have an address of their own (/feed/{token}.ics), which who manages the calendar
 * makes, and ends: for a program that can show no login, as all of these. Each tells as much as it
 * was made for. They belong to the chapter. The database has a hash of the token only, so the
 * address is shown once; a feed can be given another one. A calendar that fewer may read than when
 * the feed was made tells nothing by it (struct link_pass).
 */
enum feed_view {
    FEED_DETAILS, /* what everybody could know: when, what, where */
    FEED_BUSY,    /* when something takes time, and nothing that tells what */
    FEED_MEMBERS  /* and who takes part, without their addresses */
};
extern const char *const feed_views[]; /* their words in the database */
/* The view of that word; false: there is none. */
bool feed_view_read(const char *word, enum feed_view *);

struct feed {
    struct request *rq;
    enum feed_view view;
    const char *name;            /* of the whole */
    const char *token;           /* its hash in hex digits; NULL: it has no secret address */
    const struct dav_node *node; /* of a feed with a token */
    int64_t calendar[100];
    int n;
    const char *tag;  /* differs whenever something in it does */
    int64_t modified; /* microseconds; of its own, before anything in it */
    const struct ical_range *range; /* NULL: what is usual */
    struct buf buf;
};

/* feed.c */
fallible feed_of_chapter(struct request *, struct response *);
fallible feed_of_calendar(struct request *, struct response *);
/* The file, or that it is the same as before. */
fallible feed_answer(struct feed *, struct response *);

/* feed_told.c: the components of the view into the buffer. TOO_LARGE. */
fallible feed_tell(struct feed *);

/* feed_link.c: /feed/{token}.ics. Whatever does not work is one answer in the same words. */
fallible feed_scope(struct request *);
fallible feed_by_token(struct request *, struct response *);

/* ---- feed_page.c, feed_list.c: /c/{chapter}/feeds, for who manages calendars ---- */

/* A calendar that she may manage. */
struct feed_place {
    int64_t id;
    const char *title, *name;
    int16_t read_level;
    const char *open; /* where everybody finds it; or NULL */
};
struct feed_places {
    const struct feed_place *p;
    int n;
};
fallible feed_places(struct request *, struct feed_places *);

/* All texts are ready to show. */
struct feed_row {
    const char *id, *label, *calendar;
    const char *made, *until, *used; /* until: or NULL */
    const char *maker;               /* or NULL: not known any more */
    const char *state;               /* why it does not work; or NULL */
    enum feed_view view;
    bool over, paused; /* paused: since a restore, may be confirmed */
};
fallible feed_rows(struct request *, const struct feed_places *, bool off, const struct feed_row **,
    int *n, int *paused);

struct feeds_sheet {
    const char *here, *back;
    const char *problem; /* or NULL */
    bool off;            /* the chapter makes no links */
    struct feed_places places;
    const struct feed_row *row;
    int n, paused;
    const char *calendar, *label, *until, *once; /* as typed before */
    enum feed_view view;
};
struct feed_made_sheet {
    const char *label, *until, *back; /* until: or NULL */
    enum feed_view view;
    struct subscribe to;
    struct qr qr;
};
fallible feeds_page(struct request *, struct response *);
fallible feeds_post(struct request *, struct response *);

/* pages/feeds.html */
void calendars_feeds(struct out *, const struct view *, const struct feeds_sheet *);
void calendars_feed_made(struct out *, const struct view *, const struct feed_made_sheet *);

/* ---- feed_keep.c: doors of the module, in a transaction of the caller ---- */

fallible feeds_chapter_export(
    const struct app *, struct db *, struct arena *, int64_t chapter, struct export_sink *);
fallible feeds_person_export(
    const struct app *, struct db *, struct arena *, int64_t person, struct export_sink *);
fallible feeds_person_erase(struct db *, struct arena *, int64_t person);
/* Those that have long been over. */
fallible feeds_clear(struct db *, struct arena *, int64_t *removed);

#endif
