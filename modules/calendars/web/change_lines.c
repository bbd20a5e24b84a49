/* Lines of an event, written and changed. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "ical/itip.h"
#include "ical/write.h"
#include "ical/zone_write.h"
#include "modules/calendars/web/change_in.h"

/* Lines that are written at once. */
#define LINES_MAX MB(1)

/* ---------------------------------------------------------------- lines */

const char *
change_line(struct arena *arena, const char *name, const char *parameter, const char *with,
    const char *value)
{
    const struct ical_param param = { parameter, &with, 1 };
    struct buf b = buf_new(arena, LINES_MAX);

    ical_write_line(
        &b, &(struct ical_line){
                .name = name, .param = &param, .n_params = with == NULL ? 0 : 1, .value = value });
    return buf_string(&b);
}

const char *
change_time_line(struct arena *arena, const char *name, const char *tzid, struct ical_time t)
{
    char text[ICAL_TIME_ROOM];

    ical_write_time(t, text);
    if (t.date)
        return change_line(arena, name, "VALUE", "DATE", text);
    return change_line(arena, name, "TZID", t.utc ? NULL : tzid, text);
}

struct ical_time
change_time_at(const struct clock *clock, const struct ical_zone *zone, int64_t wall)
{
    switch (clock->kind) {
    case CLOCK_DATE:
        return (struct ical_time){ .wall = wall, .date = true };
    case CLOCK_UTC:
        return (struct ical_time){ .wall = ical_zone_when(zone, wall), .utc = true };
    case CLOCK_ZONE:
    case CLOCK_FLOATS:
        break;
    }
    return (struct ical_time){ .wall = wall };
}

struct clock
change_clock(const struct ical_component *c)
{
    const struct ical_line *start = ical_find(c, "DTSTART");
    struct clock clock = { CLOCK_FLOATS, start == NULL ? NULL : ical_param(start, "TZID") };
    struct ical_time t;

    if (start != NULL && ical_read_time(start->value, (int)strlen(start->value), &t))
        clock.kind = t.date               ? CLOCK_DATE
                     : t.utc              ? CLOCK_UTC
                     : clock.tzid != NULL ? CLOCK_ZONE
                                          : CLOCK_FLOATS;
    return clock;
}

/* That a component was changed now (RFC 5545, 3.8.7). */
void
change_stamp(struct arena *arena, struct ical_patch *p, const struct ical_component *c, int64_t now)
{
    const struct ical_time t = { .wall = now, .utc = true };
    const char *was = ical_value(c, "SEQUENCE");
    int64_t sequence;

    if (was == NULL || !text_to_int(was, INT32_MAX - 1, &sequence))
        sequence = 0;
    ical_patch_set(p, c, "DTSTAMP", change_time_line(arena, "DTSTAMP", NULL, t));
    ical_patch_set(p, c, "LAST-MODIFIED", change_time_line(arena, "LAST-MODIFIED", NULL, t));
    ical_patch_set(p, c, "SEQUENCE",
        change_line(arena, "SEQUENCE", NULL, NULL,
            arena_printf(arena, "%d", was == NULL ? 1 : (int)sequence + 1)));
}

const char *
change_text_of(struct arena *arena, const struct ical_component *c, const char *name)
{
    const char *value = ical_value(c, name);

    return value == NULL ? "" : text_trim(arena, ical_text(arena, value));
}

/* What else says the same in another form, and would go on saying the old. */
static const struct {
    const char *name, *also;
} twins[] = { { "DESCRIPTION", "X-ALT-DESC" }, { "LOCATION", "GEO" },
    { "LOCATION", "X-APPLE-STRUCTURED-LOCATION" } };

void
change_set_text(struct arena *arena, struct ical_patch *p, const struct ical_component *c,
    const char *name, const char *text)
{
    const struct ical_line *was = ical_find(c, name);
    const char *language = was == NULL ? NULL : ical_param(was, "LANGUAGE");

    if (strcmp(change_text_of(arena, c, name), text) == 0)
        return;
    ical_patch_set(p, c, name,
        *text == '\0' ? NULL
                      : change_line(arena, name, "LANGUAGE", language, ical_escape(arena, text)));
    for (size_t i = 0; i < COUNT_OF(twins); i++)
        if (strcmp(twins[i].name, name) == 0)
            ical_patch_set(p, c, twins[i].also, NULL);
}

void
change_set_texts(struct arena *arena, struct ical_patch *p, const struct ical_component *c,
    const struct event_values *v)
{
    change_set_text(arena, p, c, "SUMMARY", v->title);
    change_set_text(arena, p, c, "LOCATION", v->place);
    change_set_text(arena, p, c, "DESCRIPTION", v->text);
}

