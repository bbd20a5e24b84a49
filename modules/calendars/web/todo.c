/* Tasks: what they say, and changes of them, line by line in what was sent. */
#include "modules/calendars/web/todo.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "ical/rule.h"
#include "ical/steps.h"
#include "ical/write.h"
#include "ical/zone_write.h"
#include "modules/calendars/web/change_in.h"

#define LINES_MAX MB(1)
#define PRODUCT   "-//chapterd//pages//EN"
/* Instances of a series that are looked at for one that is not done yet: at first, and at most. */
#define LOOKED_AT      50
#define LOOKED_AT_MOST 2000
#define CATEGORIES_MAX 100

/* ---------------------------------------------------------------- how far it is */

/* What is written for a state. From that percentage on a task in process is approved. */
#define APPROVED_FROM 75
static const struct {
    const char *status, *percent;
} states[TODO_STATES] = {
    [TODO_OPEN] = { "NEEDS-ACTION", NULL },
    [TODO_BEGUN] = { "IN-PROCESS", "50" },
    [TODO_APPROVED] = { "IN-PROCESS", "90" },
    [TODO_DONE] = { "COMPLETED", "100" },
    [TODO_DROPPED] = { "CANCELLED", NULL },
};

static enum todo_state
state_of(const struct ical_component *c)
{
    const char *status = ical_value(c, "STATUS"), *text = ical_value(c, "PERCENT-COMPLETE");
    int64_t percent;

    if (text == NULL || !text_to_int(text, 100, &percent))
        percent = 0;
    if (status != NULL && text_same_nocase(status, "COMPLETED"))
        return TODO_DONE;
    if (status != NULL && text_same_nocase(status, "CANCELLED"))
        return TODO_DROPPED;
    if (status == NULL && (percent == 100 || ical_find(c, "COMPLETED") != NULL))
        return TODO_DONE;
    if (percent >= APPROVED_FROM)
        return TODO_APPROVED;
    return percent > 0 || (status != NULL && text_same_nocase(status, "IN-PROCESS")) ? TODO_BEGUN
                                                                                     : TODO_OPEN;
}

static bool
is_over(enum todo_state state)
{
    return state == TODO_DONE || state == TODO_DROPPED;
}

/* ---------------------------------------------------------------- when it is due */

static bool
is_todo(const struct ical_component *c)
{
    return strcmp(c->name, "VTODO") == 0;
}

static void
read_due(struct arena *arena, const struct calendar_object *o, struct todo *t)
{
    const struct ical_line *due = ical_find(t->component, "DUE");
    const struct ical_zone *zone;
    struct ical_timing timing;
    struct ical_time time;

    if (due != NULL && ical_time_of(arena, o->calendar, due, &time, &zone) == NULL) {
        t->dated = true;
        t->whole = time.date;
        t->floats = time.date || zone == NULL;
        t->due = ical_when(time, zone);
    } else if (due == NULL && ical_find(t->component, "DURATION") != NULL &&
               ical_timing_read(arena, o->calendar, t->component, &timing) == NULL &&
               timing.shape == SHAPE_TASK_LONG) {
        t->dated = true;
        t->whole = timing.start.date;
        t->floats = timing.zone == NULL;
        t->due = ical_when(timing.start, timing.zone) + timing.length.days * ICAL_DAY +
                 timing.length.seconds;
        if (t->whole && timing.length.days > 0) /* it ends where the next day begins */
            t->due -= ICAL_DAY;
    }
}

/* Of a series: the first that is not done, or the last. */
static bool
find_next(const struct calendar_object *o, struct ical_instance *found)
{
    struct ical_instances all;

    for (int most = LOOKED_AT;; most = LOOKED_AT_MOST) {
        if (ical_set_instances(o->set, -CHANGE_FAR, CHANGE_FAR, most, &all) != NULL || all.n == 0)
            return false;
        for (int i = 0; i < all.n; i++)
            if (!is_over(state_of(all.p[i].component))) {
                *found = all.p[i];
                return true;
            }
        if (all.n < most || most == LOOKED_AT_MOST)
            break;
    }
    *found = all.p[all.n - 1];
    return true;
}

