#include "ical/instances.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "ical/steps.h"

#define EARLIEST   INT64_C(-62135596800) /* 0001-01-01 */
#define LATEST     INT64_C(253402300799) /* 9999-12-31 */
#define FLOATING   (14 * INT64_C(3600))  /* as far as zones are from UTC */
#define VALUES_MAX 5000                  /* of all RDATE, of all EXDATE */

/* An instance that was changed. */
struct override {
    const struct ical_component *component;
    struct ical_timing timing;
    struct ical_time recurrence;
    int64_t at, shift; /* which one, and how far it and what follows are moved */
    bool and_later;    /* RANGE=THISANDFUTURE */
    bool floats;       /* its RECURRENCE-ID */
};

/* One that a rule or a date gives. */
struct candidate {
    int64_t at, wall, length; /* length: of a PERIOD; -1: as all of them */
};

struct candidates {
    struct candidate *p;
    int n, room;
    int64_t until;
};

struct ical_set {
    struct arena *arena;
    const struct ical_component *calendar,
        *master; /* master NULL: only changed instances are known */
    struct ical_timing timing;
    struct override *override; /* by `at` */
    int n_overrides;
    int64_t reach; /* how far before a range an instance may start that overlaps it */
};

/* ---------------------------------------------------------------- reading */

static const char *
read_override(struct ical_set *set, const struct ical_component *c, const struct ical_line *line)
{
    struct override *o = &set->override[set->n_overrides++];
    const char *range = ical_param(line, "RANGE");
    const struct ical_zone *zone;
    const char *why = ical_time_of(set->arena, set->calendar, line, &o->recurrence, &zone);

    if (why == NULL)
        why = ical_timing_read(set->arena, set->calendar, c, &o->timing);
    if (why != NULL)
        return why;
    o->component = c;
    o->floats = zone == NULL;
    o->at = ical_when(o->recurrence, zone);
    o->shift = ical_when(o->timing.start, o->timing.zone) - o->at;
    o->and_later = range != NULL && strcmp(range, "THISANDFUTURE") == 0;
    return NULL;
}