/* ---------------------------------------------------------------- who is invited */

static const char *
guest_line(struct arena *arena, const char *name, const struct event_guest *g)
{
    static const char *const group[] = { "GROUP" }, *const asks[] = { "TRUE" },
                             *const open[] = { "NEEDS-ACTION" };
    bool guest = strcmp(name, "ATTENDEE") == 0;
    struct ical_param param[4];
    struct buf b = buf_new(arena, LINES_MAX);
    int n = 0;

    if (g->name != NULL && *g->name != '\0')
        param[n++] = (struct ical_param){ "CN", &g->name, 1 };
    if (g->group)
        param[n++] = (struct ical_param){ "CUTYPE", group, 1 };
    if (guest) {
        param[n++] = (struct ical_param){ "PARTSTAT", open, 1 };
        param[n++] = (struct ical_param){ "RSVP", asks, 1 };
    }
    ical_write_line(&b,
        &(struct ical_line){ .name = name, .param = param, .n_params = n, .value = g->address });
    return buf_string(&b);
}

void
change_write_guests(struct arena *arena, struct buf *b, const struct event_guests *guests)
{
    if (guests->n_add > 0)
        buf_text(b, guest_line(arena, "ORGANIZER", &guests->organizer));
    for (int i = 0; i < guests->n_add; i++)
        buf_text(b, guest_line(arena, "ATTENDEE", &guests->add[i]));
}

static bool
is_invited(const struct ical_component *c, const char *address)
{
    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        if (itip_same_address(l->value, address))
            return true;
    return false;
}

/* Whoever is invited as one of a group goes with it. */
static bool
goes(const struct ical_line *line, const struct event_guests *guests)
{
    const char *member = ical_param(line, "MEMBER");

    for (int i = 0; i < guests->n_remove; i++)
        if (itip_same_address(line->value, guests->remove[i]) ||
            (member != NULL && itip_same_address(member, guests->remove[i])))
            return true;
    return false;
}

void
change_set_guests(struct arena *arena, struct ical_patch *p, const struct ical_component *c,
    const struct event_guests *guests)
{
    size_t behind = c->line[c->n_lines - 1].to;

    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        if (goes(l, guests))
            ical_patch_cut(p, l->from, l->to);
    if (guests->n_add > 0 && ical_find(c, "ORGANIZER") == NULL)
        ical_patch_put(p, behind, guest_line(arena, "ORGANIZER", &guests->organizer));
    for (int i = 0; i < guests->n_add; i++)
        if (!is_invited(c, guests->add[i].address))
            ical_patch_put(p, behind, guest_line(arena, "ATTENDEE", &guests->add[i]));
}

/* ---------------------------------------------------------------- times */

int64_t
change_day(int64_t wall)
{
    return wall - (wall % ICAL_DAY + ICAL_DAY) % ICAL_DAY;
}

struct clock
change_clock_for(const struct ical_component *c, const struct event_values *v)
{
    struct clock was = change_clock(c);

    if (v->whole)
        return (struct clock){ CLOCK_DATE, NULL };
    if (was.kind != CLOCK_DATE)
        return was;
    return (struct clock){ v->tzid != NULL ? CLOCK_ZONE : CLOCK_FLOATS, v->tzid };
}

static bool
has_zone(const struct ical_component *calendar, const char *tzid)
{
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next) {
        const char *name = strcmp(c->name, "VTIMEZONE") == 0 ? ical_value(c, "TZID") : NULL;
        if (name != NULL && strcmp(name, tzid) == 0)
            return true;
    }
    return false;
}

int
change_year(int64_t wall)
{
    int year, month, day;

    ical_civil(change_day(wall) / ICAL_DAY, &year, &month, &day);
    return year;
}

void
change_add_zone(struct arena *arena, struct ical_patch *p, const struct ical_component *calendar,
    const struct ical_zone *zone, const char *tzid, const char *wanted, int64_t from)
{
    struct buf b = buf_new(arena, KB(64));

    if (wanted == NULL || strcmp(wanted, tzid) != 0 || has_zone(calendar, tzid) ||
        calendar->child == NULL)
        return;
    ical_write_zone(&b, zone, tzid, change_year(from));
    ical_patch_put(p, calendar->child->from, buf_string(&b));
}

