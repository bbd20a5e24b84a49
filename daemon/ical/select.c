#include "ical/select.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/zone.h"
#include "ical/instances.h"
#include "ical/select_in.h"
#include "ical/write.h"

bool
ical_select_is_all(const struct ical_select *s)
{
    return s->part == NULL && s->recurrence == SELECT_RULES && s->busy == NULL && !s->no_zones;
}

/* ---------------------------------------------------------------- lines */

enum wanted
select_wants(const struct ical_part *part, const char *property)
{
    if (part == NULL || part->all_props)
        return WANTED;
    for (int i = 0; i < part->n_props; i++)
        if (strcmp(part->prop[i].name, property) == 0)
            return part->prop[i].no_value ? WITHOUT_VALUE : WANTED;
    return NOT_WANTED;
}

/* The last line of an object may have no end. */
static void
as_sent(const struct selecting *s, size_t from, size_t to)
{
    buf_add(s->to, s->bytes + from, to - from);
    if (s->bytes[to - 1] != '\n')
        buf_text(s->to, "\r\n");
}

static void
write_value(const struct selecting *s, const struct ical_line *line, const char *value)
{
    struct ical_line other = *line;

    other.value = value;
    ical_write_line(s->to, &other);
}

/* Those periods of a line that are in the range; nothing when there are none. */
static void
write_periods(const struct selecting *s, const struct ical_line *line)
{
    struct buf kept = buf_new(s->arena, strlen(line->value) + 1);
    struct ical_range period;

    for (const char *p = line->value;; p++) {
        size_t n = strcspn(p, ",");
        if (ical_read_period(p, (int)n, &ical_utc, &period) &&
            ical_overlaps(
                SHAPE_SPAN, period.from, period.to, s->select->busy->from, s->select->busy->to)) {
            buf_text(&kept, kept.n > 0 ? "," : "");
            buf_add(&kept, p, n);
        }
        p += n;
        if (*p == '\0')
            break;
    }
    if (kept.n > 0)
        write_value(s, line, buf_string(&kept));
}

void
select_line(const struct selecting *s, const struct ical_part *part, const struct ical_line *line)
{
    enum wanted how = select_wants(part, line->name);

    if (how == WITHOUT_VALUE)
        write_value(s, line, "");
    else if (how == WANTED && s->select->busy != NULL && strcmp(line->name, "FREEBUSY") == 0)
        write_periods(s, line);
    else if (how == WANTED)
        as_sent(s, line->from, line->to);
}

/* ---------------------------------------------------------------- components */

/* Is a component of that name wanted, and what of it (*inner NULL: everything)? */
static bool
wants_part(const struct ical_part *part, const char *name, const struct ical_part **inner)
{
    *inner = NULL;
    if (part == NULL)
        return true;
    for (int i = 0; i < part->n_parts; i++)
        if (strcmp(part->part[i].name, name) == 0) {
            *inner = &part->part[i];
            return true;
        }
    return part->all_parts;
}

/* By its own name: of another one that we happen to understand a client may know nothing. */
static bool
is_known_zone(const struct ical_component *c)
{
    const char *tzid = ical_value(c, "TZID");

    return tzid != NULL && zone_exists(tzid);
}

static void
write_component(
    const struct selecting *s, const struct ical_part *part, const struct ical_component *c)
{
    if (part == NULL && s->select->busy == NULL) {
        as_sent(s, c->from, c->to);
        return;
    }
    ical_begin(s->to, c->name);
    for (int i = 0; i < c->n_lines; i++)
        select_line(s, part, &c->line[i]);
    select_inner(s, part, c);
    ical_end(s->to, c->name);
}

void
select_inner(
    const struct selecting *s, const struct ical_part *part, const struct ical_component *c)
{
    const struct ical_part *inner;

    for (const struct ical_component *child = c->child; child != NULL; child = child->next)
        if (wants_part(part, child->name, &inner))
            write_component(s, inner, child);
}

/* ---------------------------------------------------------------- recurrences */

