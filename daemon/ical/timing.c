#include "ical/timing.h"

#include <string.h>

#include "base/macros.h"

bool
ical_overlaps(enum ical_shape shape, int64_t start, int64_t end, int64_t from, int64_t to)
{
    switch (shape) {
    case SHAPE_NEVER:
        return false;
    case SHAPE_SPAN:
        return from < end && to > start;
    case SHAPE_POINT:
        return from <= start && to > start;
    case SHAPE_TASK:
        return (from < end || from <= start) && (to > start || to >= end);
    case SHAPE_TASK_LONG:
        return from <= end && (to > start || to >= end);
    case SHAPE_DUE:
        return from < end && to >= end;
    case SHAPE_DONE:
        return (from <= start || from <= end) && (to >= start || to >= end);
    case SHAPE_MADE:
        return to > start;
    case SHAPE_ALWAYS:
        return true;
    case SHAPE_OFFER:
        return from <= end && to > start;
    }
    return false;
}

int64_t
ical_when(struct ical_time t, const struct ical_zone *zone)
{
    return t.utc || t.date || zone == NULL ? t.wall : ical_zone_when(zone, t.wall);
}

const char *
ical_time_of(struct arena *arena, const struct ical_component *calendar,
    const struct ical_line *line, struct ical_time *t, const struct ical_zone **zone)
{
    const char *tzid = ical_param(line, "TZID");

    *zone = NULL;
    if (!ical_read_time(line->value, (int)strlen(line->value), t))
        return N_("A time cannot be read.");
    if (t->utc)
        *zone = &ical_utc;
    else if (!t->date && tzid != NULL) {
        *zone = ical_zone_find(arena, calendar, tzid);
        if (*zone == NULL)
            return N_("A time is in a time zone that is unknown.");
    }
    return NULL;
}

bool
ical_read_period(const char *s, int n, const struct ical_zone *zone, struct ical_range *period)
{
    const char *slash = memchr(s, '/', (size_t)n);
    int first = slash == NULL ? n : (int)(slash - s), rest = n - first - 1;
    struct ical_duration d;
    struct ical_time t;

    if (slash == NULL || !ical_read_time(s, first, &t))
        return false;
    period->from = period->to = ical_when(t, zone);
    if (ical_read_duration(slash + 1, rest, &d)) {
        t.wall += d.days * ICAL_DAY;
        period->to = ical_when(t, zone) + d.seconds;
    } else if (ical_read_time(slash + 1, rest, &t)) {
        period->to = ical_when(t, zone);
    } else {
        return false;
    }
    return period->to >= period->from;
}

/* ---------------------------------------------------------------- how long */

static const char *
read_duration(const struct ical_line *line, struct ical_timing *t)
{
    if (!ical_read_duration(line->value, (int)strlen(line->value), &t->length))
        return N_("A duration cannot be read.");
    t->nominal = true;
    if (t->length.days < 0 || t->length.seconds < 0)
        t->length = (struct ical_duration){ 0 };
    return NULL;
}

/* By when it ends: the same time passes in every instance (RFC 5545, 3.8.5.3). */
static const char *
read_end(struct arena *arena, const struct ical_component *calendar, const struct ical_line *line,
    struct ical_timing *t)
{
    const struct ical_zone *zone;
    struct ical_time end;
    const char *why = ical_time_of(arena, calendar, line, &end, &zone);

    if (why != NULL)
        return why;
    t->exact = ical_when(end, zone) - ical_when(t->start, t->zone);
    if (t->exact < 0)
        t->exact = 0;
    return NULL;
}

/* ---------------------------------------------------------------- tasks */

