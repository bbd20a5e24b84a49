#include "ical/zone_lacking.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/zone.h"
#include "ical/patch.h"
#include "ical/value.h"
#include "ical/write.h"
#include "ical/zone.h"
#include "ical/zone_write.h"

/* One VTIMEZONE has no more bytes. */
#define ZONE_MAX KB(64)
/* Without a year that could be read, and of a zone that is for all times. */
#define FIRST_YEAR 1970
#define LAST_YEAR  2200

/* A zone that an object names, and the first year of its times there. */
struct named {
    const char *tzid;
    int year;
};

struct named_list {
    struct named *named;
    int n, most;
    bool over;
};

static bool
defines(const struct ical_component *calendar, const char *tzid)
{
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next) {
        const char *its = strcmp(c->name, "VTIMEZONE") == 0 ? ical_value(c, "TZID") : NULL;

        if (its != NULL && strcmp(its, tzid) == 0)
            return true;
    }
    return false;
}

static int
year_of(const char *value)
{
    struct ical_time t;
    int year, month, day;

    if (!ical_read_time(value, (int)strcspn(value, ",/"), &t))
        return FIRST_YEAR;
    ical_civil(t.wall / ICAL_DAY, &year, &month, &day);
    return year < FIRST_YEAR ? FIRST_YEAR : year > LAST_YEAR ? LAST_YEAR : year;
}

static void
note(struct named_list *all, const char *tzid, int year)
{
    for (int i = 0; i < all->n; i++)
        if (strcmp(all->named[i].tzid, tzid) == 0) {
            if (year < all->named[i].year)
                all->named[i].year = year;
            return;
        }
    if (all->n == all->most)
        all->over = true;
    else
        all->named[all->n++] = (struct named){ tzid, year };
}

/* Zones that are named in a component and defined nowhere in the object. */
static void
collect(
    const struct ical_component *calendar, const struct ical_component *c, struct named_list *all)
{
    for (int i = 0; i < c->n_lines; i++) {
        const char *tzid = ical_param(&c->line[i], "TZID");

        if (tzid != NULL && !defines(calendar, tzid))
            note(all, tzid, year_of(c->line[i].value));
    }
    for (const struct ical_component *child = c->child; child != NULL; child = child->next)
        collect(calendar, child, all);
}

static struct named_list
lacking(struct arena *arena, const struct ical_component *calendar)
{
    struct named_list all = { .most = ical_limits.zones };

    all.named = NEW_ARRAY(arena, struct named, (size_t)all.most);
    collect(calendar, calendar, &all);
    return all;
}

static const struct ical_zone *
known(struct arena *arena, const char *tzid)
{
    return ical_zone_find(arena, &(struct ical_component){ .child = NULL }, tzid);
}

bool
ical_names_unknown_zone(struct arena *arena, const struct ical_component *calendar)
{
    struct named_list all = lacking(arena, calendar);

    for (int i = 0; i < all.n; i++)
        if (known(arena, all.named[i].tzid) == NULL)
            return true;
    return false;
}

fallible
ical_add_zones(struct arena *arena, const struct ical_component *calendar, const char *bytes,
    size_t n, const char **whole, size_t *length)
{
    struct named_list all = lacking(arena, calendar);
    struct buf zones = buf_new(arena, (size_t)all.n * ZONE_MAX);

    *whole = bytes;
    *length = n;
    if (all.over)
        return REFUSE(arena, ICAL_TOO_MUCH);
    for (int i = 0; i < all.n; i++) {
        const struct ical_zone *zone = known(arena, all.named[i].tzid);

        if (zone != NULL)
            ical_write_zone(&zones, zone, all.named[i].tzid, all.named[i].year);
    }
    if (zones.n == 0)
        return NULL;
    struct ical_patch *patch = ical_patch_new(arena, bytes, n);
    ical_patch_put(patch, calendar->child->from, buf_string(&zones));
    *whole = ical_patch_apply(patch, length);
    return NULL;
}

const char *
ical_zone_object(struct arena *arena, const char *tzid, int year)
{
    struct buf b = buf_new(arena, ZONE_MAX);

    if (!zone_exists(tzid))
        return NULL;
    ical_begin(&b, "VCALENDAR");
    ical_write(&b, "VERSION", "2.0");
    ical_write(&b, "PRODID", "-//chapterd//EN");
    ical_write_zone(&b, known(arena, tzid), tzid, year);
    ical_end(&b, "VCALENDAR");
    return buf_string(&b);
}
