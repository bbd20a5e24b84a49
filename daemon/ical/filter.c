#include "ical/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "ical/instances.h"

/* Of an object that recurs so many instances are looked at; mostly one of the first will do. */
enum { INSTANCES_FIRST = 64, INSTANCES_MAX = 2000 };

/* Nothing lies further away. */
#define FOREVER (INT64_C(10000) * 366 * ICAL_DAY)

struct looking {
    struct arena *arena;
    const struct ical_component *object;
    const struct ical_zone *here;
};

static const char *const with_time[] = { "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VALARM" };
static const char *const with_date[] = { "COMPLETED", "CREATED", "DTEND", "DTSTAMP", "DTSTART",
    "DUE", "FREEBUSY", "LAST-MODIFIED", "RECURRENCE-ID" };

static bool
is_among(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

bool
ical_filter_has_time(const char *component)
{
    return is_among(with_time, COUNT_OF(with_time), component);
}

bool
ical_filter_has_date(const char *property)
{
    return is_among(with_date, COUNT_OF(with_date), property);
}

/* ---------------------------------------------------------------- instances */

/* Which instances are asked for. */
struct question {
    const struct ical_component *component; /* that says what they are */
    struct ical_range range;
    const struct alarm *alarm; /* NULL: of the component itself */
};

/* When an alarm rings: seconds after an instance, and again so often. */
struct alarm {
    bool by_end;
    int64_t after, each;
    int64_t repeats;
};

static bool
rings(const struct alarm *a, int64_t first, struct ical_range range)
{
    for (int64_t i = 0; i <= a->repeats; i++)
        if (ical_overlaps(
                SHAPE_POINT, first + i * a->each, first + i * a->each, range.from, range.to))
            return true;
    return false;
}

static bool
answers(const struct looking *l, const struct question *q, const struct ical_instance *i)
{
    if (i->component != q->component)
        return false;
    if (q->alarm == NULL)
        return ical_instance_in(i, l->here, q->range);
    struct ical_range span = ical_instance_span(i, l->here);
    return rings(q->alarm, (q->alarm->by_end ? span.to : span.from) + q->alarm->after, q->range);
}

static int64_t
bounded(int64_t t)
{
    return t < -FOREVER ? -FOREVER : t > FOREVER ? FOREVER : t;
}

/* Where instances are whose alarm may ring in the range. */
static struct ical_range
instances_of(const struct question *q)
{
    struct ical_range in = { bounded(q->range.from), bounded(q->range.to) };

    if (q->alarm != NULL) {
        in.from -= q->alarm->after + q->alarm->repeats * q->alarm->each + 1;
        in.to -= q->alarm->after - 1;
    }
    return in;
}

static bool
among_first(
    const struct looking *l, struct ical_set *set, const struct question *q, int most, bool *known)
{
    struct ical_range in = instances_of(q);
    struct ical_instances all;

    *known = true;
    if (ical_set_instances(set, in.from, in.to, most, &all) != NULL)
        return false;
    for (int i = 0; i < all.n; i++)
        if (answers(l, q, &all.p[i]))
            return true;
    *known = all.until >= in.to;
    return false;
}

/* An instance that was changed alone is looked at alone: it may be the last of thousands. */
static bool
one_answers(const struct looking *l, const struct question *q)
{
    const struct ical_line *id = ical_find(q->component, "RECURRENCE-ID");
    struct ical_set *set;
    bool known;
    const char *why = id != NULL && ical_param(id, "RANGE") == NULL
                          ? ical_set_read(l->arena, l->object, &q->component, 1, &set)
                          : ical_set_of(l->arena, l->object, q->component, &set);

    if (why != NULL)
        return false;
    return among_first(l, set, q, INSTANCES_FIRST, &known) ||
           (!known && (among_first(l, set, q, INSTANCES_MAX, &known) || !known));
}

/* ---------------------------------------------------------------- alarms */

static bool
read_length(const char *value, int64_t *seconds)
{
    struct ical_duration d;

    if (value == NULL || !ical_read_duration(value, (int)strlen(value), &d))
        return false;
    *seconds = bounded(d.days * ICAL_DAY + d.seconds);
    return true;
}

static bool
alarm_answers(const struct looking *l, const struct ical_component *c,
    const struct ical_component *above, const struct ical_range *range)
{
    const struct ical_line *trigger = ical_find(c, "TRIGGER");
    const char *repeat = ical_value(c, "REPEAT"), *related;
    struct alarm a = { .repeats = 0 };
    struct ical_time t;

    if (trigger == NULL)
        return false;
    if (repeat == NULL || !text_to_int(repeat, ical_limits.alarm_repeats, &a.repeats) ||
        !read_length(ical_value(c, "DURATION"), &a.each) || a.each < 0)
        a.repeats = a.each = 0;
    if (ical_read_time(trigger->value, (int)strlen(trigger->value), &t))
        return rings(&a, ical_when(t, l->here), *range);
    related = ical_param(trigger, "RELATED");
    a.by_end = related != NULL && text_same_nocase(related, "END");
    return read_length(trigger->value, &a.after) &&
           one_answers(l, &(struct question){ above, *range, &a });
}

/* ---------------------------------------------------------------- time of properties */

static bool
periods_overlap(
    const struct ical_line *line, const struct ical_zone *zone, const struct ical_range *range)
{
    struct ical_range period;

    for (const char *p = line->value;; p++) {
        int n = (int)strcspn(p, ",");
        if (ical_read_period(p, n, zone, &period) &&
            ical_overlaps(SHAPE_SPAN, period.from, period.to, range->from, range->to))
            return true;
        p += n;
        if (*p == '\0')
            return false;
    }
}

static bool
is_in_range(const struct looking *l, const struct ical_line *line, const struct ical_range *range)
{
    const struct ical_zone *zone;
    struct ical_time t;

    if (strcmp(line->name, "FREEBUSY") == 0)
        return periods_overlap(line, &ical_utc, range);
    if (ical_time_of(l->arena, l->object, line, &t, &zone) != NULL)
        return false;
    if (zone == NULL && l->here != NULL)
        t = (struct ical_time){ .wall = ical_zone_when(l->here, t.wall), .date = t.date };
    int64_t start = ical_when(t, zone);
    return ical_overlaps(t.date ? SHAPE_SPAN : SHAPE_POINT, start, start + (t.date ? ICAL_DAY : 0),
        range->from, range->to);
}

/* ---------------------------------------------------------------- properties */

/* Is one of the parts of a list or of a structured value so? "Work,Home", "Doe;Jane". */
static bool
part_matches(struct arena *arena, const struct ical_match *m, const char *value)
{
    for (const char *p = value;; p++) {
        size_t n = 0;
        while (p[n] != '\0' && p[n] != ',' && p[n] != ';')
            n += p[n] == '\\' && p[n + 1] != '\0' ? 2 : 1;
        if (n > 0 && ical_match_finds(arena, m, ical_text(arena, arena_copy(arena, p, n))))
            return true;
        p += n;
        if (*p == '\0')
            return false;
    }
}

static bool
value_matches(struct arena *arena, const struct ical_match *m, const char *value)
{
    bool found = ical_match_finds(arena, m, ical_text(arena, value));

    if (!found && m->how != MATCH_CONTAINS && strpbrk(value, ",;") != NULL)
        found = part_matches(arena, m, value);
    return found != m->negate;
}

static bool
param_matches(struct arena *arena, const struct ical_param_filter *f, const struct ical_line *line)
{
    bool found = false, there = false;

    for (int i = 0; i < line->n_params; i++) {
        if (strcmp(line->param[i].name, f->name) != 0)
            continue;
        there = true;
        for (int v = 0; f->match != NULL && v < line->param[i].n; v++)
            found |= ical_match_finds(arena, f->match, line->param[i].value[v]);
    }
    if (f->absent)
        return !there;
    return there && (f->match == NULL || found != f->match->negate);
}

static bool
line_matches(
    const struct looking *l, const struct ical_prop_filter *f, const struct ical_line *line)
{
    if (f->range != NULL && !is_in_range(l, line, f->range))
        return false;
    for (int i = 0; i < f->n_matches; i++)
        if (value_matches(l->arena, &f->match[i], line->value) == f->any)
            return f->any;
    for (int i = 0; i < f->n_params; i++)
        if (param_matches(l->arena, &f->param[i], line) == f->any)
            return f->any;
    return !f->any || (f->n_matches == 0 && f->n_params == 0);
}

static bool
is_of(const struct ical_prop_filter *f, const struct ical_line *line)
{
    return strcmp(line->name, f->name) == 0 &&
           (f->group == NULL || (line->group != NULL && text_same_nocase(line->group, f->group)));
}

static bool
property_matches(
    const struct looking *l, const struct ical_prop_filter *f, const struct ical_component *c)
{
    bool there = false;

    for (int i = 0; i < c->n_lines; i++) {
        if (!is_of(f, &c->line[i]))
            continue;
        there = true;
        if (!f->absent && line_matches(l, f, &c->line[i]))
            return true;
    }
    return f->absent && !there;
}

static bool
properties_match(
    const struct looking *l, const struct ical_filter *f, const struct ical_component *c)
{
    for (int i = 0; i < f->n_props; i++)
        if (property_matches(l, &f->prop[i], c) == f->any)
            return f->any;
    return !f->any || f->n_props == 0;
}

/* ---------------------------------------------------------------- components */

/* Free and busy time that says nothing of its own start and end: by its periods. */
static bool
periods_answer(const struct ical_component *c, const struct ical_range *range)
{
    for (const struct ical_line *line = NULL; (line = ical_find_next(c, "FREEBUSY", line)) != NULL;)
        if (periods_overlap(line, &ical_utc, range))
            return true;
    return false;
}

static bool
is_then(const struct looking *l, const struct ical_component *c, const struct ical_component *above,
    const struct ical_range *range)
{
    if (strcmp(c->name, "VALARM") == 0)
        return alarm_answers(l, c, above, range);
    if (strcmp(c->name, "VFREEBUSY") == 0 &&
        (ical_find(c, "DTSTART") == NULL || ical_find(c, "DTEND") == NULL))
        return periods_answer(c, range);
    return one_answers(l, &(struct question){ c, *range, NULL });
}

static bool component_matches(const struct looking *l, const struct ical_filter *f,
    const struct ical_component *c, const struct ical_component *above);

static bool
part_is_there(const struct looking *l, const struct ical_filter *f, const struct ical_component *c)
{
    bool there = false;

    for (const struct ical_component *part = c->child; part != NULL; part = part->next) {
        if (strcmp(part->name, f->name) != 0)
            continue;
        there = true;
        if (!f->absent && component_matches(l, f, part, c))
            return true;
    }
    return f->absent && !there;
}

/* Time comes last: it costs most. */
static bool
component_matches(const struct looking *l, const struct ical_filter *f,
    const struct ical_component *c, const struct ical_component *above)
{
    if (!properties_match(l, f, c))
        return false;
    for (int i = 0; i < f->n_parts; i++)
        if (!part_is_there(l, &f->part[i], c))
            return false;
    return f->range == NULL || is_then(l, c, above, f->range);
}

bool
ical_filter_matches(struct arena *arena, const struct ical_filter *f,
    const struct ical_component *object, const struct ical_zone *here)
{
    struct looking l = { arena, object, here };
    size_t mark = arena_mark(arena);
    bool is_it = strcmp(object->name, f->name) == 0;
    bool matches = f->absent ? !is_it : is_it && component_matches(&l, f, object, NULL);

    arena_rewind(arena, mark);
    return matches;
}
