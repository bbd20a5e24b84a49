#ifndef CALENDARS_PAGES_H
#define CALENDARS_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"
#include "base/uri.h"
#include "db/db.h"
#include "ical/instances.h"
#include "ical/rule.h"
#include "modules/calendars/object.h"
#include "modules/calendars/web/attach.h"
#include "modules/calendars/web/change.h"

struct lang;
struct subscribe;
struct out;
struct request;
struct response;
struct view;

/*
 * The calendars of a chapter in the browser. Days are counted since 1970-01-01, in the time zone of
 * the installation; "wall" is what clocks show there, in seconds as if they showed UTC.
 */

/* ---- page_load.c: what there is ---- */

struct page_calendar {
    int64_t id;
    const char *name, *title; /* in addresses; for people */
    const char *colour;       /* of the style sheet: "k0" */
    unsigned takes; /* TAKES_... */
    bool editorial; /* its tasks are posts (tasks.h) */
    bool may_write, may_manage, is_public;
    enum role read_level;
};
struct page_calendars {
    const struct page_calendar *p;
    int n;
    bool may_write; /* in one of them at least */
};

/*
 * The same pages show what somebody has of her own: routes without a chapter. Where they are, and
 * the calendar (0) and the name (1) in the address of an event.
 */
bool page_is_own(const struct request *);
const char *page_base(struct request *);
const char *page_param(const struct request *, int i);

/* Those of the route's chapter that the asking person may read, or her own. */
fallible page_calendars(struct request *, struct page_calendars *);
/* The one of that name, or NULL. */
const struct page_calendar *page_calendar_named(const struct page_calendars *, const char *name);

/* The time zone that pages show. */
const struct ical_zone *page_zone(struct request *);
/* What clocks there show at that second. */
int64_t page_wall(const struct ical_zone *, int64_t when);
int64_t page_today(struct request *);
/* The day that a wall time is in. */
int64_t page_day(int64_t wall);

/* One instance of an event. */
struct page_entry {
    const struct page_calendar *calendar;
    const char *title, *place; /* place may be NULL */
    const char *href;          /* NULL: it is not for her, but that the time is taken */
    const struct ical_component *component; /* that says what it is */
    int64_t from, to;          /* wall; a whole day ends where the next begins */
    bool whole, cancelled, tentative;
};
struct page_entries {
    const struct page_entry *p; /* by their start */
    int n;
    bool more; /* not all of them could be shown */
};

/* Those that are on the days from first to before last, in `only` or (NULL) all of the calendars.
 */
fallible page_entries(struct request *, const struct page_calendars *,
    const struct page_calendar *only, int64_t first, int64_t last, struct page_entries *);

/* Does the object have more than one instance, or could have? */
bool page_recurs(const struct calendar_object *);
/* Is the component's start a day, not a time? */
bool page_is_whole(struct arena *, const struct calendar_object *, const struct ical_component *);
/* May everybody who may read the calendar see what it is (CLASS)? If not, who may write there. */
bool page_is_open(const struct ical_component *);
/* The text of a property without its escapes, trimmed; NULL when there is none. */
const char *page_text(struct arena *, const struct ical_component *, const char *name);

/* The way to a page; to one below the calendar when `inside`. */
fallible calendar_crumbs(struct request *, bool inside, struct view *);

/* ---- page_words.c: times for people ---- */

const char *page_weekday(const struct lang *, int64_t day);
const char *page_month(const struct lang *, int64_t day);
/* "Thursday, 5 November 2026" */
const char *page_long_day(struct arena *, const struct lang *, int64_t day);
/* "5 November" */
const char *page_short_day(struct arena *, const struct lang *, int64_t day);
/* "18:00" */
const char *page_clock(struct arena *, int64_t wall);
/* "2026-11-05", and back; false when it is none. */
const char *page_iso_day(struct arena *, int64_t day);
bool page_read_day(const char *s, int64_t *day);
/* Seconds of "18:00" (or "18:00:00"). */
bool page_read_clock(const char *s, int64_t *seconds);
/* "Thursday, 5 November 2026, 18:00 to 20:00" */
const char *page_when(struct arena *, const struct lang *, int64_t from, int64_t to, bool whole);
/* The same of a day's list: "18:00", "until 12:00", "all day". */
const char *page_when_on(
    struct arena *, const struct lang *, const struct page_entry *, int64_t day);
/* A rule in plain words: "Every 2 weeks on Monday, until 5 March 2027". */
const char *page_rule(struct arena *, const struct lang *, const struct ical_zone *here,
    const struct ical_rule *, int64_t start);

/* ---- page_list.c: GET /c/{chapter}/calendar, GET /account/calendar ---- */

struct page_item {
    const struct page_entry *entry;
    const char *when;
};
struct page_cell {
    int64_t number; /* of the day in its month */
    const char *title, *iso;
    bool today, other; /* other: of another month */
    const struct page_item *item;
    int n;
    const char *more; /* "3 more", and the address of all; or NULL */
    const char *more_href;
};
struct page_filter {
    const char *title, *href, *colour; /* colour NULL: all of them */
    bool now;
};
struct calendar_sheet {
    enum { VIEW_MONTH, VIEW_WEEK, VIEW_LIST } view;
    const char *title;                                                 /* "November 2026" */
    const char *month, *week, *list, *tasks, *previous, *today, *next; /* addresses */
    const char *weekday[7];
    const struct page_cell *cell; /* of a list those with something on them */
    int n;
    const struct page_filter *filter;
    int n_filters;
    bool names; /* the name of its calendar stands with each entry */
    bool nothing, more;
    bool none;       /* there is no calendar that she may read */
    const struct page_entry *invitation; /* of her own: which she has not answered */
    int n_invitations;
    const char *add;  /* address of the form, or NULL */
    const struct subscribe *feed; /* for other programs, or NULL */
    const char *feeds;            /* where addresses are made for them, or NULL */
    const char *files, *trash;    /* of who may write; or NULL */
};

