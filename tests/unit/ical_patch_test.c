#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "html/lang.h"
#include "ical/patch.h"
#include "ical/value.h"
#include "ical/zone_write.h"
#include "tests/check.h"

static const char object[] = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:One\r\n two\r\n"
                             "X-A:1\r\nSUMMARY:Three\r\nBEGIN:VALARM\r\nSUMMARY:Four\r\n"
                             "END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

static const struct ical_component *
read_one(struct arena *arena, const char *bytes)
{
    struct ical_component *c;
    struct error *e =
        ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, bytes, strlen(bytes), &c);

    CHECK(e == NULL);
    return c;
}

TEST(ical_patch_leaves_other_lines_alone)
{
    struct arena *arena = arena_new();
    const struct ical_component *event = read_one(arena, object)->child;
    struct ical_patch *p = ical_patch_new(arena, object, strlen(object));
    size_t n;

    CHECK_TEXT(ical_patch_apply(p, &n), object);
    CHECK_INT((long)n, (long)strlen(object));
    p = ical_patch_new(arena, object, strlen(object));
    ical_patch_set(
        p, event, "SUMMARY", "SUMMARY:New\r\n"); /* the first of them; its alarm's stays */
    ical_patch_set(p, event, "X-NEW", "X-NEW:2\r\n");
    ical_patch_set(p, event, "X-NOT-THERE", NULL);
    CHECK_TEXT(ical_patch_apply(p, &n),
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:New\r\nX-A:1\r\nX-NEW:2\r\n"
        "BEGIN:VALARM\r\nSUMMARY:Four\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    p = ical_patch_new(arena, object, strlen(object));
    ical_patch_cut(p, event->child->from, event->child->to);
    ical_patch_put(p, event->child->from, "X-B:1\r\n");
    ical_patch_put(p, event->child->from, "X-C:1\r\n");
    ical_patch_set(p, event, "SUMMARY", NULL);
    CHECK_TEXT(ical_patch_apply(p, &n), "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nX-A:1\r\n"
                                        "X-B:1\r\nX-C:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    arena_free(arena);
}

/* Read again under a name that nobody knows, it says the same as the system's tzdata. */
static void
check_zone(struct arena *arena, const char *name, int first, int years, int step)
{
    const struct ical_component nothing = { .child = NULL };
    const struct ical_zone *zone = ical_zone_find(arena, &nothing, name), *own;
    struct buf b = buf_new(arena, MB(1));
    int64_t from = ical_days(first, 1, 1) * ICAL_DAY,
            to = ical_days(first + years, 1, 1) * ICAL_DAY;

    CHECK(zone != NULL);
    buf_text(&b, "BEGIN:VCALENDAR\r\n");
    ical_write_zone(&b, zone, "X-Own", first);
    buf_text(&b, "END:VCALENDAR\r\n");
    own = ical_zone_find(arena, read_one(arena, buf_string(&b)), "X-Own");
    CHECK(own != NULL);
    for (int64_t when = from; when < to; when += step)
        if (ical_zone_offset(own, when) != ical_zone_offset(zone, when)) {
            CHECK_TEXT(name, "the same");
            CHECK_INT((long)ical_zone_offset(own, when), (long)ical_zone_offset(zone, when));
            return;
        }
}

TEST(ical_zones_are_written_as_they_are)
{
    static const char *const names[] = { "Europe/Berlin", "Europe/Lisbon", "America/New_York",
        "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Auckland", "UTC",
        "Europe/Dublin" };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        check_zone(arena, names[i], 2026, 19, 1800);
        check_zone(arena, names[i], 2000, 50, 4 * 3600); /* rules came later */
    }
    check_zone(arena, "Africa/Casablanca", 2026, 19, 1800); /* by the moon */
    check_zone(arena, "America/Santiago", 2026, 19, 1800);  /* on no first or second Sunday */
    check_zone(arena, "Europe/Berlin", 1975, 80, 4 * 3600);
    arena_free(arena);
}
