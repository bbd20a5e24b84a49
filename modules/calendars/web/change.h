#ifndef CALENDARS_CHANGE_H
#define CALENDARS_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"
#include "ical/instances.h"
#include "ical/zone.h"
#include "modules/calendars/object.h"

struct arena;
struct lang;

/*
 * What people do with an event on a page, done to its bytes: every line that it does not concern
 * stays as it was sent.
 */

/* Somebody to be invited. */
struct event_guest {
    const char *name, *address; /* name: or NULL; address: "mailto:anna@example.org" */
    bool group;
};
/* Who is invited besides those who are, and who no longer is. */
struct event_guests {
    const struct event_guest *add;
    const char *const *remove; /* addresses */
    int n_add, n_remove;
    struct event_guest organizer; /* where there is none yet */
};

/* What an event is to be. Times are what clocks of `zone` show. */
struct event_values {
    const char *title, *place, *text; /* "": none */
    bool whole; /* then `from` and `to` are midnights, `to` that of the day after */
    int64_t from, to;
    const char *rule; /* of RRULE; NULL: once */
    bool same_end;    /* it ends as the rule did before, whatever number stands in it */
    const struct ical_zone *zone;
    const char *tzid; /* how the zone is called in a new line; NULL: times float */
    struct event_guests guests;
};

/* Which of a series. */
enum event_scope { SCOPE_ONE, SCOPE_LATER, SCOPE_ALL };

/* An event as it is, and the instance that is meant. */
struct event_was {
    struct bytes bytes;
    const struct calendar_object *object;
    const struct ical_instance *at;
    struct event_values values; /* of that instance; rule: of the series */
};

/* What is stored instead: the object, and perhaps another one beside it. */
struct event_result {
    const char *bytes, *more; /* more: NULL, or the rest of a series that was split */
    size_t n, n_more;
    const char *uid; /* of `more` */
    bool gone;       /* nothing is left: it is to be removed */
};

/* A new one. */
const char *event_make(
    struct arena *, const struct event_values *, const char *uid, int64_t now, size_t *n);

/* rule_changed: only then the series gets the rule of the values. Why it cannot be done, as a
 * msgid; NULL: it is done. */
const char *event_change(struct arena *, const struct lang *, const struct event_was *,
    enum event_scope, const struct event_values *, bool rule_changed, int64_t now,
    struct event_result *);
const char *event_delete(struct arena *, const struct lang *, const struct event_was *,
    enum event_scope, int64_t now, struct event_result *);

/*
 * What somebody who is invited answers (PARTSTAT), in all lines for which `hers` is true: of a
 * series for all or one instance (SCOPE_ONE). As event_change(); nothing else of it changes.
 */
const char *event_answer(struct arena *, const struct lang *, const struct event_was *,
    enum event_scope, bool (*hers)(const struct ical_line *, void *whose), void *whose,
    const char *partstat, int64_t now, struct event_result *);

/* The series that an instance belongs to; NULL: there are only instances. */
const struct ical_component *event_master(const struct calendar_object *);

#endif
