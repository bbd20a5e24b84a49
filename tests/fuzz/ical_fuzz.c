#include <string.h>

#include "html/lang.h"
#include "ical/instances.h"
#include "tests/fuzz/fuzz.h"

/* Each part stands in the one above it and in the bytes, in their order. */
static void
check_places(const struct ical_component *c, size_t from, size_t to)
{
    for (; c != NULL; c = c->next) {
        MUST(c->from >= from && c->from < c->to && c->to <= to);
        from = c->from;
        for (int i = 0; i < c->n_lines; i++) {
            MUST(c->line[i].from >= from && c->line[i].to > c->line[i].from &&
                 c->line[i].to <= c->to);
            from = c->line[i].to;
        }
        check_places(c->child, c->from, c->to);
        from = c->to;
    }
}

/* Whatever object there is, it is read or refused, and its instances are in order and overlap what
 * was asked for. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    enum { ASKED_FROM = 1700000000, ASKED_TO = 1800000000, WIDER = 14 * 3600 };
    const struct ical_component *list[64];
    struct ical_component *calendar;
    struct ical_instances all;
    struct ical_set *set;
    int parts = 0;

    if (ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, (const char *)data, n,
            &calendar) != NULL)
        return;
    check_places(calendar, 0, n);
    for (const struct ical_component *c = calendar->child; c != NULL && parts < 64; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") != 0)
            list[parts++] = c;
    if (ical_set_read(arena, calendar, list, parts, &set) != NULL ||
        ical_set_instances(set, ASKED_FROM, ASKED_TO, 100, &all) != NULL)
        return;
    MUST(all.n <= 100 && all.until <= ASKED_TO);
    for (int i = 0; i < all.n; i++) {
        MUST(all.p[i].start <= all.p[i].end && (i == 0 || all.p[i - 1].start <= all.p[i].start));
        MUST(ical_overlaps(
            all.p[i].shape, all.p[i].start, all.p[i].end, ASKED_FROM - WIDER, ASKED_TO + WIDER));
    }
}