/* A task without a start is when it is due, or was done or made. */
static const char *
read_other_times(struct arena *arena, const struct ical_component *calendar,
    const struct ical_component *c, struct ical_timing *t)
{
    const struct ical_line *due = ical_find(c, "DUE"), *done = ical_find(c, "COMPLETED"),
                           *made = ical_find(c, "CREATED");
    const struct ical_line *first = due != NULL ? due : made != NULL ? made : done;
    const char *why;

    t->shape = due != NULL    ? SHAPE_DUE
               : done != NULL ? SHAPE_DONE
               : made != NULL ? SHAPE_MADE
                              : SHAPE_ALWAYS;
    if (first == NULL)
        return NULL;
    why = ical_time_of(arena, calendar, first, &t->start, &t->zone);
    if (why == NULL && t->shape == SHAPE_DONE && made != NULL)
        why = read_end(arena, calendar, done, t);
    return why;
}

static const char *
read_task(struct arena *arena, const struct ical_component *calendar,
    const struct ical_component *c, struct ical_timing *t)
{
    const struct ical_line *due = ical_find(c, "DUE"), *duration = ical_find(c, "DURATION");

    t->shape = due != NULL ? SHAPE_TASK : duration != NULL ? SHAPE_TASK_LONG : SHAPE_POINT;
    return due != NULL        ? read_end(arena, calendar, due, t)
           : duration != NULL ? read_duration(duration, t)
                              : NULL;
}

/* ---------------------------------------------------------------- all others */

static const char *
read_event(struct arena *arena, const struct ical_component *calendar,
    const struct ical_component *c, struct ical_timing *t)
{
    const struct ical_line *end = ical_find(c, "DTEND"), *duration = ical_find(c, "DURATION");
    const char *why = end != NULL        ? read_end(arena, calendar, end, t)
                      : duration != NULL ? read_duration(duration, t)
                                         : NULL;

    if (end == NULL && duration == NULL && t->start.date) {
        t->length.days = 1;
        t->nominal = true;
    }
    t->shape =
        t->exact > 0 || t->length.days > 0 || t->length.seconds > 0 ? SHAPE_SPAN : SHAPE_POINT;
    return why;
}

static const char *
read_journal(struct ical_timing *t)
{
    t->shape = t->start.date ? SHAPE_SPAN : SHAPE_POINT;
    t->length.days = t->start.date;
    t->nominal = true;
    return NULL;
}

static const char *
read_offer(struct arena *arena, const struct ical_component *calendar,
    const struct ical_component *c, struct ical_timing *t)
{
    const struct ical_line *end = ical_find(c, "DTEND");

    t->shape = end == NULL ? SHAPE_NEVER : SHAPE_OFFER;
    return end == NULL ? NULL : read_end(arena, calendar, end, t);
}

const char *
ical_timing_read(struct arena *arena, const struct ical_component *calendar,
    const struct ical_component *c, struct ical_timing *t)
{
    const struct ical_line *start = ical_find(c, "DTSTART");
    bool task = strcmp(c->name, "VTODO") == 0, event = strcmp(c->name, "VEVENT") == 0;

    *t = (struct ical_timing){ .shape = SHAPE_NEVER };
    if (start == NULL)
        return task    ? read_other_times(arena, calendar, c, t)
               : event ? N_("An event has no start.")
                       : NULL;
    const char *why = ical_time_of(arena, calendar, start, &t->start, &t->zone);
    if (why != NULL)
        return why;
    return task                                ? read_task(arena, calendar, c, t)
           : event                             ? read_event(arena, calendar, c, t)
           : strcmp(c->name, "VJOURNAL") == 0  ? read_journal(t)
           : strcmp(c->name, "VFREEBUSY") == 0 ? read_offer(arena, calendar, c, t)
                                               : NULL;
}

void
ical_timing_place(const struct ical_timing *t, int64_t wall, int64_t *start, int64_t *end)
{
    struct ical_time at = { wall, t->start.date, t->start.utc };

    *start = ical_when(at, t->zone);
    at.wall += t->length.days * ICAL_DAY;
    *end = t->nominal ? ical_when(at, t->zone) + t->length.seconds : *start + t->exact;
}
