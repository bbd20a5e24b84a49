/* What a calendar object resource must be, and when it is. */
#include "modules/calendars/object.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/zone.h"
#include "html/lang.h"
#include "ical/busy.h"
#include "ical/zone_lacking.h"
#include "webdav/xml.h"

/* Instances kept of one object: all if they are no more, else those of a span around today. */
#define INSTANCES_MOST 2000
#define SPAN_BEFORE    (180 * ICAL_DAY)
#define SPAN_AFTER     (730 * ICAL_DAY)
#define AGAIN_AFTER    (150 * ICAL_DAY) /* then it is reckoned anew */
/* Floating times and whole days are at most so much away from where UTC would have them. */
#define FLOATING (14 * 3600)
/* Before and after everything that a calendar can say. */
#define ALWAYS_FROM INT64_C(-100000000000)
#define ALWAYS_TO   INT64_C(400000000000)

const struct condition
    SUPPORTED_CALENDAR_DATA = { 403, NS_CALDAV, "supported-calendar-data",
        N_("A calendar takes iCalendar (text/calendar, version 2.0) alone.") },
    VALID_CALENDAR_OBJECT = { 403, NS_CALDAV, "valid-calendar-object-resource",
        N_("This is not one event or task with its changes.") },
    SUPPORTED_CALENDAR_COMPONENT = { 403, NS_CALDAV, "supported-calendar-component",
        N_("This calendar does not take such entries.") },
    NO_UID_CONFLICT = { 403, NS_CALDAV, "no-uid-conflict",
        N_("There is already an entry with the same UID in this calendar.") },
    CALENDAR_TOO_LARGE = { 403, NS_CALDAV, "max-resource-size",
        N_("This entry is larger than a calendar takes.") },
    VALID_TIMEZONE = { 403, NS_CALDAV, "valid-timezone",
        N_("Nobody here knows this time zone.") };

static const char *const holds[] = { "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY" };

unsigned
object_bit(const char *component)
{
    for (size_t i = 0; i < COUNT_OF(holds); i++)
        if (strcmp(component, holds[i]) == 0)
            return 1U << i;
    return 0;
}

/* ---------------------------------------------------------------- what it must be */

static struct error *
invalid(struct arena *arena, const struct lang *lang, const char *why)
{
    return error_new(arena, &VALID_CALENDAR_OBJECT, HERE, "%s", tr(lang, why));
}

/* Its components besides time zones: all of one kind and with one UID. */
static fallible
collect(struct arena *arena, const struct lang *lang, struct calendar_object *o,
    const struct ical_component **component, int *n)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const char *uid = ical_value(c, "UID");

        if (strcmp(c->name, "VTIMEZONE") == 0 || text_starts(c->name, "X-"))
            continue;
        if (object_bit(c->name) == 0)
            return error_new(arena, &SUPPORTED_CALENDAR_COMPONENT, HERE,
                tr(lang, "A calendar holds no %s."), c->name);
        if (uid == NULL || *uid == '\0' || strlen(uid) > OBJECT_UID_MAX)
            return invalid(arena, lang, N_("An entry has no UID, or one that is too long."));
        if (o->uid != NULL && strcmp(uid, o->uid) != 0)
            return invalid(arena, lang, N_("There are several entries: each needs a file of its own."));
        if (o->component != NULL && strcmp(c->name, o->component) != 0)
            return invalid(arena, lang, N_("There are entries of several kinds in one file."));
        o->uid = uid;
        o->component = c->name;
        component[(*n)++] = c;
    }
    return *n > 0 ? NULL : invalid(arena, lang, N_("There is no entry in it."));
}

static int
count(const struct ical_component *calendar)
{
    int n = 0;

    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        n++;
    return n;
}

fallible
object_read(struct arena *arena, const struct lang *lang, const char *bytes, size_t n,
    struct calendar_object *o)
{
    struct ical_component *calendar;
    const char *version, *why;
    int components = 0;

