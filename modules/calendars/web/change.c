/* Changes of events that people make on pages, line by line in what was sent. */
#include "modules/calendars/web/change.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "html/lang.h"
#include "ical/rule.h"
#include "ical/steps.h"
#include "ical/write.h"
#include "ical/zone_write.h"
#include "modules/calendars/web/change_in.h"

#define LINES_MAX MB(1)
#define PRODUCT   "-//chapterd//pages//EN"

/* ---------------------------------------------------------------- all of a series */

/* The end of a rule moves with the series. */
static const char *
moved_rule(struct arena *arena, const char *text, const struct clock *clock,
    const struct event_values *v, int64_t shift)
{
    struct ical_rule rule;
    char until[ICAL_TIME_ROOM];

    if (ical_rule_read(arena, text, &rule) != NULL || !rule.dated)
        return text;
    int64_t wall = rule.until.wall + shift;
    if (rule.until.utc)
        wall += ical_zone_offset(v->zone, rule.until.wall);
    if (clock->kind == CLOCK_DATE)
        ical_write_time((struct ical_time){ .wall = change_day(wall), .date = true }, until);
    else if (rule.until.date)
        wall = change_day(wall) + ICAL_DAY - 1;
    if (clock->kind == CLOCK_FLOATS)
        ical_write_time((struct ical_time){ .wall = wall }, until);
    else if (clock->kind != CLOCK_DATE)
        ical_write_time(
            (struct ical_time){ .wall = ical_zone_when(v->zone, wall), .utc = true }, until);
    return change_rule_ending(arena, text, until, 0);
}

/* A rule that ends as another one does. */
static const char *
ending_as(struct arena *arena, const char *text, const char *other)
{
    char until[ICAL_TIME_ROOM];
    struct ical_rule rule;

    if (other == NULL || ical_rule_read(arena, other, &rule) != NULL)
        return text;
    if (rule.dated)
        ical_write_time(rule.until, until);
    return change_rule_ending(arena, text, rule.dated ? until : NULL, rule.count);
}

/* What stood there in the series stands in its changed instances, too. */
static void
set_texts_of_all(struct arena *arena, struct ical_patch *p, const struct event_was *was,
    const struct ical_component *master, const struct event_values *v)
{
    static const char *const names[] = { "SUMMARY", "LOCATION", "DESCRIPTION" };
    const char *const text[] = { v->title, v->place, v->text };

    change_set_texts(arena, p, master, v);
    change_set_guests(arena, p, master, &v->guests);
    for (const struct ical_component *c = was->object->calendar->child; c != NULL; c = c->next)
        if (change_is_own(c) && v->rule != NULL)
            change_set_guests(arena, p, c, &v->guests);
    for (const struct ical_component *c = was->object->calendar->child; c != NULL; c = c->next)
        for (size_t i = 0; change_is_own(c) && v->rule != NULL && i < COUNT_OF(names); i++)
            if (strcmp(change_text_of(arena, c, names[i]),
                    change_text_of(arena, master, names[i])) == 0)
                change_set_text(arena, p, c, names[i], text[i]);
}

static void
end_series(struct ical_patch *p, const struct event_was *was, const struct ical_component *master)
{
    static const char *const names[] = { "RRULE", "RDATE", "EXRULE", "EXDATE" };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        ical_patch_set(p, master, names[i], NULL);
    for (const struct ical_component *c = was->object->calendar->child; c != NULL; c = c->next)
        if (change_is_own(c))
            ical_patch_cut(p, c->from, c->to);
}

static void
shift_exceptions(struct arena *arena, struct ical_patch *p, const struct event_was *was,
    const struct ical_component *master, const struct event_values *v, int64_t shift)
{
    const struct sieve s = { -CHANGE_FAR, CHANGE_FAR, shift, v->zone };
    const struct ical_component *calendar = was->object->calendar;

    change_sift(arena, p, calendar, master, "EXDATE", &s);
    change_sift(arena, p, calendar, master, "RDATE", &s);
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (change_is_own(c))
            change_sift(arena, p, calendar, c, "RECURRENCE-ID", &s);
}

