/* calendar-query (RFC 4791, 7.8) and free-busy-query (7.10). */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/busy.h"
#include "modules/calendars/data.h"
#include "modules/calendars/found.h"
#include "modules/calendars/here.h"
#include "modules/calendars/reports.h"
#include "modules/calendars/schedule/busy.h"
#include "webdav/conditions.h"
#include "webdav/multistatus.h"
#include "webdav/property.h"
#include "webdav/query.h"
#include "webdav/report.h"
#include "webdav/store.h"
#include "webdav/xml.h"

/* A report that looks for something for so long ends without an answer. */
#define SECONDS_MAX 20

static const struct condition BUSY_RANGE = { 400,
    .title = N_("The time range must have a start and an end, one behind the other.") };

static bool
takes_too_long(int64_t began)
{
    return time_monotonic() - began > SECONDS_MAX * INT64_C(1000000);
}

/* ---------------------------------------------------------------- calendar-query */

struct calendar_query {
    struct ical_filter filter;
    const struct ical_zone *here;
    struct prop_request want;
};

static bool
matches(struct request *rq, const struct calendar_query *q, const char *bytes)
{
    size_t mark = arena_mark(rq->arena);
    struct ical_component *object;
    bool is = bytes != NULL &&
              ical_read(rq->arena, rq->lang, &ical_calendar, &ical_limits, bytes, strlen(bytes),
                  &object) == NULL &&
              ical_filter_matches(rq->arena, &q->filter, object, q->here);

    arena_rewind(rq->arena, mark);
    return is;
}

/* Those of some members that match, in their place. */
static int
sift(struct request *rq, const struct calendar_query *q, struct found_some *some)
{
    int n = 0;

    for (int i = 0; i < some->n; i++) {
        if (some->bytes[i] == NULL || (!some->sure[i] && !matches(rq, q, some->bytes[i])))
            continue;
        some->node[n++] = some->node[i];
    }
    return n;
}

static fallible
write_found(struct request *rq, const struct dav_node *node, const struct calendar_query *q,
    struct xml_out *x)
{
    const struct found_by by = found_by(rq->arena, &q->filter);
    const int64_t began = time_monotonic();
    struct found_some some;
    struct found f;

    found_begin(rq, &f);
    while (f.more) {
        TRY(found_next(rq, node, &by, &f, &some));
        TRY(prop_write_nodes(rq, x, &q->want, some.node, by.exactly ? some.n : sift(rq, q, &some)));
        if (takes_too_long(began))
            return REFUSE(rq->arena, TOO_MANY_MATCHES);
    }
    return NULL;
}

/* Without a Depth only the address itself is meant (RFC 4791, 7.8); Windows means what is in it
 * (cl-D7). */
static bool
looks_inside(const struct request *rq)
{
    const char *depth = request_header(rq, "Depth"), *agent = request_header(rq, "User-Agent");

    if (depth != NULL && strcmp(depth, "0") != 0)
        return true;
    return agent != NULL && text_starts(agent, "MSFT-");
}

static fallible
read_query(struct request *rq, const struct dav_node *node, const struct xml_in *root,
    struct calendar_query *q)
{
    const struct xml_in *filter = xml_child(root, NS_CALDAV, "filter");

    if (filter == NULL)
        return REFUSE(rq->arena, CALENDAR_VALID_FILTER);
    TRY(query_read_filter(rq->arena, filter, &q->filter));
    TRY(here_of_report(rq, node, root, &q->here));
    TRY(prop_read_report(rq, root, &q->want));
    calendar_data_here(&q->want, q->here);
    return NULL;
}

static fallible
report_query(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    struct calendar_query q;
    struct xml_out *x;

    TRY(read_query(rq, node, root, &q));
    x = multistatus_begin(rq, rs);
    if (node->collection && looks_inside(rq)) {
        TRY(write_found(rq, node, &q, x));
    } else if (!node->collection) {
        const char *bytes;
        TRY(store_contents(rq, node, 1, &bytes));
        TRY(prop_write_nodes(rq, x, &q.want, node, matches(rq, &q, bytes)));
    }
    multistatus_end(x);
    return NULL;
}

/* ---------------------------------------------------------------- free-busy-query */

/* When somebody is busy, and nothing of why: RFC 4791, 7.10. */
static fallible
report_busy(
    struct request *rq, const struct dav_node *node, const struct xml_in *root, struct response *rs)
{
    const struct xml_in *asked = xml_child(root, NS_CALDAV, "time-range");
    struct buf answer = buf_new(rq->arena, BUSY_BYTES_MAX);
    const struct ical_zone *here;
    struct ical_range range;

    if (asked == NULL || xml_attr(asked, "start") == NULL || xml_attr(asked, "end") == NULL)
        return REFUSE(rq->arena, BUSY_RANGE);
    TRY(query_read_range(rq->arena, asked, &BUSY_RANGE, &range));
    TRY(here_of_calendar(rq, node, &here));
    struct ical_busy *busy = ical_busy_new(rq->arena, range, here);
    TRY(busy_add_calendar(rq, node, &range, busy));
    ical_busy_write(busy, time_now() / 1000000, NULL, NULL, &answer);
    response_status(rs, 200);
    response_bytes(rs, "text/calendar; charset=utf-8", buf_string(&answer), answer.n);
    return NULL;
}

/* ---------------------------------------------------------------- tables */

const struct dav_report calendar_reports[] = {
    { NS_CALDAV, "calendar-query", report_query },
    { NS_CALDAV, "calendar-multiget", report_multiget },
    { NS_CALDAV, "free-busy-query", report_busy },
    { .name = NULL },
};

const struct dav_report event_reports[] = {
    { NS_CALDAV, "calendar-query", report_query },
    { NS_CALDAV, "calendar-multiget", report_multiget },
    { .name = NULL },
};
