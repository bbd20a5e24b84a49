/* What a feed tells of the events in it. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/request.h"
#include "ical/busy.h"
#include "ical/object.h"
#include "ical/write.h"
#include "modules/calendars/feed/feed.h"
#include "modules/calendars/here.h"
#include "q/feed.h"

#define BATCH       200  /* objects read at a time */
#define OBJECTS_MAX 5000 /* of a feed */
#define ZONES_MAX   64
#define PARAMS_MAX  4
#define DAY         INT64_C(86400)
#define PAST        (366 * DAY) /* how far back it goes ... */
#define FUTURE      (732 * DAY) /* ... and how far ahead */
#define BUSY_PAST   (31 * DAY)  /* when somebody was busy is soon of no use to anybody */
#define BUSY_FUTURE (366 * DAY)

struct telling {
    struct feed *feed;
    const char *zone[ZONES_MAX]; /* TZIDs that have been written */
    int n_zones;
    struct ical_busy *busy;
    bool fits;
};

static fallible
too_much(struct request *rq)
{
    return FAIL(
        rq->arena, TOO_LARGE, "%s", tr(rq->lang, "There are more events than a feed can hold."));
}

/* ---------------------------------------------------------------- events */

/* Properties of an event that everybody gets to see. Whatever is not known here stays inside. */
static const char *const open_lines[] = { "UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RRULE",
    "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "SEQUENCE", "CREATED", "LAST-MODIFIED", "STATUS",
    "TRANSP", "CLASS", "SUMMARY", "DESCRIPTION", "LOCATION", "GEO", "URL", "CATEGORIES", "COLOR",
    "IMAGE" };