static const char *
change_all(struct arena *arena, const struct event_was *was, const struct event_values *v,
    bool rule_changed, int64_t now, const char **bytes, size_t *n)
{
    const struct ical_component *master = event_master(was->object);
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    const char *rule = v->rule;
    struct ical_timing t;

    if (master == NULL || ical_timing_read(arena, was->object->calendar, master, &t) != NULL)
        return N_("Of this series only some events are here. They can be changed one by one.");
    set_texts_of_all(arena, p, was, master, v);
    if (!rule_changed)
        rule = ical_value(master, "RRULE");
    if (rule_changed && rule == NULL)
        end_series(p, was, master);
    if (rule_changed && rule != NULL && v->same_end)
        rule = ending_as(arena, rule, ical_value(master, "RRULE"));
    if (change_moves(was, v)) {
        struct clock clock = change_clock_for(master, v);
        int64_t wall = t.start.wall + (t.start.utc ? ical_zone_offset(v->zone, t.start.wall) : 0);
        int64_t from = change_day(wall) + change_day(v->from) - change_day(was->values.from) +
                       v->from - change_day(v->from);
        if (v->whole != was->values.whole && rule != NULL &&
            change_has_exceptions(was->object->calendar, master))
            return N_("Some events of this series were changed or left out. So it cannot become a "
                      "whole day, or get times, all at once.");
        change_set_times(arena, p, was, master, v, from);
        if (rule != NULL && v->whole == was->values.whole && from != wall)
            shift_exceptions(arena, p, was, master, v, from - wall);
        if (rule != NULL && (!rule_changed || v->same_end))
            rule = moved_rule(arena, rule, &clock, v, from - wall);
    }
    if (rule != NULL && rule != ical_value(master, "RRULE"))
        change_set_rule(arena, p, master, rule);
    change_stamp(arena, p, master, now);
    *bytes = ical_patch_apply(p, n);
    return NULL;
}

/* ---------------------------------------------------------------- only one of them */

static bool
is_own(const struct event_was *was)
{
    const struct ical_line *id = ical_find(was->at->component, "RECURRENCE-ID");

    return id != NULL && ical_param(id, "RANGE") == NULL;
}

/* The instance as a component of its own, behind the one that says what it is. */
static const char *
with_own(struct arena *arena, const struct event_was *was, size_t *n)
{
    static const char *const others[] = { "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID",
        "DTSTART", "DTEND", "DURATION" };
    const struct ical_component *c = was->at->component, *master = event_master(was->object);
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    struct clock clock = change_clock(c);
    const struct event_values *v = &was->values;
    struct buf b = buf_new(arena, was->bytes.n + KB(16));

    ical_begin(&b, "VEVENT");
    for (int i = 0; i < c->n_lines; i++) {
        bool other = false;
        for (size_t k = 0; k < COUNT_OF(others); k++)
            other |= strcmp(c->line[i].name, others[k]) == 0;
        if (!other)
            buf_add(
                &b, (const char *)was->bytes.p + c->line[i].from, c->line[i].to - c->line[i].from);
    }
    buf_text(&b, change_time_line(arena, "RECURRENCE-ID",
                     change_clock(master != NULL ? master : c).tzid, was->at->recurrence));
    buf_text(&b,
        change_time_line(arena, "DTSTART", clock.tzid, change_time_at(&clock, v->zone, v->from)));
    if (v->to > v->from)
        buf_text(&b,
            change_time_line(arena, "DTEND", clock.tzid, change_time_at(&clock, v->zone, v->to)));
    for (const struct ical_component *k = c->child; k != NULL; k = k->next)
        buf_add(&b, (const char *)was->bytes.p + k->from, k->to - k->from);
    ical_end(&b, "VEVENT");
    ical_patch_put(p, c->to, buf_string(&b));
    return ical_patch_apply(p, n);
}

static const char *
change_own(struct arena *arena, const struct event_was *was, const struct ical_component *c,
    const struct event_values *v, int64_t now, struct event_result *result)
{
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);

    change_set_texts(arena, p, c, v);
    change_set_guests(arena, p, c, &v->guests);
    if (change_moves(was, v))
        change_set_times(arena, p, was, c, v, v->from);
    change_stamp(arena, p, c, now);
    result->bytes = ical_patch_apply(p, &result->n);
    return NULL;
}

static const char cannot[] = N_("This event cannot be changed here.");

/* The same event with a component for the instance, which is *own; false: it cannot be made. */
static bool
make_own(struct arena *arena, const struct lang *lang, struct event_was *was,
    const struct ical_component **own)
{
    struct calendar_object *o = NEW(arena, struct calendar_object);

    *own = was->at->component;
    if (is_own(was))
        return true;
    was->bytes.p = with_own(arena, was, &was->bytes.n);
    if (object_read(arena, lang, was->bytes.p, was->bytes.n, o) != NULL)
        return false;
    was->object = o;
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next)
        if (change_is_own(c) && ical_param(ical_find(c, "RECURRENCE-ID"), "RANGE") == NULL &&
            change_instance(arena, o->calendar, c) == was->at->id.wall) {
            *own = c;
            return true;
        }
    return false;
}

