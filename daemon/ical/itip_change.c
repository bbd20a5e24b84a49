/* What changed between two states of an object, and who may change what (RFC 6638, 3.2). */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "ical/itip_in.h"
#include "ical/timing.h"
#include "ical/write.h"

static bool
is_one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* ---------------------------------------------------------------- instances */

struct list {
    struct arena *arena;
    const struct ical_component *calendar;
    struct itip_moment *moment;
    int n, room;
};

static void
list_moment(struct list *list, const struct ical_component *c, const struct ical_line *line)
{
    const struct ical_zone *zone;
    struct ical_time t;

    if (ical_time_of(list->arena, list->calendar, line, &t, &zone) != NULL)
        return;
    if (list->n == list->room) {
        struct itip_moment *more =
            NEW_ARRAY(list->arena, struct itip_moment, (size_t)list->room * 2 + 8);
        if (list->n > 0)
            memcpy(more, list->moment, (size_t)list->n * sizeof *more);
        list->moment = more;
        list->room = list->room * 2 + 8;
    }
    list->moment[list->n++] = (struct itip_moment){ ical_when(t, zone), t.date, c, *line };
}

static int
by_time(const void *a, const void *b)
{
    const struct itip_moment *x = a, *y = b;

    return x->when != y->when ? (x->when > y->when) - (x->when < y->when) : x->date - y->date;
}

/* Each date of the EXDATE lines as a line of its own. */
static void
list_left_out(struct list *list, const struct ical_component *c)
{
    for (const struct ical_line *line = NULL; (line = ical_find_next(c, "EXDATE", line)) != NULL;) {
        const char *const *part;
        int n = text_split(list->arena, line->value, ",", &part);
        for (int i = 0; i < n; i++) {
            struct ical_line one = *line;
            one.value = part[i];
            list_moment(list, c, &one);
        }
    }
}

struct itip_parts
itip_parts_of(struct arena *arena, const struct itip_object *o)
{
    struct itip_parts parts = { .o = *o };
    struct list own = { .arena = arena, .calendar = o->calendar }, out = own;

    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const struct ical_line *which = itip_is_item(c) ? ical_find(c, "RECURRENCE-ID") : NULL;
        if (which != NULL)
            list_moment(&own, c, which);
        else if (itip_is_item(c) && parts.master == NULL)
            parts.master = c;
    }
    if (parts.master != NULL)
        list_left_out(&out, parts.master);
    if (own.n > 1)
        qsort(own.moment, (size_t)own.n, sizeof *own.moment, by_time);
    if (out.n > 1)
        qsort(out.moment, (size_t)out.n, sizeof *out.moment, by_time);
    parts.own = own.moment;
    parts.n_own = own.n;
    parts.out = out.moment;
    parts.n_out = out.n;
    return parts;
}

static const struct itip_moment *
look_up(const struct itip_moment *all, int n, const struct itip_moment *when)
{
    return n == 0 ? NULL : bsearch(when, all, (size_t)n, sizeof *all, by_time);
}

/* When an instance is, by the zones of its own object; false: it is the series. */
static bool
moment_of(struct arena *arena, const struct itip_parts *of, const struct ical_component *c,
    struct itip_moment *when)
{
    const struct ical_line *which = ical_find(c, "RECURRENCE-ID");
    struct list one = { .arena = arena, .calendar = of->o.calendar };

    if (which == NULL)
        return false;
    list_moment(&one, c, which);
    *when = one.n > 0 ? one.moment[0] : (struct itip_moment){ .when = INT64_MIN, .c = c };
    return true;
}

const struct ical_component *
itip_same_item(struct arena *arena, const struct itip_parts *in, const struct itip_parts *of,
    const struct ical_component *c)
{
    struct itip_moment when;

    if (!moment_of(arena, of, c, &when))
        return in->master;
    const struct itip_moment *found = look_up(in->own, in->n_own, &when);
    return found == NULL ? NULL : found->c;
}

bool
itip_leaves_out(struct arena *arena, const struct itip_parts *in, const struct itip_parts *of,
    const struct ical_component *c)
{
    struct itip_moment when;

    return moment_of(arena, of, c, &when) && look_up(in->out, in->n_out, &when) != NULL;
}

const struct itip_moment *
itip_next_left_out(
    const struct itip_parts *after, const struct itip_parts *before, const struct itip_moment *last)
{
    int i = last == NULL ? 0 : (int)(last - after->out) + 1;

    while (i < after->n_out && look_up(before->out, before->n_out, &after->out[i]) != NULL)
        i++;
    return i < after->n_out ? &after->out[i] : NULL;
}

/* ---------------------------------------------------------------- what an attendee may do */

/* RFC 6638, 3.2.2.1; besides what no organizer hears of: X- properties, comments, numbers of
 * versions. */
static bool
is_hers(const struct ical_component *c, const char *name)
{
    static const char *const names[] = { "TRANSP", "PERCENT-COMPLETE", "COMPLETED", "EXDATE",
        "CREATED", "DTSTAMP", "LAST-MODIFIED", "COMMENT", "REQUEST-STATUS", "SEQUENCE", "ATTENDEE",
        "ORGANIZER" };

    return text_starts(name, "X-") || is_one_of(name, names, COUNT_OF(names)) ||
           (strcmp(c->name, "VTODO") == 0 && strcmp(name, "STATUS") == 0);
}

static bool
is_time(const char *name)
{
    return strcmp(name, "DTSTART") == 0 || strcmp(name, "DTEND") == 0 || strcmp(name, "DUE") == 0 ||
           strcmp(name, "RECURRENCE-ID") == 0;
}