static const struct ical_component *
master_of(const struct calendar_object *o)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next)
        if (is_todo(c) && ical_find(c, "RECURRENCE-ID") == NULL)
            return c;
    return NULL;
}

static void
read_priority(struct todo *t)
{
    const char *text = ical_value(t->component, "PRIORITY");
    int64_t priority;

    if (text != NULL && text_to_int(text, 9, &priority))
        t->priority = (int)priority;
}

bool
todo_read(struct arena *arena, const struct calendar_object *o, struct todo *t)
{
    *t = (struct todo){ .master = master_of(o) };
    if (strcmp(o->component, "VTODO") != 0)
        return false;
    t->recurs = t->master == NULL || ical_find(t->master, "RRULE") != NULL ||
                ical_find(t->master, "RDATE") != NULL;
    t->component = t->master;
    if (t->recurs && !find_next(o, &t->at))
        return false;
    if (t->recurs)
        t->component = t->at.component;
    t->own = ical_find(t->component, "RECURRENCE-ID") != NULL;
    t->state = state_of(t->component);
    read_priority(t);
    read_due(arena, o, t);
    if (t->recurs && t->dated) {
        bool late = t->at.shape == SHAPE_TASK || t->at.shape == SHAPE_TASK_LONG;
        t->due = late ? t->at.end : t->at.start;
        if (t->whole && t->at.shape == SHAPE_TASK_LONG && t->at.end > t->at.start)
            t->due -= ICAL_DAY;
    }
    return true;
}

int
todo_categories(struct arena *arena, const struct ical_component *c, const char *const **category)
{
    const char **list = NEW_ARRAY(arena, const char *, CATEGORIES_MAX);
    int n = 0;

    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "CATEGORIES", l)) != NULL;)
        for (const char *p = l->value; *p != '\0' && n < CATEGORIES_MAX;) {
            size_t length = 0;
            while (p[length] != '\0' && p[length] != ',')
                length += p[length] == '\\' && p[length + 1] != '\0' ? 2 : 1;
            const char *one =
                text_trim(arena, ical_text(arena, arena_printf(arena, "%.*s", (int)length, p)));
            if (*one != '\0')
                list[n++] = one;
            p += length + (p[length] == ',');
        }
    *category = list;
    return n;
}

/* ---------------------------------------------------------------- lines */

static void
set_state(struct arena *arena, struct ical_patch *p, const struct ical_component *c,
    enum todo_state state, int64_t now)
{
    const struct ical_time t = { .wall = now, .utc = true };

    ical_patch_set(p, c, "STATUS", change_line(arena, "STATUS", NULL, NULL, states[state].status));
    if (state != TODO_DROPPED)
        ical_patch_set(p, c, "PERCENT-COMPLETE",
            states[state].percent == NULL
                ? NULL
                : change_line(arena, "PERCENT-COMPLETE", NULL, NULL, states[state].percent));
    ical_patch_set(p, c, "COMPLETED",
        state == TODO_DONE ? change_time_line(arena, "COMPLETED", NULL, t) : NULL);
}

static const char *
categories_line(struct arena *arena, const struct todo_values *v)
{
    struct buf b = buf_new(arena, LINES_MAX);

    for (int i = 0; i < v->n_categories; i++)
        buf_printf(&b, "%s%s", i > 0 ? "," : "", ical_escape(arena, v->category[i]));
    return v->n_categories == 0 ? NULL
                                : change_line(arena, "CATEGORIES", NULL, NULL, buf_string(&b));
}

static bool
same_categories(const struct todo_values *a, const struct todo_values *b)
{
    bool same = a->n_categories == b->n_categories;

    for (int i = 0; same && i < a->n_categories; i++)
        same = strcmp(a->category[i], b->category[i]) == 0;
    return same;
}