    *o = (struct calendar_object){ .uid = NULL };
    TRY(ical_read(arena, lang, &ical_calendar, &ical_limits, bytes, n, &calendar));
    o->calendar = calendar;
    version = ical_value(calendar, "VERSION");
    if (version == NULL || strcmp(version, "2.0") != 0)
        return REFUSE(arena, SUPPORTED_CALENDAR_DATA);
    if (calendar->next != NULL)
        return invalid(arena, lang, N_("There are several calendars in one file."));
    if (ical_find(calendar, "METHOD") != NULL)
        return invalid(arena, lang, N_("It is an invitation (METHOD), not an entry of a calendar."));
    const struct ical_component **component =
        NEW_ARRAY(arena, const struct ical_component *, (size_t)count(calendar) + 1);
    TRY(collect(arena, lang, o, component, &components));
    why = ical_set_read(arena, calendar, component, components, &o->set);
    if (why != NULL && ical_names_unknown_zone(arena, calendar))
        return REFUSE(arena, VALID_TIMEZONE);
    return why == NULL ? NULL : invalid(arena, lang, why);
}

const char *
object_type(struct arena *arena, const char *component)
{
    char *small = arena_copy(arena, component, strlen(component));

    for (char *c = small; *c != '\0'; c++)
        *c |= 'a' - 'A';
    return arena_printf(arena, "text/calendar; charset=utf-8; component=%s", small);
}

/* ---------------------------------------------------------------- when it is */

static void
add(struct object_times *t, int64_t *starts, int64_t *ends, const struct ical_instance *i)
{
    int64_t more = i->floats ? FLOATING : 0, from = i->start, to = i->end;

    if (i->shape == SHAPE_MADE || i->shape == SHAPE_ALWAYS)
        to = ALWAYS_TO;
    if (i->shape == SHAPE_ALWAYS)
        from = ALWAYS_FROM;
    starts[t->starts.n] = (from < to ? from : to) - more;
    ends[t->starts.n++] = (from < to ? to : from) + more;
}

static void
fill(struct arena *arena, const struct ical_instances *all, bool event, struct object_times *t)
{
    int64_t *starts = NEW_ARRAY(arena, int64_t, (size_t)all->n + 1);
    int64_t *ends = NEW_ARRAY(arena, int64_t, (size_t)all->n + 1);
    int64_t *takes = NEW_ARRAY(arena, int64_t, (size_t)all->n + 1);

    t->starts = (struct ints){ starts, 0 };
    t->exact = event;
    for (int i = 0; i < all->n; i++) {
        add(t, starts, ends, &all->p[i]);
        takes[i] = event ? (int64_t)ical_taken_by(all->p[i].component) : (int64_t)TAKEN_NOTHING;
        t->exact = t->exact && !all->p[i].floats;
    }
    t->ends = (struct ints){ ends, t->starts.n };
    t->takes = (struct ints){ takes, t->starts.n };
}

static const int64_t *
keep(struct arena *arena, int64_t seconds)
{
    int64_t *kept = NEW(arena, int64_t);

    *kept = seconds;
    return kept;
}

/* Does any time of it depend on the clocks of some place? */
static bool
names_zone(const struct ical_component *c)
{
    for (int i = 0; i < c->n_lines; i++)
        if (ical_param(&c->line[i], "TZID") != NULL)
            return true;
    for (const struct ical_component *child = c->child; child != NULL; child = child->next)
        if (names_zone(child))
            return true;
    return false;
}

fallible
object_times(struct arena *arena, const struct lang *lang, struct calendar_object *o, int64_t now,
    struct object_times *t)
{
    const int64_t soon = now + SPAN_AFTER, lately = now - SPAN_BEFORE;
    struct ical_instances all;
    const char *why;

    *t = (struct object_times){ .zones = names_zone(o->calendar) ? zones_version() : "" };
    why = ical_set_instances(o->set, ALWAYS_FROM, ALWAYS_TO, INSTANCES_MOST, &all);
    bool whole = why == NULL && all.until >= ALWAYS_TO;
    if (why == NULL && !whole)
        why = ical_set_instances(o->set, ALWAYS_FROM, soon, INSTANCES_MOST, &all);
    if (why == NULL && !whole && all.until < soon) {
        t->covers_from = keep(arena, lately);
        why = ical_set_instances(o->set, lately, soon, INSTANCES_MOST, &all);
    }
    if (why != NULL)
        return invalid(arena, lang, why);
    if (!whole) {
        t->open_from = keep(arena, all.until);
        t->again = keep(arena, now + AGAIN_AFTER);
    }
    fill(arena, &all, strcmp(o->component, "VEVENT") == 0, t);
    return NULL;
}
