#include "modules/calendars/data.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "http/request.h"
#include "modules/calendars/here.h"
#include "modules/calendars/zones.h"
#include "webdav/conditions.h"
#include "webdav/property.h"
#include "webdav/query.h"
#include "webdav/store.h"
#include "webdav/xml.h"

/* What a request asks for, and the contents at hand. */
struct asked {
    struct ical_select select;
    const struct ical_zone *here;
    int instances; /* that may still be expanded */
    size_t room;   /* bytes of them */
    const struct dav_node *node;
    int n;
    const char **bytes;
};

fallible
calendar_data_ask(
    struct request *rq, const struct dav_node *node, const struct xml_in *e, void **result)
{
    struct asked *a = NEW(rq->arena, struct asked);

    *result = a;
    a->instances = DATA_INSTANCES_MAX;
    a->room = DATA_EXPANDED_MAX;
    TRY(query_read_calendar_data(rq->arena, e, &a->select));
    a->select.no_zones = zones_unwanted(rq);
    return a->select.recurrence == SELECT_RULES ? NULL : here_of_calendar(rq, node, &a->here);
}

void
calendar_data_here(const struct prop_request *want, const struct ical_zone *here)
{
    for (int i = 0; i < want->n; i++)
        if (strcmp(want->name[i].name, "calendar-data") == 0 &&
            strcmp(want->name[i].ns, NS_CALDAV) == 0 && want->asked[i] != NULL)
            ((struct asked *)want->asked[i])->here = here;
}

fallible
calendar_data_prepare(struct request *rq, const struct dav_node *node, int n, void *asked)
{
    struct asked *a = asked;

    if (a == NULL)
        return NULL;
    a->node = node;
    a->n = n;
    a->bytes = NEW_ARRAY(rq->arena, const char *, (size_t)n);
    return store_contents(rq, node, n, a->bytes);
}

/* What was asked for of an object; what is expanded counts. */
static fallible
write_part(struct request *rq, struct asked *a, const char *bytes, struct xml_out *x)
{
    struct buf to =
        buf_new(rq->arena, a->select.recurrence == SELECT_EXPANDED ? a->room : 4 * strlen(bytes));
    struct ical_component *object;

    TRY(ical_read(
        rq->arena, rq->lang, &ical_calendar, &ical_limits, bytes, strlen(bytes), &object));
    if (!ical_select_write(rq->arena, &a->select, object, bytes, a->here, &a->instances, &to))
        return REFUSE(rq->arena, TOO_MANY_MATCHES);
    if (a->select.recurrence == SELECT_EXPANDED)
        a->room -= to.n;
    xml_text(x, buf_string(&to));
    return NULL;
}

fallible
calendar_data_get(
    struct request *rq, const struct dav_node *node, struct xml_out *x, enum dav_got *got)
{
    struct asked *a = prop_asked(rq);
    const char *bytes = NULL;

    if (a != NULL && node >= a->node && node < a->node + a->n)
        bytes = a->bytes[node - a->node];
    else
        TRY(store_contents(rq, node, 1, &bytes));
    if (bytes == NULL)
        *got = DAV_ABSENT;
    else if (a == NULL || ical_select_is_all(&a->select))
        xml_text(x, bytes);
    else
        TRY(write_part(rq, a, bytes, x));
    return NULL;
}
