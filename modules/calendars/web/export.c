/* A calendar, or a range of time, as one file. Who may write gets all as it is kept; others what
 * they see. */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/object.h"
#include "ical/write.h"
#include "modules/calendars/feed/feed.h"
#include "modules/calendars/web/import.h"
#include "modules/calendars/web/pages.h"
#include "q/calendar_import.h"

#define BYTES_MAX MB(16)
enum { BATCH = 200, ZONES_MAX = 64 };

struct exporting {
    struct request *rq;
    struct buf buf;
    const char *zone[ZONES_MAX]; /* that have been written */
    int n_zones;
};

static bool
is_new_zone(struct exporting *x, const struct ical_component *c)
{
    const char *tzid = ical_value(c, "TZID");

    if (tzid == NULL || x->n_zones == ZONES_MAX)
        return false;
    for (int i = 0; i < x->n_zones; i++)
        if (strcmp(x->zone[i], tzid) == 0)
            return false;
    x->zone[x->n_zones++] = arena_copy(x->rq->arena, tzid, strlen(tzid));
    return true;
}

/* What was taken once can be read again; if it cannot, the others are written. */
static void
write_object(struct exporting *x, struct arena *arena, const char *bytes, size_t n)
{
    struct ical_component *calendar;

    if (ical_read(arena, x->rq->lang, &ical_calendar, &ical_limits, bytes, n, &calendar) != NULL)
        return;
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") != 0 || is_new_zone(x, c))
            buf_add(&x->buf, bytes + c->from, c->to - c->from);
}

static fallible
too_much(struct request *rq)
{
    return FAIL(rq->arena, TOO_LARGE, "%s",
        tr(rq->lang, "That is too much for one file. Please choose fewer days."));
}

static fallible
write_all(struct exporting *x, const struct page_calendar *calendar, const struct ical_range *range)
{
    struct request *rq = x->rq;
    struct rows rows;
    int64_t last = 0;

    do {
        TRY(q_export_objects(rq->db, rq->arena, (struct ints){ &calendar->id, 1 },
            range == NULL ? NULL : &range->from, range == NULL ? NULL : &range->to, last, BATCH,
            &rows));
        for (int i = 0; i < rows.n; i++) {
            struct export_objects_row row = export_objects_row(&rows, i);
            struct arena *arena = arena_new();

            write_object(x, arena, row.bytes.p, row.bytes.n);
            arena_free(arena);
            last = row.id;
        }
        if (x->buf.over)
            return too_much(rq);
    } while (rows.n == BATCH);
    return NULL;
}

/* Days of the form; false: there is no range. What cannot be read, or is the wrong way round, is
 * BAD_REQUEST. */
static fallible
read_range(struct request *rq, struct ical_range *range, bool *ranged)
{
    const char *from = request_query(rq, "from"), *to = request_query(rq, "to");
    int64_t first = 0, last = 0;

    *ranged = (from != NULL && *from != '\0') || (to != NULL && *to != '\0');
    if (!*ranged)
        return NULL;
    const struct ical_zone *here = page_zone(rq);
    if (!page_read_day(from != NULL && *from != '\0' ? from : "1970-01-01", &first) ||
        !page_read_day(to != NULL && *to != '\0' ? to : "2199-12-31", &last) || last < first)
        return FAIL(rq->arena, BAD_REQUEST, "%s",
            tr(rq->lang, "Please give days as year-month-day, the first one first."));
    *range = (struct ical_range){ ical_zone_when(here, first * ICAL_DAY),
        ical_zone_when(here, (last + 1) * ICAL_DAY) };
    return NULL;
}

static fallible
answer(struct request *rq, struct response *rs, const struct page_calendar *calendar,
    const struct buf *buf)
{
    if (buf->over)
        return too_much(rq);
    response_header(rs, "Content-Disposition",
        text_is_name(calendar->name, strlen(calendar->name)) &&
                strspn(calendar->name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                    strlen(calendar->name)
            ? arena_printf(rq->arena, "attachment; filename=\"%s.ics\"", calendar->name)
            : "attachment; filename=\"calendar.ics\"");
    response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
    response_header(rs, "X-Content-Type-Options", "nosniff");
    response_bytes(rs, "text/calendar; charset=utf-8", buf->p, buf->n);
    return NULL;
}

fallible
export_page(struct request *rq, struct response *rs)
{
    struct exporting x = { .rq = rq, .buf = buf_new(rq->arena, BYTES_MAX) };
    const struct page_calendar *calendar;
    struct page_calendars all;
    struct ical_range range;
    bool ranged;

    TRY(page_calendars(rq, &all));
    calendar = page_calendar_named(&all, request_query(rq, "calendar"));
    if (calendar == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(read_range(rq, &range, &ranged));
    ical_begin(&x.buf, "VCALENDAR");
    ical_write(&x.buf, "VERSION", "2.0");
    ical_write(&x.buf, "PRODID", "-//chapterd//export//EN");
    ical_write_text(&x.buf, "X-WR-CALNAME", calendar->title);
    if (calendar->may_write) {
        TRY(write_all(&x, calendar, ranged ? &range : NULL));
    } else {
        struct feed feed = { .rq = rq,
            .view = access_role(rq->who, rq->chapter) >= ROLE_MEMBER ? FEED_MEMBERS : FEED_DETAILS,
            .calendar = { calendar->id },
            .n = 1,
            .range = ranged ? &range : NULL,
            .buf = x.buf };
        TRY(feed_tell(&feed));
        x.buf = feed.buf;
    }
    ical_end(&x.buf, "VCALENDAR");
    return answer(rq, rs, calendar, &x.buf);
}