fallible calendar_page(struct request *, struct response *);

/* ---- page_event.c: GET /c/{chapter}/calendar/{calendar}/{name} ---- */

struct page_guest {
    const char *name, *mail, *answer; /* mail may be NULL; answer: msgid */
    bool organizer;
};
struct event_sheet {
    const char *here;        /* its address */
    const char *when, *zone; /* zone: of what clock, when it is not the page's; or NULL */
    const char *rule, *place, *text, *address, *status; /* or NULL; status: msgid */
    const struct page_calendar *calendar;
    const struct page_guest *guest;
    int n_guests;
    const char *answers; /* how many come; or NULL */
    const char *answer;  /* hers so far, as a msgid; NULL: she is not invited */
    const char *etag, *problem; /* problem: or NULL */
    bool recurs;
    struct attached_list attached;
    bool may_attach;
    const char *download, *back;
    const char *edit; /* or NULL */
};

/* An event that was found, and the instance that is meant. */
struct page_event {
    const struct page_calendar *calendar;
    const char *name, *etag;
    struct bytes bytes;
    struct calendar_object object;
    bool recurs;
    bool invites; /* its owner invites to it (schedule.h) */
    struct ical_instance at;
};

fallible event_page(struct request *, struct response *);
/* The page of an event that was found; problem: why nothing was done, or NULL. */
fallible event_show(struct request *, struct response *, const struct page_event *, const char *at,
    const char *problem);
/* Its address: of the instance `at`, or (NULL) of all. */
const char *page_event_here(struct request *, const char *at);
/* The event of the address (calendar, name), and of it the instance `at` (NULL: the next).
 * NOT_FOUND for what is not there or not for her. */
fallible page_event_find(
    struct request *, const struct page_calendars *, const char *at, struct page_event *);

/* ---- page_form.c: an event as the fields of a form ---- */

struct event_form {
    const char *title, *place, *text;
    const char *guests; /* one a line; NULL: the form has no such field */
    const char *members, *board; /* group addresses to be ticked, "Members of Jena <...>"; or NULL */
    bool all_members, all_board; /* ticked */
    bool own;                    /* of nobody's chapter */
    bool whole;
    const char *from_day, *from_time, *to_day, *to_time;
    const char *repeat; /* a word of page_repeats */
    unsigned days;      /* of the week: bit 0 is Monday */
    const char *end;    /* "never", "until" or "count" */
    const char *until, *count;
    const char *calendar; /* of a new event */
    enum event_scope scope;
    const char *wrong_title, *wrong_from, *wrong_to, *wrong_repeat, *wrong_end,
        *wrong_guests; /* or NULL */
};

/* How an event can recur, in the order of the form; titles are msgids. */
struct page_repeat {
    const char *word, *title;
};
extern const struct page_repeat page_repeats[];
extern const int n_page_repeats;

/* Whose clocks the times of a form are. */
struct page_clock {
    const struct ical_zone *zone;
    const char *tzid;
    bool floats;
};
struct page_clock page_clock_of(struct request *, const struct page_event *);

/* Of an event as it is; and for a new one on that day. */
void page_form_fill(
    struct request *, const struct page_event *, const struct page_clock *, struct event_form *);
void page_form_new(struct request *, int64_t day, struct event_form *);
/* A field without blanks at its ends; "" when it was not sent. */
fallible page_read_line(struct request *, const char *name, size_t most, const char **text);
/* Forms send lines that end in CRLF; texts of events have none. */
const char *page_plain_lines(struct arena *, const char *text);
/* What was sent. */
fallible page_form_read(struct request *, struct event_form *);
/* What it means; false: something is wrong, and the form says what. was: as it is, or NULL. */
bool page_form_values(struct request *, struct event_form *, const struct event_form *was,
    const struct page_clock *, struct event_values *);
/* Does it say another recurrence than before? */
bool page_form_other_rule(const struct event_form *, const struct event_form *was);

/* ---- page_edit.c: new events, changes, and their end ---- */

struct edit_sheet {
    const struct event_form *form;
    const char *action, *back, *problem, *etag, *own_rule,
        *zone;                              /* problem, own_rule, zone: or NULL */
    const struct page_calendars *calendars; /* of a new event; else NULL */
    const char *weekday[7];
    bool recurs, alone; /* alone: an instance that was changed by itself before */
};

/* An object of a calendar of the chapter, in the home of whoever is signed in. */
struct path page_object_path(struct request *, const char *calendar, const char *name);
/* Writes it: still with that etag, or (NULL) as a new one. Errors of dav_change() and of a PUT. */
fallible page_write_object(struct request *, const char *calendar, const char *name,
    const char *etag, const char *bytes, size_t n);

fallible event_new_page(struct request *, struct response *, const struct page_calendars *);
fallible event_edit_page(
    struct request *, struct response *, const struct page_event *, const char *at);
fallible event_post_scope(struct request *);
/* Her own rows: for what she only looks at. */
fallible event_own_scope(struct request *);
/* POST /c/{chapter}/calendar, POST .../{calendar}/{name} */
fallible calendar_post(struct request *, struct response *);
fallible event_post(struct request *, struct response *);

/* pages/edit.html */
void calendars_edit(struct out *, const struct view *, const struct edit_sheet *);

/* pages/calendar.html, pages/event.html */
void calendars_show(struct out *, const struct view *, const struct calendar_sheet *);
void calendars_event(struct out *, const struct view *, const struct event_sheet *);

#endif
