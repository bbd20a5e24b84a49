#include "modules/calendars/feed.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "html/out.h"
#include "http/conditional.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/object.h"
#include "ical/write.h"
#include "modules/calendars/calendars.h"
#include "q/feed.h"
#include "q/principal.h"
#include "webdav/store.h"

#define BATCH       200      /* objects read at a time */
#define OBJECTS_MAX 5000     /* of a feed */
#define BYTES_MAX   MB(8)    /* the same */
#define ZONES_MAX   64
#define DAY         INT64_C(86400)
#define PAST        (366 * DAY) /* how far back it goes ... */
#define FUTURE      (732 * DAY) /* ... and how far ahead */
/* How often programs should ask. */
#define REFRESH "PT1H"

struct feed {
    struct request *rq;
    const char *name; /* of the whole */
    int64_t calendar[100];
    int n;
    const char *tag;  /* differs whenever something in it does */
    int64_t modified; /* microseconds; 0: there has never been anything */
    const char *zone[ZONES_MAX]; /* TZIDs that have been written */
    int n_zones;
    struct buf buf;
};

/* ---------------------------------------------------------------- what may be told */

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
    }
    if (closed)
        ical_write_text(&feed->buf, "SUMMARY", tr(feed->rq->lang, "Taken"));
    ical_end(&feed->buf, "VEVENT");
}

/* One of each name: what the first object says of it. */
static void
write_zone(struct feed *feed, const struct ical_component *zone, const char *bytes)
{
    const char *tzid = ical_value(zone, "TZID");

    if (tzid == NULL || feed->n_zones == ZONES_MAX)
        return;
    for (int i = 0; i < feed->n_zones; i++)
        if (strcmp(feed->zone[i], tzid) == 0)
            return;
    feed->zone[feed->n_zones++] = arena_copy(feed->rq->arena, tzid, strlen(tzid));
    buf_add(&feed->buf, bytes + zone->from, zone->to - zone->from);
}

/* What was taken once can be read again; if it cannot, the others are told. */
static void
write_object(struct feed *feed, struct arena *arena, const char *bytes, size_t n)
{
    struct ical_component *calendar;

    if (ical_read(arena, feed->rq->lang, &ical_calendar, &ical_limits, bytes, n, &calendar) != NULL)
        return;
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") == 0)
            write_zone(feed, c, bytes);
        else if (strcmp(c->name, "VEVENT") == 0)
            write_event(feed, c, bytes);
}

/* ---------------------------------------------------------------- which calendars */

/* The calendars of the chapter that everybody may read; name NULL: all of them. */
static fallible
find_calendars(struct feed *feed, const char *name)
{
    struct request *rq = feed->rq;
    struct store_tree tree = calendars_home.tree;
    struct buf tags = buf_new(rq->arena, KB(64));
    struct dav_changes changes;
    struct dav_node root;
    struct dav_list list;

    tree.flat = true;
    TRY(store_find(
        rq, &tree, rq->param[0], &(struct path){ .part = NULL, .n = 0, .slash = true }, &root));
    TRY(store_children(rq, &root, NULL, &list));
    for (int i = 0; i < list.n && feed->n < (int)COUNT_OF(feed->calendar); i++) {
        const struct dav_node *node = &list.node[i];

        if (node->policy.read_level != ROLE_PUBLIC ||
            (name != NULL && strcmp(node->name, name) != 0))
            continue;
        TRY(node->kind->changes(rq, node, NULL, 0, &changes));
        buf_printf(&tags, "%s %s\n", changes.ctag,
            node->display_name != NULL ? node->display_name : node->name);
        feed->calendar[feed->n++] = node->id;
        feed->name = node->display_name != NULL ? node->display_name : node->name;
    }
    feed->tag = buf_string(&tags);
    return NULL;
}

/* Also by the day: what is told moves on with time. And by the words of the language. */
static const char *
etag_of(struct feed *feed)
{
    unsigned char hash[SHA256_SIZE];
    const char *all = arena_printf(feed->rq->arena, "%s%lld %s", feed->tag,
        (long long)(time_now() / 1000000 / DAY), feed->rq->lang->tag);

    sha256(all, strlen(all), hash);
    return hex_encode(feed->rq->arena, hash, SHA256_SIZE / 2);
}