static const char *
change_one(struct arena *arena, const struct lang *lang, const struct event_was *was,
    const struct event_values *v, int64_t now, struct event_result *result)
{
    const struct ical_component *c;
    struct event_was own = *was;

    if (!make_own(arena, lang, &own, &c))
        return cannot;
    return change_own(arena, &own, c, v, now, result);
}

/* ---------------------------------------------------------------- one and all later */

static bool
is_first(const struct event_was *was)
{
    struct ical_instances all;

    return ical_set_instances(was->object->set, -CHANGE_FAR, CHANGE_FAR, 1, &all) == NULL &&
           all.n > 0 && all.p[0].id.wall == was->at->id.wall;
}

/* How many instances a rule gives before the one that is meant. */
static int
count_before(struct arena *arena, const struct event_was *was, const struct ical_rule *rule,
    const struct ical_time *start)
{
    struct ical_steps *steps = ical_steps_new(
        arena, rule, *start, start->wall - ICAL_DAY, was->at->recurrence.wall + ICAL_DAY);
    int64_t wall;
    int n = 0;

    while (ical_steps_next(steps, &wall) && wall < was->at->recurrence.wall)
        n++;
    return n;
}

/* Series that other programs made in ways which cannot be cut in two. */
static bool
is_strange(const struct event_was *was, const struct ical_component *master)
{
    const struct ical_line *rule = ical_find(master, "RRULE");

    for (const struct ical_component *c = was->object->calendar->child; c != NULL; c = c->next)
        if (change_is_own(c) && ical_param(ical_find(c, "RECURRENCE-ID"), "RANGE") != NULL)
            return true;
    return ical_find(master, "EXRULE") != NULL ||
           (rule != NULL && ical_find_next(master, "RRULE", rule) != NULL);
}

static void
cut_instances(struct arena *arena, struct ical_patch *p, const struct event_was *was, bool later)
{
    const struct ical_component *calendar = was->object->calendar;

    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (change_is_own(c) && (change_instance(arena, calendar, c) >= was->at->id.wall) == later)
            ical_patch_cut(p, c->from, c->to);
}

/*
 * When a series ends that is over before the instance: with the day before, which people
 * understand; a second before when there is perhaps another one on the same day.
 */
static struct ical_time
last_before(struct arena *arena, const struct event_was *was, int kind, const char *rule)
{
    const struct ical_zone *zone = was->values.zone;
    struct ical_time t = was->at->id;
    struct ical_rule r;

    t.utc = kind == CLOCK_UTC || kind == CLOCK_ZONE;
    t.wall -= t.date ? ICAL_DAY : 1;
    if (t.date || rule == NULL || ical_rule_read(arena, rule, &r) != NULL || r.freq < DAILY ||
        (r.hours | r.minutes | r.seconds) != 0)
        return t;
    if (t.utc)
        t.wall = ical_zone_when(zone, change_day(t.wall + ical_zone_offset(zone, t.wall))) - 1;
    else
        t.wall = change_day(t.wall) - 1;
    return t;
}

/* The series as far as it is before the instance. */
static void
shorten(struct arena *arena, const struct event_was *was, const struct ical_component *master,
    int64_t now, const char **bytes, size_t *n)
{
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    const struct sieve before = { -CHANGE_FAR, was->at->id.wall, 0, was->values.zone };
    struct clock clock = change_clock(master);
    const char *rule = ical_value(master, "RRULE");
    struct ical_time until = last_before(arena, was, clock.kind, rule);
    char text[ICAL_TIME_ROOM];

    ical_write_time(until, text);
    if (rule != NULL)
        change_set_rule(arena, p, master, change_rule_ending(arena, rule, text, 0));
    change_sift(arena, p, was->object->calendar, master, "RDATE", &before);
    cut_instances(arena, p, was, true);
    change_stamp(arena, p, master, now);
    *bytes = ical_patch_apply(p, n);
}