/* How its times are written: by the line that says when it is due, or begins. */
static struct clock
clock_of(const struct ical_component *c, const struct todo_values *v)
{
    const struct ical_line *line = ical_find(c, "DUE");
    struct clock clock = { CLOCK_ZONE, v->tzid };
    struct ical_time t;

    if (line == NULL)
        line = ical_find(c, "DTSTART");
    if (v->whole)
        return (struct clock){ CLOCK_DATE, NULL };
    if (line == NULL || !ical_read_time(line->value, (int)strlen(line->value), &t) || t.date)
        return clock;
    if (t.utc)
        return (struct clock){ CLOCK_UTC, NULL };
    clock.tzid = ical_param(line, "TZID");
    if (clock.tzid == NULL)
        clock.kind = CLOCK_FLOATS;
    return clock;
}

/* What stands there when clocks of v->zone show `wall`. */
static struct ical_time
time_at(struct arena *arena, const struct ical_component *calendar, const struct clock *clock,
    const struct todo_values *v, int64_t wall)
{
    const struct ical_zone *zone =
        clock->kind == CLOCK_ZONE ? ical_zone_find(arena, calendar, clock->tzid) : NULL;

    if (zone != NULL && zone != v->zone) {
        int64_t when = ical_zone_when(v->zone, wall);
        wall = when + ical_zone_offset(zone, when);
    }
    return change_time_at(clock, v->zone, wall);
}

/*
 * The start goes with the date when it is one of a series; otherwise it stays where it can. RFC
 * 5545, 3.8.2.3 wants what is due later than its start: a day is written in both all the same, as
 * other programs do, since it could be said in no other way that a task of a series is due on a
 * day.
 */
static void
set_start(struct arena *arena, struct ical_patch *p, const struct todo_was *was,
    const struct ical_component *c, const struct clock *clock, struct ical_time due, bool series)
{
    const struct ical_component *calendar = was->object->calendar;
    const struct ical_line *start = ical_find(c, "DTSTART"), *old = ical_find(c, "DUE");
    const struct ical_zone *zone;
    struct ical_time from, before;

    if (start == NULL && !series)
        return;
    if (start == NULL || ical_time_of(arena, calendar, start, &from, &zone) != NULL ||
        from.date != due.date || from.utc != due.utc) {
        ical_patch_set(
            p, c, "DTSTART", series ? change_time_line(arena, "DTSTART", clock->tzid, due) : NULL);
        return;
    }
    if (series && old != NULL && ical_time_of(arena, calendar, old, &before, &zone) == NULL &&
        before.date == due.date && before.utc == due.utc)
        from.wall += due.wall - before.wall;
    if (from.wall > due.wall)
        from.wall = due.wall;
    ical_patch_set(p, c, "DTSTART", change_time_line(arena, "DTSTART", clock->tzid, from));
}

static void
set_due(struct arena *arena, struct ical_patch *p, const struct todo_was *was,
    const struct ical_component *c, const struct todo_values *v)
{
    const struct ical_component *calendar = was->object->calendar;
    struct clock clock = clock_of(c, v);
    bool series = v->rule != NULL && !was->todo->own;
    struct ical_timing first;

    ical_patch_set(p, c, "DURATION", NULL);
    if (!v->dated) {
        ical_patch_set(p, c, "DUE", NULL);
        return;
    }
    struct ical_time due = time_at(arena, calendar, &clock, v, v->due);
    /* What is meant is perhaps not the first of the series. */
    if (was->todo->recurs && !was->todo->own &&
        ical_timing_read(arena, calendar, c, &first) == NULL)
        due.wall -= was->todo->at.recurrence.wall - first.start.wall;
    set_start(arena, p, was, c, &clock, due, series);
    ical_patch_set(p, c, "DUE", change_time_line(arena, "DUE", clock.tzid, due));
    if (clock.kind == CLOCK_ZONE)
        change_add_zone(arena, p, calendar, v->zone, v->tzid, clock.tzid, v->due);
}

/* ---------------------------------------------------------------- changes */

