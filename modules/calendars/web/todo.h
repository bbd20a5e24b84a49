#ifndef CALENDARS_TODO_H
#define CALENDARS_TODO_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"
#include "ical/instances.h"
#include "ical/zone.h"
#include "modules/calendars/object.h"

struct arena;
struct lang;

/*
 * Tasks (VTODO), and what people do with them on a page, done to their bytes: every line that it
 * does not concern stays as it was sent.
 */

/*
 * How far a task is, in standard properties alone, so that any program shows and changes it:
 * STATUS:NEEDS-ACTION; IN-PROCESS with PERCENT-COMPLETE below 75; IN-PROCESS from 75 on; COMPLETED;
 * CANCELLED. A post of an editorial calendar is an idea, a draft, approved, published, dropped.
 */
enum todo_state { TODO_OPEN, TODO_BEGUN, TODO_APPROVED, TODO_DONE, TODO_DROPPED, TODO_STATES };

/* A task as it is; of one that recurs what is to be done next, or (all is done) the last. */
struct todo {
    const struct ical_component *component, *master; /* master NULL: only instances are known */
    bool recurs, own;                                /* own: it was changed by itself */
    struct ical_instance at;                         /* of one that recurs */
    enum todo_state state;
    bool dated, whole, floats;
    int64_t due;  /* dated: seconds since 1970; whole or floats: what clocks show; whole: the day */
    int priority; /* RFC 5545, 3.8.1.9; 0: none */
};
/* False: it holds no task, or none that can be shown. */
bool todo_read(struct arena *, const struct calendar_object *, struct todo *);

/* CATEGORIES of all lines, without their escapes. Returns how many. */
int todo_categories(struct arena *, const struct ical_component *, const char *const **);

/* What a task is to be. */
struct todo_values {
    const char *title, *text, *contact; /* "": none */
    const char *const *category;
    int n_categories;
    bool dated, whole;
    int64_t due;      /* what clocks of `zone` show; whole: midnight of the day */
    const char *rule; /* of RRULE; NULL: once; needs a day */
    int priority;
    enum todo_state state;
    const struct ical_zone *zone;
    const char *tzid;
};

struct todo_was {
    struct bytes bytes;
    const struct calendar_object *object;
    const struct todo *todo;
    struct todo_values values; /* rule: of the series */
};

/* What is stored instead, and what beside it: what was done of a series (more, uid). */
struct todo_result {
    const char *bytes, *more;
    size_t n, n_more;
    const char *uid;
};

/* A new one. */
const char *todo_make(
    struct arena *, const struct todo_values *, const char *uid, int64_t now, size_t *n);
/* Only what differs from was->values is changed; of a series that is all that is not done yet. */
const char *todo_change(
    struct arena *, const struct todo_was *, const struct todo_values *, int64_t now, size_t *n);
/*
 * It is that far now. When one of a series is done, the series goes on to the next, and what was
 * done becomes a task of its own: so do Evolution and Apple's programs, and those that know but one
 * date of a task (Tasks.org) show it. A series with instances changed by themselves (Thunderbird)
 * gets one more.
 */
void todo_set_state(
    struct arena *, const struct todo_was *, enum todo_state, int64_t now, struct todo_result *);
/* The next of a series is left out. False: there is no later one. */
bool todo_skip(struct arena *, const struct todo_was *, int64_t now, struct todo_result *);

#endif