/* From when to when; `from` is what clocks of v->zone show. */
void
change_set_times(struct arena *arena, struct ical_patch *p, const struct event_was *was,
    const struct ical_component *c, const struct event_values *v, int64_t from)
{
    const struct ical_component *calendar = was->object->calendar;
    struct clock clock = change_clock_for(c, v);
    int64_t to = from + v->to - v->from;

    ical_patch_set(p, c, "DTSTART",
        change_time_line(arena, "DTSTART", clock.tzid, change_time_at(&clock, v->zone, from)));
    ical_patch_set(p, c, "DURATION", NULL);
    ical_patch_set(p, c, "DTEND",
        to <= from
            ? NULL
            : change_time_line(arena, "DTEND", clock.tzid, change_time_at(&clock, v->zone, to)));
    if (clock.kind == CLOCK_ZONE && change_clock(c).kind == CLOCK_DATE)
        change_add_zone(arena, p, calendar, v->zone, v->tzid, clock.tzid, from);
}

bool
change_moves(const struct event_was *was, const struct event_values *v)
{
    return was->values.whole != v->whole || was->values.from != v->from || was->values.to != v->to;
}

/* ---------------------------------------------------------------- series */

const struct ical_component *
event_master(const struct calendar_object *o)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VEVENT") == 0 && ical_find(c, "RECURRENCE-ID") == NULL)
            return c;
    return NULL;
}

bool
change_is_own(const struct ical_component *c)
{
    return strcmp(c->name, "VEVENT") == 0 && ical_find(c, "RECURRENCE-ID") != NULL;
}

/* When the instance would be that a component changes; as ids of instances say it. */
int64_t
change_instance(
    struct arena *arena, const struct ical_component *calendar, const struct ical_component *c)
{
    const struct ical_zone *zone;
    struct ical_time t;

    if (ical_time_of(arena, calendar, ical_find(c, "RECURRENCE-ID"), &t, &zone) != NULL)
        return -CHANGE_FAR;
    return ical_when(t, zone);
}

bool
change_has_exceptions(const struct ical_component *calendar, const struct ical_component *master)
{
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (change_is_own(c))
            return true;
    return ical_find(master, "EXDATE") != NULL || ical_find(master, "RDATE") != NULL;
}

/* The rule with this end instead of its own: until, or count, or (0) neither. */
const char *
change_rule_ending(struct arena *arena, const char *rule, const char *until, int count)
{
    struct buf b = buf_new(arena, strlen(rule) + KB(1));
    const char *const *part;
    int n = text_split(arena, rule, ";", &part);

    for (int i = 0; i < n; i++)
        if (strncasecmp(part[i], "UNTIL=", 6) != 0 && strncasecmp(part[i], "COUNT=", 6) != 0)
            buf_printf(&b, "%s%s", b.n > 0 ? ";" : "", part[i]);
    if (until != NULL)
        buf_printf(&b, ";UNTIL=%s", until);
    else if (count > 0)
        buf_printf(&b, ";COUNT=%d", count);
    return buf_string(&b);
}

void
change_set_rule(
    struct arena *arena, struct ical_patch *p, const struct ical_component *c, const char *rule)
{
    ical_patch_set(
        p, c, "RRULE", rule == NULL ? NULL : change_line(arena, "RRULE", NULL, NULL, rule));
}

void
change_sift(struct arena *arena, struct ical_patch *p, const struct ical_component *calendar,
    const struct ical_component *c, const char *name, const struct sieve *s)
{
    for (const struct ical_line *l = NULL; (l = ical_find_next(c, name, l)) != NULL;) {
        struct buf b = buf_new(arena, LINES_MAX), value = buf_new(arena, LINES_MAX);
        const char *tzid = ical_param(l, "TZID"), *const * date;
        const struct ical_zone *zone = tzid == NULL ? NULL : ical_zone_find(arena, calendar, tzid);
        int n = text_split(arena, l->value, ",", &date), kept = 0;
        for (int i = 0; i < n; i++) {
            size_t length = strcspn(date[i], "/");
            char text[ICAL_TIME_ROOM];
            struct ical_time t;
            if (!ical_read_time(date[i], (int)length, &t))
                continue;
            int64_t when = ical_when(t, t.utc || t.date ? NULL : zone);
            if (when < s->from || when >= s->to)
                continue;
            if (t.utc)
                t.wall =
                    ical_zone_when(s->zone, t.wall + ical_zone_offset(s->zone, t.wall) + s->shift);
            else
                t.wall += s->shift;
            ical_write_time(t, text);
            buf_printf(&value, "%s%s%s", kept++ > 0 ? "," : "", text, date[i] + length);
        }
        if (kept == n && s->shift == 0)
            continue;
        struct ical_line line = *l;
        line.value = buf_string(&value);
        if (kept > 0)
            ical_write_line(&b, &line);
        ical_patch_cut(p, l->from, l->to);
        if (kept > 0)
            ical_patch_put(p, l->from, buf_string(&b));
    }
}