static bool
other_due(const struct todo_values *a, const struct todo_values *b)
{
    return a->dated != b->dated || (a->dated && (a->whole != b->whole || a->due != b->due));
}

static bool
other_rule(const struct todo_values *a, const struct todo_values *b)
{
    return a->rule == NULL || b->rule == NULL ? a->rule != b->rule : strcmp(a->rule, b->rule) != 0;
}

static void
set_rule(struct arena *arena, struct ical_patch *p, const struct todo_was *was,
    const struct todo_values *v)
{
    static const char *const dates[] = { "RDATE", "EXRULE", "EXDATE" };
    const struct ical_component *master = was->todo->master;

    change_set_rule(arena, p, master, v->rule);
    for (size_t i = 0; v->rule == NULL && i < COUNT_OF(dates); i++)
        ical_patch_set(p, master, dates[i], NULL);
    for (const struct ical_component *c = was->object->calendar->child; c != NULL; c = c->next)
        if (v->rule == NULL && is_todo(c) && c != master)
            ical_patch_cut(p, c->from, c->to);
}

const char *
todo_change(struct arena *arena, const struct todo_was *was, const struct todo_values *v,
    int64_t now, size_t *n)
{
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    const struct ical_component *c = was->todo->component;
    bool rule = !was->todo->own && other_rule(v, &was->values);

    change_set_text(arena, p, c, "SUMMARY", v->title);
    change_set_text(arena, p, c, "DESCRIPTION", v->text);
    change_set_text(arena, p, c, "CONTACT", v->contact);
    if (!same_categories(v, &was->values))
        ical_patch_set(p, c, "CATEGORIES", categories_line(arena, v));
    if (v->priority != was->values.priority)
        ical_patch_set(p, c, "PRIORITY",
            v->priority == 0 ? NULL
                             : change_line(arena, "PRIORITY", NULL, NULL,
                                   arena_printf(arena, "%d", v->priority)));
    if (v->state != was->values.state)
        set_state(arena, p, c, v->state, now);
    if (other_due(v, &was->values) || (rule && was->values.rule == NULL))
        set_due(arena, p, was, c, v);
    if (rule)
        set_rule(arena, p, was, v);
    change_stamp(arena, p, c, now);
    return ical_patch_apply(p, n);
}

const char *
todo_make(struct arena *arena, const struct todo_values *v, const char *uid, int64_t now, size_t *n)
{
    const struct ical_time stamped = { .wall = now, .utc = true };
    const struct clock clock = { v->whole ? CLOCK_DATE : CLOCK_ZONE, v->tzid };
    const struct ical_time due = change_time_at(&clock, v->zone, v->due);
    const char *categories = categories_line(arena, v);
    struct buf b = buf_new(arena, LINES_MAX);

    ical_begin(&b, "VCALENDAR");
    ical_write(&b, "VERSION", "2.0");
    ical_write(&b, "PRODID", PRODUCT);
    if (v->dated && !v->whole)
        ical_write_zone(&b, v->zone, v->tzid, change_year(v->due));
    ical_begin(&b, "VTODO");
    ical_write(&b, "UID", uid);
    buf_text(&b, change_time_line(arena, "DTSTAMP", NULL, stamped));
    buf_text(&b, change_time_line(arena, "CREATED", NULL, stamped));
    if (v->dated && v->rule != NULL)
        buf_text(&b, change_time_line(arena, "DTSTART", v->tzid, due));
    if (v->dated)
        buf_text(&b, change_time_line(arena, "DUE", v->tzid, due));
    if (v->rule != NULL)
        ical_write(&b, "RRULE", v->rule);
    ical_write_text(&b, "SUMMARY", v->title);
    if (*v->text != '\0')
        ical_write_text(&b, "DESCRIPTION", v->text);
    if (categories != NULL)
        buf_text(&b, categories);
    if (*v->contact != '\0')
        ical_write_text(&b, "CONTACT", v->contact);
    if (v->priority != 0)
        ical_write(&b, "PRIORITY", arena_printf(arena, "%d", v->priority));
    ical_write(&b, "STATUS", states[v->state].status);
    if (states[v->state].percent != NULL)
        ical_write(&b, "PERCENT-COMPLETE", states[v->state].percent);
    if (v->state == TODO_DONE)
        buf_text(&b, change_time_line(arena, "COMPLETED", NULL, stamped));
    ical_end(&b, "VTODO");
    ical_end(&b, "VCALENDAR");
    *n = b.n;
    return buf_string(&b);
}

