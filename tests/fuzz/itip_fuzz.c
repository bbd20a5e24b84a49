#include "base/buf.h"
#include "html/lang.h"
#include "ical/itip.h"
#include "tests/fuzz/fuzz.h"

#define NOW "20261121T180000Z"

/* What we write can be read, as what it is. */
static void
must_read(struct arena *arena, const struct buf *out, enum itip_method method)
{
    struct itip_message m;
    struct error *e = itip_read(arena, lang_find("en"), out->p, out->n, &m);

    MUST(e != NULL ? e->cond == &ICAL_TOO_MUCH : m.method == method);
}

static void
check_attendee(struct arena *arena, const struct itip_object *o, const char *who)
{
    struct buf out = buf_new(arena, 1 << 22);

    if (itip_request(&out, arena, o, who))
        must_read(arena, &out, ITIP_REQUEST);
    out = buf_new(arena, 1 << 22);
    if (itip_cancel(&out, arena, o, &(struct itip_cancelled){ who, NULL, true }, NOW))
        must_read(arena, &out, ITIP_CANCEL);
    out = buf_new(arena, 1 << 22);
    if (itip_reply(&out, arena, o, who, NOW))
        must_read(arena, &out, ITIP_REPLY);
}

/* Two states of one object are what a message says and what becomes of it; both stay readable. */
static void
check_states(struct arena *arena, const struct itip_message *m, const char *who)
{
    const struct itip_parts o = itip_parts_of(arena, &m->object);
    struct buf out = buf_new(arena, 1 << 24);
    struct ical_component *calendar;
    size_t n;
    bool asked;

    (void)itip_organize(arena, &o, &o, true, m->object.calendar->to, &n);
    (void)itip_attendee_may(arena, &o, &o);
    itip_take_request(&out, arena, &o, m, who, &asked);
    struct error *e = ical_read(
        arena, lang_find("en"), &ical_calendar, &ical_limits, out.p, out.n, &calendar);
    MUST(e == NULL || e->cond == &ICAL_TOO_MUCH || e->cond == &ICAL_TOO_CROWDED);
    out = buf_new(arena, 1 << 24);
    MUST(!itip_take_cancel(&out, arena, &o, m) || out.n > 0);
    out = buf_new(arena, 1 << 24);
    (void)itip_add_instances(&out, arena, &m->object, m, 5);
    out = buf_new(arena, 1 << 24);
    if (itip_reply_to_changes(&out, arena, NULL, &o, who, NOW))
        must_read(arena, &out, ITIP_REPLY);
}

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct buf out = buf_new(arena, 1 << 22);
    const struct itip_attendee *all;
    struct itip_message m;
    int unknown;

    if (itip_read(arena, lang_find("en"), (const char *)data, n, &m) != NULL)
        return;
    if (m.method == ITIP_PUBLISH)
        return; /* may be without an organizer */
    int n_all = itip_attendees(arena, m.object.calendar, &all);
    for (int i = 0; i < n_all && i < 3; i++)
        check_attendee(arena, &m.object, all[i].address);
    if (n_all > 0)
        check_states(arena, &m, all[0].address);
    if (itip_take_reply(&out, arena, &m.object, &m, &unknown) > 0)
        must_read(arena, &out, m.method);
}
