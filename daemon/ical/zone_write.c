#include "ical/zone_write.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "ical/value.h"
#include "ical/write.h"

/* Changes of clocks are looked for in so many years, and at least up to then; a rule must hold in
 * all of them. */
#define YEARS 20
#define UP_TO 2046
/* So many changes are listed, the latest: what is read has an end, too (struct ical_limits). */
#define LISTED_MAX 56
/* In one year: four in a country that keeps Ramadan. */
#define CHANGES_MAX 4
/* Nowhere are clocks put forward and back again in so little time. */
#define STEP (7 * ICAL_DAY)

/* Clocks are put forward or back. */
struct change {
    int64_t wall; /* what they showed just before */
    int from, to; /* seconds east of UTC */
};

static int
find_changes(const struct ical_zone *zone, int year, struct change *c)
{
    int64_t end = ical_days(year + 1, 1, 1) * ICAL_DAY, next;
    int n = 0, to, from = ical_zone_offset(zone, ical_days(year, 1, 1) * ICAL_DAY);

    for (int64_t at = ical_days(year, 1, 1) * ICAL_DAY; at < end && n < CHANGES_MAX;
         at = next, from = to) {
        int64_t low = at, high;

        high = next = at + STEP < end ? at + STEP : end;
        to = ical_zone_offset(zone, high);
        if (from == to)
            continue;
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;
            if (ical_zone_offset(zone, middle) == from)
                low = middle;
            else
                high = middle;
        }
        c[n++] = (struct change){ high + from, from, to };
    }
    return n;
}

/* Up to which year something is looked for that begins in this one. */
static int
last_year(int year)
{
    return year + YEARS > UP_TO ? year + YEARS : UP_TO;
}

static int
weekday_of(int64_t day)
{
    return (int)((day + 3) % 7); /* 0: Monday; after 1970 */
}

/* Is it the nth (-1: last) of its days of the week in its month? */
static bool
is_nth(int64_t day, int nth)
{
    int year, month, date, next, other, unused;

    ical_civil(day, &year, &month, &date);
    ical_civil(day + 7, &unused, &next, &other);
    return nth == -1 ? next != month : (date - 1) / 7 + 1 == nth;
}

/* Does it come back each year on the nth such day of its month, at the same time? */
static bool
comes_back(const struct ical_zone *zone, int year, int k, int n, int nth)
{
    struct change first[CHANGES_MAX], c[CHANGES_MAX];
    int date, month, other, unused;

    find_changes(zone, year, first);
    ical_civil(first[k].wall / ICAL_DAY, &unused, &month, &date);
    for (int y = year; y < last_year(year); y++) {
        if (find_changes(zone, y, c) != n)
            return false;
        ical_civil(c[k].wall / ICAL_DAY, &unused, &other, &date);
        if (other != month || c[k].to != first[k].to || c[k].from != first[k].from ||
            c[k].wall % ICAL_DAY != first[k].wall % ICAL_DAY ||
            weekday_of(c[k].wall / ICAL_DAY) != weekday_of(first[k].wall / ICAL_DAY) ||
            !is_nth(c[k].wall / ICAL_DAY, nth))
            return false;
    }
    return true;
}

static const char *
offset_text(struct arena *arena, int seconds)
{
    int minutes = abs(seconds) / 60;

    return arena_printf(
        arena, "%c%02d%02d", seconds < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

static void
write_observance(struct buf *to, const struct change *c, const char *rule)
{
    const char *name = c->to > c->from ? "DAYLIGHT" : "STANDARD";

    ical_begin(to, name);
    ical_write_when(to, "DTSTART", (struct ical_time){ .wall = c->wall });
    ical_write(to, "TZOFFSETFROM", offset_text(to->arena, c->from));
    ical_write(to, "TZOFFSETTO", offset_text(to->arena, c->to));
    if (rule != NULL)
        ical_write(to, "RRULE", rule);
    ical_end(to, name);
}

static const char *
rule_of(struct arena *arena, const struct ical_zone *zone, int year, int k, int n)
{
    static const char *const days[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
    struct change c[CHANGES_MAX];
    int unused, month, date;

    find_changes(zone, year, c);
    ical_civil(c[k].wall / ICAL_DAY, &unused, &month, &date);
    for (int nth = -1; nth <= 4; nth++)
        if (nth != 0 && comes_back(zone, year, k, n, nth))
            return arena_printf(arena, "FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", month, nth,
                days[weekday_of(c[k].wall / ICAL_DAY)]);
    return NULL;
}

/* Are its clocks changed each year from then on as in that year? */
static bool
is_regular(struct arena *arena, const struct ical_zone *zone, int year)
{
    struct change c[CHANGES_MAX];
    int n = find_changes(zone, year, c);

    for (int k = 0; k < n; k++)
        if (rule_of(arena, zone, year, k, n) == NULL)
            return false;
    for (int y = year; n == 0 && y < last_year(year); y++)
        if (find_changes(zone, y, c) > 0)
            return false;
    return true;
}

static void
write_year(struct buf *to, const struct ical_zone *zone, int year, bool rules)
{
    struct change c[CHANGES_MAX];
    int n = find_changes(zone, year, c);

    for (int k = 0; k < n; k++)
        write_observance(to, &c[k], rules ? rule_of(to->arena, zone, year, k, n) : NULL);
}

void
ical_write_zone(struct buf *to, const struct ical_zone *zone, const char *tzid, int year)
{
    int first = year > 1971 ? year - 1 : 1970, regular = first, n = 0;
    struct change c[CHANGES_MAX];

    for (; regular < last_year(first) && !is_regular(to->arena, zone, regular); regular++)
        n += find_changes(zone, regular, c);
    for (; n > LISTED_MAX; first++)
        n -= find_changes(zone, first, c);

    ical_begin(to, "VTIMEZONE");
    ical_write(to, "TZID", tzid);
    if (regular > first || find_changes(zone, first, c) == 0) {
        int64_t start = ical_days(first, 1, 1) * ICAL_DAY;
        int offset = ical_zone_offset(zone, start);
        write_observance(to, &(struct change){ start, offset, offset }, NULL);
    }
    for (int y = first; y < regular; y++)
        write_year(to, zone, y, false);
    if (regular < last_year(first))
        write_year(to, zone, regular, true);
    ical_end(to, "VTIMEZONE");
}