/* ---------------------------------------------------------------- one of a series */

/* One rule and nothing else: then the series can go on to its next day. */
static bool
is_plain(const struct todo_was *was)
{
    const struct ical_component *master = was->todo->master;
    const struct ical_line *rule = master == NULL ? NULL : ical_find(master, "RRULE");

    for (const struct ical_component *c = was->object->calendar->child; c != NULL; c = c->next)
        if (is_todo(c) && c != master)
            return false;
    return rule != NULL && ical_find_next(master, "RRULE", rule) == NULL &&
           ical_find(master, "RDATE") == NULL && ical_find(master, "EXRULE") == NULL &&
           (ical_find(master, "DTSTART") != NULL || ical_find(master, "DUE") != NULL);
}

static void
shift_time(struct arena *arena, struct ical_patch *p, const struct ical_component *calendar,
    const struct ical_component *c, const char *name, int64_t shift)
{
    const struct ical_line *line = ical_find(c, name);
    const struct ical_zone *zone;
    struct ical_time t;

    if (line == NULL || ical_time_of(arena, calendar, line, &t, &zone) != NULL)
        return;
    t.wall += shift;
    ical_patch_set(p, c, name, change_time_line(arena, name, ical_param(line, "TZID"), t));
}

/* A rule without the instances before `next` that it counts. */
static const char *
rest_of_rule(struct arena *arena, const char *text, const struct ical_time *start, int64_t next)
{
    struct ical_rule rule;
    int64_t wall;
    int passed = 0;

    if (ical_rule_read(arena, text, &rule) != NULL || rule.count == 0)
        return text;
    struct ical_steps *steps =
        ical_steps_new(arena, &rule, *start, start->wall - ICAL_DAY, next + ICAL_DAY);
    while (ical_steps_next(steps, &wall) && wall < next)
        passed++;
    return change_rule_ending(arena, text, NULL, rule.count - passed > 0 ? rule.count - passed : 1);
}

/* The series from its second instance on; false: there is none. */
static bool
go_on(struct arena *arena, const struct todo_was *was, int64_t now, struct todo_result *result)
{
    const struct ical_component *calendar = was->object->calendar, *c = was->todo->master;
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    struct ical_instances all;
    struct ical_timing first;

    if (ical_set_instances(was->object->set, -CHANGE_FAR, CHANGE_FAR, 2, &all) != NULL ||
        all.n < 2 || ical_timing_read(arena, calendar, c, &first) != NULL)
        return false;
    int64_t next = all.p[1].recurrence.wall;
    const struct sieve later = { all.p[1].id.wall, CHANGE_FAR, 0, was->values.zone };
    shift_time(arena, p, calendar, c, "DTSTART", next - first.start.wall);
    shift_time(arena, p, calendar, c, "DUE", next - first.start.wall);
    change_set_rule(arena, p, c, rest_of_rule(arena, ical_value(c, "RRULE"), &first.start, next));
    change_sift(arena, p, calendar, c, "EXDATE", &later);
    set_state(arena, p, c, TODO_OPEN, now);
    change_stamp(arena, p, c, now);
    result->bytes = ical_patch_apply(p, &result->n);
    return true;
}

