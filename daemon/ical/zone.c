#include "ical/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/zone.h"
#include "ical/steps.h"
#include "ical/value.h"

#define LAST_ONSET INT64_C(4102444800) /* 2100-01-01: rules go on for ever */
#define ONSETS_MAX 20000               /* of all rules of a VTIMEZONE */

/* From then on the offset is so. */
struct onset {
    int64_t when;
    int offset;
};

struct ical_zone {
    const char *name;        /* NULL: of a VTIMEZONE */
    const struct zone *zone; /* NULL: UTC, or of a VTIMEZONE */
    const struct onset *onset;
    int n, before; /* the offset before the first */
};

const struct ical_zone ical_utc = { .name = "UTC" };

/* ---------------------------------------------------------------- a VTIMEZONE */

struct collected {
    struct onset *onset;
    int n, room;
};

static void
collect(struct arena *arena, struct collected *all, int64_t when, int offset)
{
    if (all->n == all->room) {
        int room = all->room == 0 ? 64 : 2 * all->room;
        struct onset *more = NEW_ARRAY(arena, struct onset, (size_t)room);
        if (all->n > 0)
            memcpy(more, all->onset, (size_t)all->n * sizeof *more);
        all->onset = more;
        all->room = room;
    }
    all->onset[all->n++] = (struct onset){ when, offset };
}

/* Its offset before and after, and the wall time of its first onset. */
static bool
read_observance(const struct ical_component *c, int *from, int *to, struct ical_time *start)
{
    const char *old = ical_value(c, "TZOFFSETFROM"), *new = ical_value(c, "TZOFFSETTO"),
               *first = ical_value(c, "DTSTART");

    return old != NULL && new != NULL &&first != NULL &&ical_read_offset(old, from) &&
           ical_read_offset(new, to) && ical_read_time(first, (int)strlen(first), start) &&
           !start->date;
}

static bool
add_rule(struct arena *arena, const struct ical_line *line, struct ical_time start, int from,
    int to, struct collected *all)
{
    struct ical_rule rule;
    int64_t wall;

    if (ical_rule_read(arena, line->value, &rule) != NULL)
        return false;
    struct ical_steps *steps = ical_steps_new(arena, &rule, start, start.wall, LAST_ONSET);
    while (ical_steps_next(steps, &wall) && all->n < ONSETS_MAX) {
        if (rule.dated && wall - (rule.until.utc ? from : 0) > rule.until.wall)
            break;
        collect(arena, all, wall - from, to);
    }
    return true;
}

static void
add_dates(
    struct arena *arena, const struct ical_line *line, int from, int to, struct collected *all)
{
    struct ical_time t;

    for (const char *p = line->value;; p++) {
        size_t n = strcspn(p, ",");
        if (ical_read_time(p, (int)n, &t))
            collect(arena, all, t.wall - (t.utc ? 0 : from), to);
        p += n;
        if (*p == '\0' || all->n >= ONSETS_MAX)
            break;
    }
}

static bool
add_observance(
    struct arena *arena, const struct ical_component *c, struct collected *all, int *from)
{
    struct ical_time start;
    int to;

    if (!read_observance(c, from, &to, &start))
        return false;
    collect(arena, all, start.wall - *from, to);
    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "RRULE", l)) != NULL;)
        if (!add_rule(arena, l, start, *from, to, all))
            return false;
    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "RDATE", l)) != NULL;)
        add_dates(arena, l, *from, to, all);
    return true;
}

static int
by_time(const void *a, const void *b)
{
    const struct onset *x = a, *y = b;

    return (x->when > y->when) - (x->when < y->when);
}

static const struct ical_zone *
read_component(struct arena *arena, const struct ical_component *c)
{
    struct ical_zone *zone = NEW(arena, struct ical_zone);
    struct collected all = { .n = 0 };
    int64_t first = INT64_MAX;

    for (const struct ical_component *o = c->child; o != NULL; o = o->next) {
        int had = all.n, from;
        if (!add_observance(arena, o, &all, &from))
            return NULL;
        if (all.onset[had].when < first) {
            first = all.onset[had].when;
            zone->before = from;
        }
    }
    if (all.n == 0)
        return NULL;
    qsort(all.onset, (size_t)all.n, sizeof *all.onset, by_time);
    zone->onset = all.onset;
    zone->n = all.n;
    return zone;
}

/* ---------------------------------------------------------------- a name */

/* "/freeassociation.sourceforge.net/Europe/Berlin" ends in a name that is known. */
static const struct zone *
known(const char *tzid)
{
    const struct zone *zone = zone_find(tzid);

    while (zone == NULL && (tzid = strchr(tzid, '/')) != NULL)
        zone = zone_find(++tzid);
    return zone;
}

const struct ical_zone *
ical_zone_find(struct arena *arena, const struct ical_component *calendar, const char *tzid)
{
    const struct zone *zone = known(tzid);

    if (zone != NULL) {
        struct ical_zone *found = NEW(arena, struct ical_zone);
        *found = (struct ical_zone){ .name = zone_name(zone), .zone = zone };
        return found;
    }
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") == 0) {
            const char *its = ical_value(c, "TZID");
            if (its != NULL && strcmp(its, tzid) == 0)
                return read_component(arena, c);
        }
    return NULL;
}

const char *
ical_zone_name(const struct ical_zone *zone)
{
    return zone->name;
}

/* ---------------------------------------------------------------- offsets */

int
ical_zone_offset(const struct ical_zone *zone, int64_t when)
{
    int low = 0, high = zone->n; /* the first onset after `when` */

    if (zone->zone != NULL)
        return zone_offset_in(zone->zone, when);
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (zone->onset[middle].when <= when)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? zone->before : zone->onset[low - 1].offset;
}

int64_t
ical_zone_when(const struct ical_zone *zone, int64_t wall)
{
    int earlier = ical_zone_offset(zone, wall - ICAL_DAY),
        later = ical_zone_offset(zone, wall + ICAL_DAY);
    int64_t a = wall - earlier, b = wall - later;

    if (earlier == later || ical_zone_offset(zone, a) == earlier)
        return ical_zone_offset(zone, b) == later && b < a ? b : a;
    return ical_zone_offset(zone, b) == later ? b : a;
}
