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
    if (itip_take_reply(&out, arena, &m.object, &m, &unknown) > 0)
        must_read(arena, &out, m.method);
}