static bool
recurs(const struct ical_component *c)
{
    return strcmp(c->name, "VEVENT") == 0 || strcmp(c->name, "VTODO") == 0 ||
           strcmp(c->name, "VJOURNAL") == 0;
}

/* The one of its set that has no RECURRENCE-ID; NULL: there is none. */
static const struct ical_component *
master_of(const struct selecting *s, const struct ical_component *one)
{
    for (const struct ical_component *c = s->object->child; c != NULL; c = c->next)
        if (ical_set_joins(c, one) && ical_find(c, "RECURRENCE-ID") == NULL)
            return c;
    return NULL;
}

/* Would the instance have been in the range if it had not been changed? */
static bool
was_in_range(const struct selecting *s, const struct ical_component *master,
    const struct ical_time *id, const struct ical_zone *zone)
{
    struct ical_timing t;
    int64_t start, end, at = ical_when(*id, zone);

    if (ical_timing_read(s->arena, s->object, master, &t) != NULL)
        return true;
    if (zone == NULL && s->here != NULL)
        at = ical_zone_when(s->here, at);
    ical_timing_place(&t, t.start.wall, &start, &end);
    return ical_overlaps(
        t.shape, at, at + (end - start), s->select->range.from, s->select->range.to);
}

/* RFC 4791, 9.6.6: is it now, or was it to be, in the range, or are those after it changed? */
static bool
matters(const struct selecting *s, const struct ical_component *c)
{
    const struct ical_line *id = ical_find(c, "RECURRENCE-ID");
    const struct ical_component *master = master_of(s, c);
    const struct ical_zone *zone;
    struct ical_instances all;
    struct ical_set *set;
    struct ical_time t;

    if (id == NULL || ical_time_of(s->arena, s->object, id, &t, &zone) != NULL)
        return true;
    if (ical_param(id, "RANGE") != NULL)
        return ical_when(t, zone) < s->select->range.to;
    if (master != NULL && was_in_range(s, master, &t, zone))
        return true;
    if (ical_set_read(s->arena, s->object, &c, 1, &set) != NULL ||
        ical_set_instances(set, s->select->range.from, s->select->range.to, 1, &all) != NULL)
        return true;
    return all.n > 0 && ical_instance_in(&all.p[0], s->here, s->select->range);
}

static bool
is_first_of_set(const struct selecting *s, const struct ical_component *one)
{
    const struct ical_component *c = s->object->child;

    while (!ical_set_joins(c, one))
        c = c->next;
    return c == one;
}

/* A component of the calendar; false when there are too many instances of it. */
static bool
write_outer(const struct selecting *s, const struct ical_part *part, const struct ical_component *c)
{
    bool zone = strcmp(c->name, "VTIMEZONE") == 0;

    if (zone &&
        (s->select->recurrence == SELECT_EXPANDED || (s->select->no_zones && is_known_zone(c))))
        return true;
    if (recurs(c) && s->select->recurrence == SELECT_EXPANDED)
        return !is_first_of_set(s, c) || select_expand(s, part, c);
    if (!recurs(c) || s->select->recurrence != SELECT_LIMITED || matters(s, c))
        write_component(s, part, c);
    return true;
}

bool
ical_select_write(struct arena *arena, const struct ical_select *select,
    const struct ical_component *object, const char *bytes, const struct ical_zone *here,
    int *instances, struct buf *to)
{
    struct selecting s = { arena, select, object, bytes, here, instances, to };
    const struct ical_part *part = select->part, *inner;

    if (part != NULL && strcmp(part->name, object->name) != 0)
        return true;
    if (ical_select_is_all(select)) {
        as_sent(&s, object->from, object->to);
        return !to->over;
    }
    ical_begin(to, object->name);
    for (int i = 0; i < object->n_lines; i++)
        select_line(&s, part, &object->line[i]);
    for (const struct ical_component *c = object->child; c != NULL; c = c->next)
        if (wants_part(part, c->name, &inner) && !write_outer(&s, inner, c))
            return false;
    ical_end(to, object->name);
    return !to->over;
}