/* The instance and all later ones as a series of their own. */
static const char *
rest_of(struct arena *arena, const struct event_was *was, const struct ical_component *master,
    const char *uid, size_t *n)
{
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    const struct sieve from = { was->at->id.wall, CHANGE_FAR, 0, was->values.zone };
    const struct ical_component *calendar = was->object->calendar;
    const char *text = ical_value(master, "RRULE");
    struct ical_rule rule;
    struct ical_timing t;

    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (c == master ||
            (change_is_own(c) && change_instance(arena, calendar, c) >= was->at->id.wall))
            ical_patch_set(p, c, "UID", change_line(arena, "UID", NULL, NULL, uid));
    cut_instances(arena, p, was, false);
    change_sift(arena, p, calendar, master, "RDATE", &from);
    change_sift(arena, p, calendar, master, "EXDATE", &from);
    if (text != NULL && ical_rule_read(arena, text, &rule) == NULL && rule.count > 0 &&
        ical_timing_read(arena, calendar, master, &t) == NULL)
        change_set_rule(arena, p, master,
            change_rule_ending(
                arena, text, NULL, rule.count - count_before(arena, was, &rule, &t.start)));
    change_set_times(arena, p, was, master, &was->values, was->values.from);
    return ical_patch_apply(p, n);
}

static const char *
change_later(struct arena *arena, const struct lang *lang, const struct event_was *was,
    const struct event_values *v, bool rule_changed, int64_t now, struct event_result *result)
{
    const struct ical_component *master = event_master(was->object);
    struct event_was rest = *was;
    struct calendar_object o;
    struct ical_instances all;

    if (master == NULL || was->at->component != master || is_strange(was, master))
        return N_("This series cannot be cut in two here. Change only this one, or all.");
    result->uid = token_uuid(arena);
    rest.bytes.p = rest_of(arena, was, master, result->uid, &rest.bytes.n);
    if (object_read(arena, lang, rest.bytes.p, rest.bytes.n, &o) != NULL ||
        ical_set_instances(o.set, -CHANGE_FAR, CHANGE_FAR, 1, &all) != NULL || all.n == 0)
        return cannot;
    rest.object = &o;
    rest.at = &all.p[0];
    shorten(arena, was, master, now, &result->bytes, &result->n);
    return change_all(arena, &rest, v, rule_changed, now, &result->more, &result->n_more);
}

/* ---------------------------------------------------------------- what pages ask for */

static bool
recurs(const struct event_was *was)
{
    const struct ical_component *master = event_master(was->object);

    return master == NULL || ical_find(master, "RRULE") != NULL ||
           ical_find(master, "RDATE") != NULL || was->at->component != master;
}

const char *
event_change(struct arena *arena, const struct lang *lang, const struct event_was *was,
    enum event_scope scope, const struct event_values *v, bool rule_changed, int64_t now,
    struct event_result *result)
{
    *result = (struct event_result){ .bytes = NULL };
    if (recurs(was) && scope == SCOPE_ONE)
        return change_one(arena, lang, was, v, now, result);
    if (recurs(was) && scope == SCOPE_LATER && !is_first(was))
        return change_later(arena, lang, was, v, rule_changed, now, result);
    if (recurs(was) && was->at->component != event_master(was->object))
        return N_("This one was changed by itself before. Change the series from another of its "
                  "days.");
    return change_all(arena, was, v, rule_changed, now, &result->bytes, &result->n);
}

/* The line of somebody who answers; what else it says of her stays. */
static const char *
answer_line(struct arena *arena, const struct ical_line *line, const char *const *partstat)
{
    struct ical_param *param = NEW_ARRAY(arena, struct ical_param, (size_t)line->n_params + 1);
    struct buf b = buf_new(arena, LINES_MAX);
    struct ical_line answered = *line;
    int n = 0;

    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, "PARTSTAT") != 0 &&
            strcmp(line->param[i].name, "RSVP") != 0)
            param[n++] = line->param[i];
    param[n++] = (struct ical_param){ "PARTSTAT", partstat, 1 };
    answered.param = param;
    answered.n_params = n;
    ical_write_line(&b, &answered);
    return buf_string(&b);
}