/* The first of a series as a task of its own that is done. */
static void
keep_done(struct arena *arena, const struct todo_was *was, int64_t now, struct todo_result *result)
{
    static const char *const series[] = { "RRULE", "EXDATE" };
    const struct ical_component *c = was->todo->master;
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);

    result->uid = token_uuid(arena);
    ical_patch_set(p, c, "UID", change_line(arena, "UID", NULL, NULL, result->uid));
    for (size_t i = 0; i < COUNT_OF(series); i++)
        ical_patch_set(p, c, series[i], NULL);
    for (const struct ical_component *alarm = c->child; alarm != NULL; alarm = alarm->next)
        ical_patch_cut(p, alarm->from, alarm->to);
    set_state(arena, p, c, TODO_DONE, now);
    change_stamp(arena, p, c, now);
    result->more = ical_patch_apply(p, &result->n_more);
}

/* One instance as a component of its own, which is that far. */
static void
add_own(struct arena *arena, const struct todo_was *was, enum todo_state state, int64_t now,
    struct todo_result *result)
{
    static const char *const others[] = { "RRULE", "RDATE", "EXRULE", "EXDATE", "DTSTART", "DUE",
        "DURATION", "STATUS", "PERCENT-COMPLETE", "COMPLETED", "DTSTAMP" };
    const struct ical_time stamp = { .wall = now, .utc = true };
    const struct ical_component *c = was->todo->master;
    const struct ical_instance *at = &was->todo->at;
    const struct ical_line *start = ical_find(c, "DTSTART"), *due = ical_find(c, "DUE");
    const char *tzid = ical_param(start != NULL ? start : due, "TZID");
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    struct buf b = buf_new(arena, was->bytes.n + KB(16));
    struct ical_time end = at->recurrence;

    end.wall += at->end - at->start;
    ical_begin(&b, "VTODO");
    for (int i = 0; i < c->n_lines; i++) {
        bool other = false;
        for (size_t k = 0; k < COUNT_OF(others); k++)
            other |= strcmp(c->line[i].name, others[k]) == 0;
        if (!other)
            buf_add(
                &b, (const char *)was->bytes.p + c->line[i].from, c->line[i].to - c->line[i].from);
    }
    buf_text(&b, change_time_line(arena, "DTSTAMP", NULL, stamp));
    buf_text(&b, change_time_line(arena, "RECURRENCE-ID", tzid, at->recurrence));
    if (start != NULL)
        buf_text(&b, change_time_line(arena, "DTSTART", tzid, at->recurrence));
    if (due != NULL)
        buf_text(&b, change_time_line(arena, "DUE", tzid, end));
    ical_write(&b, "STATUS", states[state].status);
    if (state == TODO_DONE) {
        ical_write(&b, "PERCENT-COMPLETE", states[state].percent);
        buf_text(&b, change_time_line(arena, "COMPLETED", NULL, stamp));
    }
    ical_end(&b, "VTODO");
    ical_patch_put(p, c->to, buf_string(&b));
    result->bytes = ical_patch_apply(p, &result->n);
}

static void
set_here(struct arena *arena, const struct todo_was *was, enum todo_state state, int64_t now,
    struct todo_result *result)
{
    const struct ical_component *c = was->todo->component;
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);

    set_state(arena, p, c, state, now);
    change_stamp(arena, p, c, now);
    result->bytes = ical_patch_apply(p, &result->n);
}

void
todo_set_state(struct arena *arena, const struct todo_was *was, enum todo_state state, int64_t now,
    struct todo_result *result)
{
    *result = (struct todo_result){ .bytes = NULL };
    if (!was->todo->recurs || was->todo->own || !is_over(state))
        set_here(arena, was, state, now, result);
    else if (!is_plain(was))
        add_own(arena, was, state, now, result);
    else if (state != TODO_DONE || !go_on(arena, was, now, result))
        set_here(arena, was, state, now, result);
    else
        keep_done(arena, was, now, result);
}

bool
todo_skip(struct arena *arena, const struct todo_was *was, int64_t now, struct todo_result *result)
{
    *result = (struct todo_result){ .bytes = NULL };
    if (!was->todo->recurs)
        return false;
    if (is_plain(was))
        return go_on(arena, was, now, result);
    if (was->todo->own)
        set_here(arena, was, TODO_DROPPED, now, result);
    else
        add_own(arena, was, TODO_DROPPED, now, result);
    return true;
}
