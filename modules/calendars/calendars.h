#ifndef CALENDARS_CALENDARS_H
#define CALENDARS_CALENDARS_H

#include "base/error.h"
#include "webdav/home.h"

struct app;
struct arena;
struct dav_mount;
struct db;
struct export_sink;
struct module;
struct notices;
struct request;
struct search_hits;

/*
 * Calendars of chapters and of people (RFC 4791). Each person finds all of hers in one home,
 * /dav/calendars/{uid}/ (webdav/home.h). A calendar holds events, tasks, journals and free-busy
 * times as they were sent; what is found by is derived (object.h).
 */
extern const struct module calendars_module;

extern const struct dav_kind calendar_kind, event_kind;
extern const struct dav_mount calendars_mount;
extern const struct home calendars_home;

/* The calendars a new chapter starts with. */
fallible calendars_chapter_made(const struct app *, struct db *, struct arena *, int64_t chapter);
/* Removes tombstones that no client needs any more. */
fallible calendars_retention(const struct app *, struct db *, struct arena *, int64_t *removed);

/* Doors of the module: doors.c. In a transaction of the caller, whose scope has the chapter or person.
 */
fallible calendars_search(struct request *, const char *words, int limit, struct search_hits *);
fallible calendars_notices(struct request *, struct notices *);
fallible calendars_chapter_export(
    const struct app *, struct db *, struct arena *, int64_t chapter, struct export_sink *);
fallible calendars_person_export(
    const struct app *, struct db *, struct arena *, int64_t person, struct export_sink *);
fallible calendars_person_erase(const struct app *, struct db *, struct arena *, int64_t person);

/* Keeps table occurrence ahead of time, and as today's time zones say: a job. */
fallible calendars_reckon(const struct app *, struct db *, struct arena *);

#endif
