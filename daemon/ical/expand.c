#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "ical/instances.h"
#include "ical/select_in.h"
#include "ical/write.h"

/* Expanding a recurrence (RFC 4791, 9.6.5): no rules, no time zones, and each instance says which
 * one it is. */

/* Parameters that a time in UTC does not have. */
static const char *const of_zones[] = { "TZID", "VALUE" };

static bool
is_rule(const char *name)
{
    return strcmp(name, "RRULE") == 0 || strcmp(name, "EXRULE") == 0 ||
           strcmp(name, "RDATE") == 0 || strcmp(name, "EXDATE") == 0;
}

static void
write_when(
    const struct selecting *s, const struct ical_part *part, const char *name, struct ical_time t)
{
    enum wanted how = select_wants(part, name);

    if (how == WANTED)
        ical_write_when(s->to, name, t);
    else if (how == WITHOUT_VALUE)
        ical_write(s->to, name, "");
}

/* ---------------------------------------------------------------- times of a zone */

/* "20261121T180000,20261128T180000" of that zone, in UTC; NULL when it is something else. */
static const char *
in_utc(const struct selecting *s, const char *value, const struct ical_zone *zone)
{
    struct buf all = buf_new(s->arena, 2 * strlen(value) + ICAL_TIME_ROOM);

    for (const char *p = value;; p++) {
        int n = (int)strcspn(p, ",");
        char text[ICAL_TIME_ROOM];
        struct ical_time t;
        if (!ical_read_time(p, n, &t) || t.date)
            return NULL;
        ical_write_time((struct ical_time){ ical_when(t, zone), .utc = true }, text);
        buf_text(&all, p == value ? "" : ",");
        buf_text(&all, text);
        p += n;
        if (*p == '\0')
            return buf_string(&all);
    }
}

/* A line of a component that stands in no instance but its own. */
static void
write_own(const struct selecting *s, const struct ical_part *part, const struct ical_line *line)
{
    const char *tzid = ical_param(line, "TZID"), *value = NULL;
    const struct ical_zone *zone = tzid == NULL ? NULL : ical_zone_find(s->arena, s->object, tzid);
    struct ical_param *param = NEW_ARRAY(s->arena, struct ical_param, (size_t)line->n_params + 1);
    int n = 0;

    if (zone != NULL && select_wants(part, line->name) == WANTED)
        value = in_utc(s, line->value, zone);
    if (value == NULL) {
        select_line(s, part, line);
        return;
    }
    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, of_zones[0]) != 0 &&
            strcmp(line->param[i].name, of_zones[1]) != 0)
            param[n++] = line->param[i];
    ical_write_line(s->to, &(struct ical_line){ line->group, line->name, param, n, value, 0, 0 });
}

/* ---------------------------------------------------------------- instances */

/* What of a time does not float is said in UTC. */
static struct ical_time
said(const struct ical_component *c, const char *name, int64_t when, bool floats)
{
    const char *value = ical_value(c, name);

    return (struct ical_time){ when, value != NULL && strlen(value) == 8, !floats };
}

/* Does the duration that it has still say when it ends? Not that of a period of an RDATE, nor one
 * in days where a clock was changed meanwhile. */
static bool
is_as_long(const char *duration, const struct ical_instance *i)
{
    struct ical_duration d;

    return ical_read_duration(duration, (int)strlen(duration), &d) &&
           d.days * ICAL_DAY + d.seconds == i->end - i->start;
}

/* A line of the component that says what an instance is, which starts at another time than it. */
static void
write_moved(const struct selecting *s, const struct ical_part *part, const struct ical_line *line,
    const struct ical_instance *i)
{
    const char *end = strcmp(i->component->name, "VTODO") == 0 ? "DUE" : "DTEND";

    if (strcmp(line->name, "DTSTART") == 0)
        write_when(s, part, "DTSTART", said(i->component, "DTSTART", i->start, i->floats));
    else if (strcmp(line->name, "DTEND") == 0 || strcmp(line->name, "DUE") == 0)
        write_when(s, part, line->name, said(i->component, line->name, i->end, i->floats));
    else if (strcmp(line->name, "DURATION") == 0 && !is_as_long(line->value, i))
        write_when(s, part, end, said(i->component, "DTSTART", i->end, i->floats));
    else
        write_own(s, part, line);
}

/* recurs: it is one of several, and says which. */
static void
write_instance(const struct selecting *s, const struct ical_part *part,
    const struct ical_instance *i, bool recurs)
{
    const struct ical_line *id = ical_find(i->component, "RECURRENCE-ID");
    bool own = !recurs || (id != NULL && ical_param(id, "RANGE") == NULL);

    ical_begin(s->to, i->component->name);
    if (recurs)
        write_when(s, part, "RECURRENCE-ID", i->id);
    for (int n = 0; n < i->component->n_lines; n++) {
        const struct ical_line *line = &i->component->line[n];
        if (is_rule(line->name) || strcmp(line->name, "RECURRENCE-ID") == 0)
            continue;
        if (own)
            write_own(s, part, line);
        else
            write_moved(s, part, line, i);
    }
    select_inner(s, part, i->component);
    ical_end(s->to, i->component->name);
}

bool
select_expand(
    const struct selecting *s, const struct ical_part *part, const struct ical_component *first)
{
    const struct ical_range *range = &s->select->range;
    bool recurs = ical_find(first, "RRULE") != NULL || ical_find(first, "RDATE") != NULL ||
                  ical_find(first, "RECURRENCE-ID") != NULL;
    struct ical_instances all;
    struct ical_set *set;

    for (const struct ical_component *c = first->next; c != NULL && !recurs; c = c->next)
        recurs = ical_set_joins(c, first);
    if (ical_set_of(s->arena, s->object, first, &set) != NULL ||
        ical_set_instances(set, range->from, range->to, *s->instances + 1, &all) != NULL)
        return true; /* what cannot be said when it is is never in a range */
    if (all.n > *s->instances || all.until < range->to)
        return false;
    for (int i = 0; i < all.n && !s->to->over; i++)
        if (ical_instance_in(&all.p[i], s->here, *range)) {
            --*s->instances;
            write_instance(s, part, &all.p[i], recurs);
        }
    return true;
}