/* And when it is private: when, not what. */
static const char *const closed_lines[] = { "UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION",
    "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "SEQUENCE", "STATUS", "TRANSP" };

static bool
is_private(const struct ical_component *event)
{
    const char *class = ical_value(event, "CLASS");

    return class != NULL && !text_same_nocase(class, "PUBLIC");
}

static bool
is_among(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Who takes part, by name and answer. An address has no place in a file that anybody may pass on.
 */
static void
write_guest(struct feed *feed, const struct ical_line *line)
{
    static const char *const kept[] = { "CN", "CUTYPE", "ROLE", "PARTSTAT" };
    struct ical_param param[PARAMS_MAX];
    const char *name = ical_param(line, "CN");
    struct ical_line told = { .name = line->name, .param = param, .value = "invalid:nomail" };

    if (name == NULL || *name == '\0' || strchr(name, '@') != NULL)
        return;
    for (int i = 0; i < line->n_params && told.n_params < PARAMS_MAX; i++)
        if (is_among(kept, COUNT_OF(kept), line->param[i].name))
            param[told.n_params++] = line->param[i];
    ical_write_line(&feed->buf, &told);
}

/* What members see of an event besides. */
static void
write_inner(struct feed *feed, const struct ical_line *line, const char *bytes)
{
    const char *kind = ical_param(line, "VALUE");

    if (strcmp(line->name, "ORGANIZER") == 0 || strcmp(line->name, "ATTENDEE") == 0)
        write_guest(feed, line);
    else if (strcmp(line->name, "ATTACH") == 0 && (kind == NULL || text_same_nocase(kind, "URI")))
        buf_add(&feed->buf, bytes + line->from, line->to - line->from);
}

static void
write_event(struct feed *feed, const struct ical_component *event, const char *bytes)
{
    bool closed = is_private(event);

    ical_begin(&feed->buf, "VEVENT");
    for (int i = 0; i < event->n_lines; i++) {
        const struct ical_line *line = &event->line[i];

        if (closed ? is_among(closed_lines, COUNT_OF(closed_lines), line->name)
                   : is_among(open_lines, COUNT_OF(open_lines), line->name))
            buf_add(&feed->buf, bytes + line->from, line->to - line->from);
        else if (!closed && feed->view == FEED_MEMBERS)
            write_inner(feed, line, bytes);
    }
    if (closed)
        ical_write_text(&feed->buf, "SUMMARY", tr(feed->rq->lang, "Taken"));
    ical_end(&feed->buf, "VEVENT");
}

/* One of each name: what the first object says of it. */
static void
write_zone(struct telling *t, const struct ical_component *zone, const char *bytes)
{
    const char *tzid = ical_value(zone, "TZID");

    if (tzid == NULL || t->n_zones == ZONES_MAX)
        return;
    for (int i = 0; i < t->n_zones; i++)
        if (strcmp(t->zone[i], tzid) == 0)
            return;
    t->zone[t->n_zones++] = arena_copy(t->feed->rq->arena, tzid, strlen(tzid));
    buf_add(&t->feed->buf, bytes + zone->from, zone->to - zone->from);
}

/* ---------------------------------------------------------------- busy times */

/* Nothing of it is a line of an event: neither its UID nor the name of a time zone gets out. */
static void
write_period(struct feed *feed, const struct ical_period *p, int64_t stamp)
{
    struct buf *buf = &feed->buf;
    unsigned char hash[SHA256_SIZE];
    const char *what = arena_printf(feed->rq->arena, "%s %lld %lld", feed->token,
        (long long)p->span.from, (long long)p->span.to);

    sha256(what, strlen(what), hash);
    ical_begin(buf, "VEVENT");
    ical_write(buf, "UID", hex_encode(feed->rq->arena, hash, SHA256_SIZE / 2));
    ical_write_when(buf, "DTSTAMP", (struct ical_time){ stamp, .utc = true });
    ical_write_when(buf, "DTSTART", (struct ical_time){ p->span.from, .utc = true });
    ical_write_when(buf, "DTEND", (struct ical_time){ p->span.to, .utc = true });
    ical_write_text(
        buf, "SUMMARY", tr(feed->rq->lang, p->sure ? N_("Taken") : N_("Perhaps taken")));
    if (!p->sure)
        ical_write(buf, "STATUS", "TENTATIVE");
    ical_end(buf, "VEVENT");
}

static void
write_busy(struct telling *t)
{
    const struct ical_period *period;
    int n = ical_busy_periods(t->busy, &period);

    for (int i = 0; i < n; i++)
        write_period(t->feed, &period[i], t->feed->modified / 1000000);
}

/* ---------------------------------------------------------------- all of it */

/* What was taken once can be read again; if it cannot, the others are told. */
static void
tell_object(struct telling *t, struct arena *arena, const struct bytes *bytes)
{
    const struct lang *lang = t->feed->rq->lang;
    struct ical_component *calendar;

    if (ical_read(arena, lang, &ical_calendar, &ical_limits, bytes->p, bytes->n, &calendar) != NULL)
        return;
    if (t->busy != NULL) {
        t->fits &= ical_busy_add(t->busy, calendar);
        return;
    }
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") == 0)
            write_zone(t, c, bytes->p);
        else if (strcmp(c->name, "VEVENT") == 0)
            write_event(t->feed, c, bytes->p);
}

static fallible
tell_objects(struct telling *t, struct ical_range range)
{
    struct feed *feed = t->feed;
    struct request *rq = feed->rq;
    const struct ints calendars = { feed->calendar, feed->n };
    struct rows rows;
    int64_t last = 0;
    int n = 0;

    do {
        size_t mark = arena_mark(rq->arena);
        bool keeps = t->busy == NULL; /* what is written grows in the arena */
        TRY(q_feed_objects(rq->db, rq->arena, calendars, range.from, range.to, last, BATCH, &rows));
        for (int i = 0; i < rows.n; i++) {
            struct feed_objects_row row = feed_objects_row(&rows, i);
            struct arena *arena = arena_new();

            tell_object(t, arena, &row.bytes);
            arena_free(arena);
            last = row.id;
        }
        n += rows.n;
        if (!keeps)
            arena_rewind(rq->arena, mark);
        if (n > OBJECTS_MAX || feed->buf.over || !t->fits)
            return too_much(rq);
    } while (rows.n == BATCH);
    return NULL;
}

struct error *
feed_tell(struct feed *feed)
{
    const int64_t now = time_now() / 1000000, today = now - now % DAY;
    struct telling t = { .feed = feed, .fits = true };
    const struct ical_zone *here;

    if (feed->view != FEED_BUSY)
        return tell_objects(&t,
            feed->range != NULL ? *feed->range : (struct ical_range){ now - PAST, now + FUTURE });
    const struct ical_range range = { today - BUSY_PAST, today + BUSY_FUTURE };
    TRY(here_of_calendar(feed->rq, feed->node, &here));
    t.busy = ical_busy_new(feed->rq->arena, range, here);
    TRY(tell_objects(&t, range));
    write_busy(&t);
    return NULL;
}
