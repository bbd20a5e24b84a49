#include "modules/calendars/schedule/busy.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/time.h"
#include "http/request.h"
#include "modules/calendars/found.h"
#include "q/calendar_query.h"
#include "webdav/conditions.h"

/* Who looks for something for so long gets no answer. */
#define SECONDS_MAX 20
/* An event that lasts so long, in seconds, is looked for elsewhere (query calendar_busy_unread). */
#define LONG INT64_C(2678400)
/* Periods of which one knows without reading, taken together. */
#define KNOWN_PAGE 5000

/* Adds the events of which it is known when they are: most of them. */
static fallible
add_known(struct request *rq, const struct dav_node *node, const struct ical_range *range,
    struct ical_busy *busy)
{
    struct calendar_busy_row last = { .starts = range->from - LONG };
    struct rows rows;

    do {
        size_t mark = arena_mark(rq->arena);
        TRY(q_calendar_busy(rq->db, rq->arena, node->id, range->from, range->to, last.starts,
            last.ends, last.takes, KNOWN_PAGE, &rows));
        for (int i = 0; i < rows.n; i++) {
            last = calendar_busy_row(&rows, i);
            if (!ical_busy_take(busy, (enum ical_taken)last.takes,
                    (struct ical_range){ last.starts, last.ends }))
                return REFUSE(rq->arena, TOO_MANY_MATCHES);
        }
        arena_rewind(rq->arena, mark);
    } while (rows.n == KNOWN_PAGE);
    return NULL;
}

/* Adds what some objects take up. */
static fallible
add_some(struct request *rq, const struct found_some *some, struct ical_busy *busy)
{
    for (int i = 0; i < some->n; i++) {
        struct ical_component *object;
        const char *bytes = some->bytes[i];
        if (bytes == NULL)
            continue;
        TRY(ical_read(
            rq->arena, rq->lang, &ical_calendar, &ical_limits, bytes, strlen(bytes), &object));
        if (!ical_busy_add(busy, object))
            return REFUSE(rq->arena, TOO_MANY_MATCHES);
    }
    return NULL;
}

/* Adds what has to be read to know when it is. */
static fallible
add_unread(struct request *rq, const struct dav_node *node, const struct ical_range *range,
    struct ical_busy *busy)
{
    const struct found_by numbers = { .component = "", .uid = "" };
    const int64_t began = time_monotonic();
    struct found_some some;
    struct rows rows;
    struct found f;

    TRY(q_calendar_busy_unread(rq->db, rq->arena, node->id, range->from, range->to, &rows));
    int64_t *id = NEW_ARRAY(rq->arena, int64_t, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++)
        id[i] = calendar_busy_unread_row(&rows, i).node;
    found_these(rq, (struct ints){ id, rows.n }, &f);
    while (f.more) {
        TRY(found_next(rq, node, &numbers, &f, &some));
        TRY(add_some(rq, &some, busy));
        if (time_monotonic() - began > SECONDS_MAX * INT64_C(1000000))
            return REFUSE(rq->arena, TOO_MANY_MATCHES);
    }
    return NULL;
}

struct error *
busy_add_calendar(struct request *rq, const struct dav_node *node, const struct ical_range *range,
    struct ical_busy *busy)
{
    TRY(add_known(rq, node, range, busy));
    return add_unread(rq, node, range, busy);
}