static bool
same_line(struct arena *arena, const struct itip_object *before, const struct ical_line *a,
    const struct itip_object *after, const struct ical_line *b)
{
    if (strcmp(a->name, b->name) != 0)
        return false;
    if (is_time(a->name))
        return itip_same_time(arena, before->calendar, a, after->calendar, b);
    return strcmp(a->value, b->value) == 0 ||
           strcmp(text_trim(arena, ical_text(arena, a->value)),
               text_trim(arena, ical_text(arena, b->value))) == 0;
}

/* Is each line of a, but hers and those of some names, in b, too? */
static bool
holds_all(struct arena *arena, const struct itip_object *before, const struct ical_component *a,
    const struct itip_object *after, const struct ical_component *b, const char *const *but,
    size_t n_but)
{
    for (int i = 0; i < a->n_lines; i++) {
        const struct ical_line *line = &a->line[i];
        bool found = is_hers(a, line->name) || is_one_of(line->name, but, n_but);
        for (const struct ical_line *l = NULL;
             !found && (l = ical_find_next(b, line->name, l)) != NULL;)
            found = same_line(arena, before, line, after, l);
        if (!found)
            return false;
    }
    return true;
}

/* The same people are invited by the same organizer. */
static bool
same_people(struct arena *arena, const struct ical_component *a, const struct ical_component *b)
{
    const struct ical_line *x = ical_find(a, "ORGANIZER"), *y = ical_find(b, "ORGANIZER");

    if (x == NULL || y == NULL || !itip_same_address(itip_address(arena, x), itip_address(arena, y)))
        return false;
    for (const struct ical_line *l = NULL; (l = ical_find_next(a, "ATTENDEE", l)) != NULL;)
        if (itip_line_of(arena, b, itip_address(arena, l)) == NULL)
            return false;
    for (const struct ical_line *l = NULL; (l = ical_find_next(b, "ATTENDEE", l)) != NULL;)
        if (itip_line_of(arena, a, itip_address(arena, l)) == NULL)
            return false;
    return true;
}

/* A new instance is as the series has it, at its time. */
static bool
is_plain_instance(struct arena *arena, const struct itip_object *before,
    const struct ical_component *master, const struct itip_object *after,
    const struct ical_component *c)
{
    static const char *const other[] = { "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID",
        "DTSTART", "DTEND", "DUE", "DURATION" };
    const struct ical_line *which = ical_find(c, "RECURRENCE-ID"), *start = ical_find(c, "DTSTART");
    struct ical_timing was, is;

    return master != NULL && which != NULL && start != NULL &&
           itip_same_time(arena, after->calendar, which, after->calendar, start) &&
           ical_timing_read(arena, before->calendar, master, &was) == NULL &&
           ical_timing_read(arena, after->calendar, c, &is) == NULL &&
           itip_length(&was) == itip_length(&is) && same_people(arena, master, c) &&
           holds_all(arena, before, master, after, c, other, COUNT_OF(other)) &&
           holds_all(arena, after, c, before, master, other, COUNT_OF(other));
}

int64_t
itip_length(const struct ical_timing *t)
{
    return t->nominal ? t->length.days * ICAL_DAY + t->length.seconds : t->exact;
}

static bool
may_change(struct arena *arena, const struct itip_parts *before, const struct itip_parts *after,
    const struct ical_component *c)
{
    const struct ical_component *was = itip_same_item(arena, before, after, c);

    if (was == NULL)
        return is_plain_instance(arena, &before->o, before->master, &after->o, c);
    return same_people(arena, was, c) && holds_all(arena, &before->o, was, &after->o, c, NULL, 0) &&
           holds_all(arena, &after->o, c, &before->o, was, NULL, 0);
}

bool
itip_attendee_may(
    struct arena *arena, const struct itip_parts *before, const struct itip_parts *after)
{
    if (itip_next_left_out(before, after, NULL) != NULL)
        return false; /* she takes part again in what she had left out: only the organizer says so */
    for (const struct ical_component *c = after->o.calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c) && !may_change(arena, before, after, c))
            return false;
    for (const struct ical_component *c = before->o.calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c) && itip_same_item(arena, after, before, c) == NULL &&
            !itip_leaves_out(arena, after, before, c))
            return false;
    return true;
}

/* ---------------------------------------------------------------- what is told of an object */

/* Of these nobody is told, and programs change them as they like. */
static bool
is_silent(const char *name)
{
    static const char *const names[] = { "DTSTAMP", "LAST-MODIFIED", "CREATED", "TRANSP" };

    return is_one_of(name, names, COUNT_OF(names)) || text_starts(name, "X-MOZ-") ||
           text_starts(name, "X-LIC-");
}

void
itip_essence(struct buf *out, struct arena *arena, const struct ical_component *c, bool people)
{
    ical_begin(out, c->name);
    for (int i = 0; i < c->n_lines; i++) {
        const struct ical_line *line = &c->line[i];
        bool person = strcmp(line->name, "ATTENDEE") == 0;
        if (person || strcmp(line->name, "ORGANIZER") == 0) {
            if (!person || people)
                itip_write_person(out, arena, line, true);
        } else if (!is_silent(line->name)) {
            ical_write_line(out, line);
        }
    }
    for (const struct ical_component *part = c->child; part != NULL; part = part->next)
        if (strcmp(part->name, "VALARM") != 0)
            itip_essence(out, arena, part, people);
    ical_end(out, c->name);
}