static int
by_at(const void *a, const void *b)
{
    const struct override *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

static int64_t
length_of(const struct ical_timing *t)
{
    return t->nominal ? t->length.days * ICAL_DAY + t->length.seconds : t->exact;
}

static void
widen(struct ical_set *set, int64_t reach)
{
    if (reach > set->reach)
        set->reach = reach;
}

const char *
ical_set_read(struct arena *arena, const struct ical_component *calendar,
    const struct ical_component *const *component, int n, struct ical_set **read)
{
    struct ical_set *set = *read = NEW(arena, struct ical_set);
    const char *why = NULL;

    *set = (struct ical_set){ .arena = arena,
        .calendar = calendar,
        .override = NEW_ARRAY(arena, struct override, (size_t)n) };
    for (int i = 0; i < n && why == NULL; i++) {
        const struct ical_line *id = ical_find(component[i], "RECURRENCE-ID");
        if (id != NULL) {
            why = read_override(set, component[i], id);
        } else if (set->master != NULL) {
            why = N_("Two components with the same UID are no instances of a recurrence.");
        } else {
            set->master = component[i];
            why = ical_timing_read(arena, calendar, component[i], &set->timing);
        }
    }
    if (why != NULL)
        return why;
    qsort(set->override, (size_t)set->n_overrides, sizeof *set->override, by_at);
    widen(set, length_of(&set->timing));
    for (int i = 0; i < set->n_overrides; i++)
        if (set->override[i].and_later)
            widen(set, length_of(&set->override[i].timing) + llabs(set->override[i].shift));
    return NULL;
}

bool
ical_set_joins(const struct ical_component *a, const struct ical_component *b)
{
    const char *one = ical_value(a, "UID"), *other = ical_value(b, "UID");

    return strcmp(a->name, b->name) == 0 &&
           (one == NULL || other == NULL ? one == other : strcmp(one, other) == 0);
}

const char *
ical_set_of(struct arena *arena, const struct ical_component *calendar,
    const struct ical_component *component, struct ical_set **set)
{
    int n = 0;

    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        n += ical_set_joins(c, component);
    const struct ical_component **list = NEW_ARRAY(arena, const struct ical_component *, (size_t)n);
    n = 0;
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (ical_set_joins(c, component))
            list[n++] = c;
    return ical_set_read(arena, calendar, list, n, set);
}

/* ---------------------------------------------------------------- lists of dates */

static void
push(struct ical_set *set, struct candidates *list, struct candidate c)
{
    if (list->n == list->room) {
        list->room = list->room == 0 ? 256 : 2 * list->room;
        struct candidate *more = NEW_ARRAY(set->arena, struct candidate, (size_t)list->room);
        if (list->n > 0)
            memcpy(more, list->p, (size_t)list->n * sizeof *more);
        list->p = more;
    }
    list->p[list->n++] = c;
}

/* What clocks show then where the first instance is. */
static int64_t
wall_at(const struct ical_set *set, int64_t at)
{
    return at + (set->timing.zone == NULL ? 0 : ical_zone_offset(set->timing.zone, at));
}

/* "20261121T180000Z" or, as a PERIOD, with "/" and its end or length behind. */
static const char *
read_date(struct ical_set *set, const char *s, size_t n, const struct ical_zone *zone,
    struct candidate *c)
{
    const char *slash = memchr(s, '/', n);
    size_t first = slash == NULL ? n : (size_t)(slash - s);
    struct ical_duration d;
    struct ical_time t, end;

    if (!ical_read_time(s, (int)first, &t))
        return N_("A time cannot be read.");
    if (t.date && !set->timing.start.date) /* at the time of day of the others */
        t = (struct ical_time){ t.wall + (set->timing.start.wall % ICAL_DAY + ICAL_DAY) % ICAL_DAY,
            .utc = set->timing.start.utc };
    *c = (struct candidate){ .at = ical_when(t, zone), .length = -1 };
    c->wall = wall_at(set, c->at);
    if (slash == NULL)
        return NULL;
    s = slash + 1;
    n -= first + 1;
    if (ical_read_duration(s, (int)n, &d))
        c->length = d.days * ICAL_DAY + d.seconds;
    else if (ical_read_time(s, (int)n, &end))
        c->length = ical_when(end, zone) - c->at;
    else
        return N_("A duration cannot be read.");
    if (c->length < 0)
        c->length = 0;
    widen(set, c->length);
    return NULL;
}

static const char *
read_dates(struct ical_set *set, const struct ical_line *line, struct candidates *list)
{
    const char *tzid = ical_param(line, "TZID"), *why = NULL;
    const struct ical_zone *zone = set->timing.zone;

    if (tzid != NULL && !set->timing.start.date &&
        (zone = ical_zone_find(set->arena, set->calendar, tzid)) == NULL)
        return N_("A time is in a time zone that is unknown.");
    for (const char *p = line->value; why == NULL; p++) {
        size_t n = strcspn(p, ",");
        struct candidate c;
        why = list->n == VALUES_MAX ? N_("There are too many dates.")
                                    : read_date(set, p, n, zone, &c);
        if (why == NULL)
            push(set, list, c);
        p += n;
        if (*p == '\0')
            break;
    }
    return why;
}

/* ---------------------------------------------------------------- rules */

static bool
is_over(const struct ical_rule *rule, int64_t at, int64_t wall)
{
    if (!rule->dated)
        return false;
    if (rule->until.date)
        return wall >= rule->until.wall + ICAL_DAY;
    return (rule->until.utc ? at : wall) > rule->until.wall;
}

/* What a rule gives in a range, `most` at the most: list->until says how far that goes. */
static const char *
run_rule(struct ical_set *set, const struct ical_line *line, int64_t from, int64_t to, int most,
    struct candidates *list)
{
    struct ical_rule rule;
    int64_t wall;
    int n = 0;
    const char *why = ical_rule_read(set->arena, line->value, &rule);

    if (why != NULL)
        return why;
    if (rule.dated && rule.until.wall + 2 * ICAL_DAY < to)
        to = rule.until.wall + 2 * ICAL_DAY;
    struct ical_steps *steps =
        ical_steps_new(set->arena, &rule, set->timing.start, from - ICAL_DAY, to + ICAL_DAY);
    while (ical_steps_next(steps, &wall)) {
        struct ical_time t = { wall, set->timing.start.date, set->timing.start.utc };
        int64_t at = ical_when(t, set->timing.zone);
        if (is_over(&rule, at, wall) || at > to)
            break;
        if (at < from)
            continue;
        if (++n > most) {
            list->until = at < list->until ? at : list->until;
            break;
        }
        push(set, list, (struct candidate){ at, wall, -1 });
    }
    return ical_steps_gave_up(steps) ? N_("The recurrence takes too long to look through.") : NULL;
}

static const char *
run_rules(struct ical_set *set, const char *name, int64_t from, int64_t to, int most,
    struct candidates *list)
{
    const char *why = NULL;

    for (const struct ical_line *l = NULL;
         why == NULL && (l = ical_find_next(set->master, name, l)) != NULL;)
        why = run_rule(set, l, from, to, most, list);
    return why;
}

/* All RDATE or EXDATE, whenever they are. */
static const char *
all_dates(struct ical_set *set, const char *name, struct candidates *list)
{
    const char *why = NULL;

    for (const struct ical_line *l = NULL;
         why == NULL && (l = ical_find_next(set->master, name, l)) != NULL;)
        why = read_dates(set, l, list);
    return why;
}

static int
by_candidate(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
                          : (x->length < y->length) - (x->length > y->length);
}

static void
sort(struct candidates *list)
{
    if (list->n > 1)
        qsort(list->p, (size_t)list->n, sizeof *list->p, by_candidate);
}

/* ---------------------------------------------------------------- the set */

static bool
is_among(const struct candidates *list, int64_t at)
{
    int low = 0, high = list->n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (list->p[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && list->p[low].at == at;
}

/* The override of that instance, or, with and_later, the last one before it that speaks of it. */
static const struct override *
override_of(const struct ical_set *set, int64_t at, bool and_later)
{
    for (int i = set->n_overrides - 1; i >= 0; i--)
        if (and_later ? set->override[i].and_later && set->override[i].at < at
                      : set->override[i].at == at)
            return &set->override[i];
    return NULL;
}

static void
keep(struct ical_instances *all, struct ical_range range, struct ical_instance one)
{
    int64_t more = one.floats ? FLOATING : 0;

    if (ical_overlaps(one.shape, one.start, one.end, range.from - more, range.to + more))
        all->p[all->n++] = one;
}

static void
add_instance(struct ical_set *set, struct ical_range range, const struct candidate *c,
    struct ical_instances *all)
{
    const struct override *later = override_of(set, c->at, true);
    const struct ical_timing *t = later != NULL ? &later->timing : &set->timing;
    struct ical_instance one = { .component = later != NULL ? later->component : set->master,
        .shape = t->shape,
        .floats = t->zone == NULL,
        .recurrence = { c->wall, set->timing.start.date, set->timing.start.utc },
        .id = { c->at, set->timing.start.date, set->timing.zone != NULL } };
    int64_t wall = c->wall;

    if (later != NULL) /* by as much on the clock, whatever the zones do in between */
        wall += later->timing.start.wall - wall_at(set, later->at);
    ical_timing_place(t, wall, &one.start, &one.end);
    if (c->length >= 0) {
        one.end = one.start + c->length;
        one.shape = c->length > 0 ? SHAPE_SPAN : SHAPE_POINT;
    }
    keep(all, range, one);
}

static void
add_override(const struct override *o, struct ical_range range, struct ical_instances *all)
{
    struct ical_instance one = { .component = o->component,
        .shape = o->timing.shape,
        .floats = o->timing.zone == NULL,
        .recurrence = o->recurrence,
        .id = { o->at, o->recurrence.date, !o->floats } };

    ical_timing_place(&o->timing, o->timing.start.wall, &one.start, &one.end);
    keep(all, range, one);
}

static int
by_start(const void *a, const void *b)
{
    const struct ical_instance *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

static int64_t
bounded(int64_t t)
{
    return t < EARLIEST ? EARLIEST : t > LATEST ? LATEST : t;
}

static const char *
collect(struct ical_set *set, struct ical_range wide, int most, struct candidates *given,
    struct candidates *taken)
{
    const struct ical_timing *t = &set->timing;
    const char *why = all_dates(set, "EXDATE", taken);

    if (why == NULL)
        why = all_dates(set, "RDATE", given);
    push(set, given, (struct candidate){ ical_when(t->start, t->zone), t->start.wall, -1 });
    wide.from -= set->reach;
    most += taken->n + set->n_overrides;
    if (why == NULL)
        why = run_rules(set, "RRULE", wide.from, wide.to, most, given);
    if (why == NULL)
        why = run_rules(set, "EXRULE", wide.from, wide.to, most, taken);
    sort(given);
    sort(taken);
    return why;
}

const char *
ical_set_instances(
    struct ical_set *set, int64_t from, int64_t to, int most, struct ical_instances *all)
{
    struct ical_range range = { bounded(from), bounded(to) },
                      wide = { range.from - FLOATING, range.to + FLOATING + set->reach };
    struct candidates given = { .until = INT64_MAX }, taken = { .until = INT64_MAX };

    if (set->master != NULL) {
        const char *why = collect(set, wide, most, &given, &taken);
        if (why != NULL)
            return why;
    }
    *all = (struct ical_instances){ .until = to,
        .p = NEW_ARRAY(
            set->arena, struct ical_instance, (size_t)given.n + (size_t)set->n_overrides + 1) };
    int64_t complete = given.until < taken.until ? given.until : taken.until;
    for (int i = 0; i < given.n && given.p[i].at < complete; i++)
        if ((i == 0 || given.p[i].at != given.p[i - 1].at) && !is_among(&taken, given.p[i].at) &&
            override_of(set, given.p[i].at, false) == NULL)
            add_instance(set, range, &given.p[i], all);
    for (int i = 0; i < set->n_overrides; i++)
        add_override(&set->override[i], range, all);
    qsort(all->p, (size_t)all->n, sizeof *all->p, by_start);
    if (complete - set->reach < all->until)
        all->until = complete - set->reach;
    if (all->n > most) {
        all->until = all->p[most].start < all->until ? all->p[most].start : all->until;
        all->n = most;
    }
    return NULL;
}

struct ical_range
ical_instance_span(const struct ical_instance *i, const struct ical_zone *here)
{
    if (!i->floats || here == NULL)
        return (struct ical_range){ i->start, i->end };
    return (struct ical_range){ ical_zone_when(here, i->start), ical_zone_when(here, i->end) };
}

bool
ical_instance_in(
    const struct ical_instance *i, const struct ical_zone *here, struct ical_range range)
{
    struct ical_range span = ical_instance_span(i, here);

    return ical_overlaps(i->shape, span.from, span.to, range.from, range.to);
}

int64_t
ical_set_first(const struct ical_set *set)
{
    int64_t first = INT64_MAX;

    if (set->master != NULL)
        first = ical_when(set->timing.start, set->timing.zone);
    for (int i = 0; i < set->n_overrides; i++) {
        int64_t start = ical_when(set->override[i].timing.start, set->override[i].timing.zone);
        first = start < first ? start : first;
    }
    return first;
}

bool
ical_set_goes_on(const struct ical_set *set, int64_t to)
{
    for (const struct ical_line *l = NULL;
         set->master != NULL && (l = ical_find_next(set->master, "RRULE", l)) != NULL;) {
        struct ical_rule rule;
        if (ical_rule_read(set->arena, l->value, &rule) != NULL || !rule.dated ||
            rule.until.wall + ICAL_DAY > to)
            return true;
    }
    for (const struct ical_line *l = NULL;
         set->master != NULL && (l = ical_find_next(set->master, "RDATE", l)) != NULL;)
        return true;
    return false;
}