/* ---------------------------------------------------------------- the file */

static fallible
too_much(struct request *rq)
{
    return FAIL(rq->arena, TOO_LARGE, "%s",
        tr(rq->lang, "There are more events than a feed can hold."));
}

static fallible
write_objects(struct feed *feed)
{
    struct request *rq = feed->rq;
    const int64_t now = time_now() / 1000000;
    const struct ints calendars = { feed->calendar, feed->n };
    struct rows rows;
    int64_t last = 0;
    int n = 0;

    do {
        TRY(q_feed_objects(
            rq->db, rq->arena, calendars, now - PAST, now + FUTURE, last, BATCH, &rows));
        for (int i = 0; i < rows.n; i++) {
            struct feed_objects_row row = feed_objects_row(&rows, i);
            struct arena *arena = arena_new();

            write_object(feed, arena, row.bytes.p, row.bytes.n);
            arena_free(arena);
            last = row.id;
        }
        n += rows.n;
        if (n > OBJECTS_MAX || feed->buf.over)
            return too_much(rq);
    } while (rows.n == BATCH);
    return NULL;
}

static fallible
write_feed(struct feed *feed, struct response *rs)
{
    struct buf *buf = &feed->buf;

    *buf = buf_new(feed->rq->arena, BYTES_MAX);
    ical_begin(buf, "VCALENDAR");
    ical_write(buf, "VERSION", "2.0");
    ical_write(buf, "PRODID", "-//chapterd//feed//EN");
    ical_write(buf, "METHOD", "PUBLISH");
    ical_write_text(buf, "NAME", feed->name); /* RFC 7986 */
    ical_write_text(buf, "X-WR-CALNAME", feed->name);
    ical_write(buf, "REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    ical_write(buf, "X-PUBLISHED-TTL", REFRESH);
    TRY(write_objects(feed));
    ical_end(buf, "VCALENDAR");
    if (buf->over)
        return too_much(feed->rq);
    response_bytes(rs, "text/calendar; charset=utf-8", buf->p, buf->n);
    return NULL;
}

static fallible
answer(struct feed *feed, struct response *rs)
{
    struct request *rq = feed->rq;
    const char *etag = etag_of(feed);
    bool not_modified;
    struct rows rows;

    TRY(q_feed_changed(rq->db, rq->arena, (struct ints){ feed->calendar, feed->n }, &rows));
    struct feed_changed_row row = feed_changed_row(&rows, 0);
    const struct state now = { true, etag, row.modified_is_null ? 0 : row.modified };
    TRY(conditional_check(rq, &now, &not_modified));
    response_etag(rs, etag);
    if (now.modified != 0)
        response_modified(rs, now.modified);
    response_cache(rs, "public, no-cache");
    response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
    response_header(rs, "X-Content-Type-Options", "nosniff");
    if (not_modified) {
        response_status(rs, 304);
        return NULL;
    }
    return write_feed(feed, rs);
}

/* ---------------------------------------------------------------- addresses */

fallible
feed_of_chapter(struct request *rq, struct response *rs)
{
    struct feed feed = { .rq = rq };

    struct rows rows;

    TRY(find_calendars(&feed, NULL));
    TRY(q_principal_chapter(rq->db, rq->arena, rq->param[0], &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    feed.name = principal_chapter_row(&rows, 0).name;
    return answer(&feed, rs);
}

fallible
feed_of_calendar(struct request *rq, struct response *rs)
{
    struct feed feed = { .rq = rq };
    const char *file = rq->param[1];
    size_t n = strlen(file), suffix = strlen(".ics");

    if (n <= suffix || strcmp(file + n - suffix, ".ics") != 0)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(find_calendars(&feed, arena_copy(rq->arena, file, n - suffix)));
    return feed.n == 0 ? REFUSE(rq->arena, NOT_FOUND) : answer(&feed, rs);
}
