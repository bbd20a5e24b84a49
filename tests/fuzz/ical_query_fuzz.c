#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "html/lang.h"
#include "ical/busy.h"
#include "ical/filter.h"
#include "ical/select.h"
#include "tests/fuzz/fuzz.h"

static const struct ical_range range = { 1700000000, 1800000000 };

static bool
reads(struct arena *arena, const char *p, size_t n, struct ical_component **object)
{
    struct ical_limits wide = ical_limits;

    wide.lines *= 100; /* what is expanded has more of them */
    return ical_read(arena, lang_find("en"), &ical_calendar, &wide, p, n, object) == NULL;
}

/* Of what recurs in calendars; what else somebody wrote between them stays as it is. */
static bool
says(const struct ical_component *c, const char *name)
{
    for (; c != NULL; c = c->next)
        if ((strcmp(c->name, "VEVENT") == 0 || strcmp(c->name, "VTODO") == 0 ||
                strcmp(c->name, "VJOURNAL") == 0) &&
            ical_find(c, name) != NULL)
            return true;
    return false;
}

static void
ask(struct arena *arena, const struct ical_component *object, const struct ical_zone *here)
{
    const struct ical_match match = { COLLATION_UNICODE, MATCH_ENDS, false, "A" };
    const struct ical_param_filter param = { "TZID", false, &match };
    const struct ical_prop_filter props[] = {
        { .name = "SUMMARY",
            .any = true,
            .match = &match,
            .n_matches = 1,
            .param = &param,
            .n_params = 1 },
        { .name = "DTSTART", .range = &range },
    };
    const struct ical_filter alarm = { .name = "VALARM", .range = &range },
                             inner = { .name = "VEVENT",
                                 .any = true,
                                 .range = &range,
                                 .prop = props,
                                 .n_props = COUNT_OF(props),
                                 .part = &alarm,
                                 .n_parts = 1 },
                             outer = { .name = "VCALENDAR", .part = &inner, .n_parts = 1 },
                             there = { .name = "VCALENDAR" };
    size_t mark = arena_mark(arena);

    ical_filter_matches(arena, &outer, object, here);
    MUST(ical_filter_matches(arena, &there, object, here));
    MUST(arena_mark(arena) == mark);
}

/* Whatever object it is: what is answered of it can be read, expanded it has no rules, and the
 * times when one is busy lie in the range and in their order. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *bytes = (const char *)data;
    const struct ical_select select[] = {
        { .recurrence = SELECT_EXPANDED, .range = range, .busy = &range },
        { .recurrence = SELECT_LIMITED, .range = range, .no_zones = true },
        { .part =
                &(struct ical_part){ .name = "VCALENDAR", .all_props = true, .all_parts = true } },
    };
    struct ical_component *object, *again;

    if (!reads(arena, bytes, n, &object))
        return;
    const struct ical_zone *here = ical_zone_find(arena, object, "Europe/Berlin");
    ask(arena, object, here);
    for (size_t i = 0; i < COUNT_OF(select); i++) {
        struct buf to = buf_new(arena, MB(8));
        int instances = 200;
        if (!ical_select_write(arena, &select[i], object, bytes, here, &instances, &to))
            continue;
        MUST(instances >= 0 && reads(arena, buf_string(&to), to.n, &again));
        MUST(i != 0 || !says(again->child, "RRULE"));
    }
    struct ical_busy *busy = ical_busy_new(arena, range, here);
    struct buf to = buf_new(arena, MB(8));
    if (ical_busy_add(busy, object)) {
        ical_busy_write(busy, range.from, NULL, NULL, &to);
        MUST(reads(arena, buf_string(&to), to.n, &again));
    }
}