const char *
event_answer(struct arena *arena, const struct lang *lang, const struct event_was *given,
    enum event_scope scope, bool (*hers)(const struct ical_line *, void *whose), void *whose,
    const char *partstat, int64_t now, struct event_result *result)
{
    const struct ical_time stamp = { .wall = now, .utc = true };
    const char **answer = NEW(arena, const char *);
    const struct ical_component *only = NULL;
    struct event_was was = *given;

    *answer = partstat;
    *result = (struct event_result){ .bytes = NULL };
    if (recurs(&was) && scope == SCOPE_ONE && !make_own(arena, lang, &was, &only))
        return cannot;
    struct ical_patch *p = ical_patch_new(arena, was.bytes.p, was.bytes.n);
    for (const struct ical_component *c = was.object->calendar->child; c != NULL; c = c->next) {
        if (strcmp(c->name, "VEVENT") != 0 || (only != NULL && c != only))
            continue;
        for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
            if (hers(l, whose)) {
                ical_patch_cut(p, l->from, l->to);
                ical_patch_put(p, l->from, answer_line(arena, l, answer));
            }
        ical_patch_set(p, c, "DTSTAMP", change_time_line(arena, "DTSTAMP", NULL, stamp));
    }
    result->bytes = ical_patch_apply(p, &result->n);
    return NULL;
}

/* All but one of a series. */
static const char *
delete_one(
    struct arena *arena, const struct event_was *was, int64_t now, struct event_result *result)
{
    const struct ical_component *master = event_master(was->object);
    struct ical_patch *p = ical_patch_new(arena, was->bytes.p, was->bytes.n);
    struct ical_instances all;

    if (ical_set_instances(was->object->set, -CHANGE_FAR, CHANGE_FAR, 2, &all) == NULL &&
        all.n < 2) {
        result->gone = true;
        return NULL;
    }
    if (is_own(was))
        ical_patch_cut(p, was->at->component->from, was->at->component->to);
    if (master != NULL) {
        const struct ical_line *last = &master->line[master->n_lines - 1];
        ical_patch_put(p, last->to,
            change_time_line(arena, "EXDATE", change_clock(master).tzid, was->at->recurrence));
        change_stamp(arena, p, master, now);
    }
    result->bytes = ical_patch_apply(p, &result->n);
    return NULL;
}

const char *
event_delete(struct arena *arena, const struct lang *lang UNUSED, const struct event_was *was,
    enum event_scope scope, int64_t now, struct event_result *result)
{
    const struct ical_component *master = event_master(was->object);

    *result = (struct event_result){ .bytes = NULL };
    if (recurs(was) && scope == SCOPE_ONE)
        return delete_one(arena, was, now, result);
    if (recurs(was) && scope == SCOPE_LATER && !is_first(was)) {
        if (master == NULL || is_strange(was, master))
            return N_("This series cannot be cut in two here. Change only this one, or all.");
        shorten(arena, was, master, now, &result->bytes, &result->n);
        return NULL;
    }
    result->gone = true;
    return NULL;
}

const char *
event_make(
    struct arena *arena, const struct event_values *v, const char *uid, int64_t now, size_t *n)
{
    const struct ical_time stamped = { .wall = now, .utc = true };
    struct clock clock = { v->whole          ? CLOCK_DATE
                           : v->tzid != NULL ? CLOCK_ZONE
                                             : CLOCK_FLOATS,
        v->tzid };
    struct buf b = buf_new(arena, LINES_MAX);

    ical_begin(&b, "VCALENDAR");
    ical_write(&b, "VERSION", "2.0");
    ical_write(&b, "PRODID", PRODUCT);
    if (clock.kind == CLOCK_ZONE)
        ical_write_zone(&b, v->zone, v->tzid, change_year(v->from));
    ical_begin(&b, "VEVENT");
    ical_write(&b, "UID", uid);
    buf_text(&b, change_time_line(arena, "DTSTAMP", NULL, stamped));
    buf_text(&b, change_time_line(arena, "CREATED", NULL, stamped));
    buf_text(
        &b, change_time_line(arena, "DTSTART", v->tzid, change_time_at(&clock, v->zone, v->from)));
    if (v->to > v->from)
        buf_text(
            &b, change_time_line(arena, "DTEND", v->tzid, change_time_at(&clock, v->zone, v->to)));
    if (v->rule != NULL)
        ical_write(&b, "RRULE", v->rule);
    ical_write_text(&b, "SUMMARY", v->title);
    if (*v->place != '\0')
        ical_write_text(&b, "LOCATION", v->place);
    if (*v->text != '\0')
        ical_write_text(&b, "DESCRIPTION", v->text);
    change_write_guests(arena, &b, &v->guests);
    ical_end(&b, "VEVENT");
    ical_end(&b, "VCALENDAR");
    *n = b.n;
    return buf_string(&b);
}
