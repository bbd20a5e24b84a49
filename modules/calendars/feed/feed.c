/* Feeds as files: which calendars, whether anything is new, and what stands around the events. */
#include "modules/calendars/feed/feed.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/conditional.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/write.h"
#include "modules/calendars/calendars.h"
#include "q/feed.h"
#include "q/principal.h"
#include "webdav/store.h"

#define BYTES_MAX MB(8)
#define DAY_MICRO INT64_C(86400000000)
/* How often programs should ask. */
#define REFRESH "PT1H"

const char *const feed_views[] = {
    [FEED_DETAILS] = "details", [FEED_BUSY] = "busy", [FEED_MEMBERS] = "members"
};

bool
feed_view_read(const char *word, enum feed_view *view)
{
    for (int i = FEED_DETAILS; i <= FEED_MEMBERS; i++)
        if (strcmp(word, feed_views[i]) == 0) {
            *view = (enum feed_view)i;
            return true;
        }
    return false;
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

/* ---------------------------------------------------------------- the file */

/* Also by the day: what is told moves on with time. And by the words of the language. */
static const char *
etag_of(struct feed *feed)
{
    unsigned char hash[SHA256_SIZE];
    const char *all = arena_printf(feed->rq->arena, "%s%s %lld %s", feed->tag,
        feed_views[feed->view], (long long)(time_now() / DAY_MICRO), feed->rq->lang->tag);

    sha256(all, strlen(all), hash);
    return hex_encode(feed->rq->arena, hash, SHA256_SIZE / 2);
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
    TRY(feed_tell(feed));
    ical_end(buf, "VCALENDAR");
    if (buf->over)
        return FAIL(feed->rq->arena, TOO_LARGE, "%s",
            tr(feed->rq->lang, "There are more events than a feed can hold."));
    response_bytes(rs, "text/calendar; charset=utf-8", buf->p, buf->n);
    return NULL;
}

/* What it tells is of a day, so it is no older than that: who asks by the date alone gets what has
 * come near. */
static void
set_modified(struct feed *feed, const struct feed_changed_row *row)
{
    const int64_t now = time_now(), today = now - now % DAY_MICRO;

    if (!row->modified_is_null && row->modified > feed->modified)
        feed->modified = row->modified;
    if (feed->modified < today)
        feed->modified = today;
}

struct error *
feed_answer(struct feed *feed, struct response *rs)
{
    struct request *rq = feed->rq;
    const char *etag = etag_of(feed);
    bool not_modified;
    struct rows rows;

    TRY(q_feed_changed(rq->db, rq->arena, (struct ints){ feed->calendar, feed->n }, &rows));
    struct feed_changed_row row = feed_changed_row(&rows, 0);
    set_modified(feed, &row);
    const struct state now = { true, etag, feed->modified };
    TRY(conditional_check(rq, &now, &not_modified));
    response_etag(rs, etag);
    response_modified(rs, now.modified);
    response_cache(rs, feed->token != NULL ? "private, no-cache" : "public, no-cache");
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
    return feed_answer(&feed, rs);
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
    return feed.n == 0 ? REFUSE(rq->arena, NOT_FOUND) : feed_answer(&feed, rs);
}
