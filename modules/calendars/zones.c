#include "modules/calendars/zones.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "blob/blob.h"
#include "http/request.h"
#include "ical/select.h"
#include "ical/zone_lacking.h"
#include "webdav/dav.h"

bool
zones_unwanted(struct request *rq)
{
    const char *header = request_header(rq, "CalDAV-Timezones");

    return header != NULL && text_same_nocase(text_trim(rq->arena, header), "F");
}

static void
replace(struct request *rq, const char *bytes, size_t n, struct dav_content *content)
{
    struct blob_content *blob = NEW(rq->arena, struct blob_content);

    blob->size = (int64_t)n;
    sha256(bytes, n, blob->sha256);
    content->blob = blob;
    content->inline_bytes = bytes;
}

fallible
zones_complete(struct request *rq, const struct ical_component *calendar,
    const struct dav_content *sent, struct dav_content *whole, bool *altered)
{
    size_t had = (size_t)sent->blob->size, n, n_seen;
    const char *bytes, *seen;

    *whole = *sent;
    TRY(ical_add_zones(rq->arena, calendar, sent->inline_bytes, had, &bytes, &n));
    TRY(zones_seen(rq, bytes, n, &seen, &n_seen));
    *altered = n_seen != had || memcmp(seen, sent->inline_bytes, had) != 0;
    if (bytes != sent->inline_bytes)
        replace(rq, bytes, n, whole);
    return NULL;
}

fallible
zones_seen(struct request *rq, const char *bytes, size_t n, const char **seen, size_t *length)
{
    const struct ical_select without = { .no_zones = true };
    struct buf to = buf_new(rq->arena, n + KB(1));
    struct ical_component *object;
    int none = 0;

    *seen = bytes;
    *length = n;
    if (!zones_unwanted(rq) || memmem(bytes, n, "VTIMEZONE", strlen("VTIMEZONE")) == NULL)
        return NULL;
    TRY(ical_read(rq->arena, rq->lang, &ical_calendar, &ical_limits, bytes, n, &object));
    if (!ical_select_write(rq->arena, &without, object, bytes, NULL, &none, &to))
        return NULL;
    *seen = buf_string(&to);
    *length = to.n;
    return NULL;
}
