/* Events, tasks, journals: what is in calendars. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "blob/blob.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/object.h"
#include "modules/calendars/props.h"
#include "modules/calendars/reports.h"
#include "modules/calendars/schedule/schedule_plan.h"
#include "modules/calendars/zones.h"
#include "q/calendar.h"
#include "webdav/conditions.h"
#include "webdav/store.h"

#define TEXT_CALENDAR "text/calendar"
#define SCHEDULE_TAG  "Schedule-Tag" /* RFC 6638, 8.2 */

static size_t
event_row_max(const struct config *config)
{
    return config->calendar_object_max;
}

static const char *
quoted(struct arena *arena, const char *tag)
{
    return arena_printf(arena, "\"%s\"", tag);
}

static void
tell_tag(struct response *rs, struct arena *arena, const char *tag)
{
    if (tag != NULL)
        response_header(rs, SCHEDULE_TAG, quoted(arena, tag));
}

static fallible
content_of(struct request *rq, const struct dav_node *node, const char **bytes, size_t *n)
{
    const struct store_content *content;

    TRY(store_content(rq, node, &content));
    if (content->bytes == NULL)
        return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "an event without content");
    *bytes = content->bytes;
    *n = (size_t)node->length;
    return NULL;
}

/* What members write is never a page of ours, nor does it run anything (D22). */
static fallible
event_read(struct request *rq, const struct dav_node *node, struct response *rs)
{
    struct schedule_known known = { .tag = NULL };
    const char *bytes, *seen;
    size_t n;

    TRY(content_of(rq, node, &bytes, &n));
    if (strcasestr(bytes, "ORGANIZER") != NULL) /* else nobody is invited */
        TRY(schedule_known(rq, node->id, &known));
    tell_tag(rs, rq->arena, known.tag);
    response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
    response_header(rs, "X-Content-Type-Options", "nosniff");
    TRY(zones_seen(rq, bytes, n, &seen, &n));
    response_bytes(rs, node->type, seen, n);
    return NULL;
}

/* A client that names another type means something else (RFC 4791, 5.3.2.1). */
static bool
is_calendar_type(const char *type)
{
    size_t n = strcspn(type, "; ");

    return n == strlen(TEXT_CALENDAR) && strncasecmp(type, TEXT_CALENDAR, n) == 0;
}

static struct error *
uid_conflict(struct request *rq, const struct dav_node *node, const char *name)
{
    struct error *e = error_plain(rq->arena, &NO_UID_CONFLICT, HERE);
    size_t n = (size_t)(strrchr(node->href, '/') - node->href) + 1;

    e->href = arena_printf(
        rq->arena, "%.*s%s", (int)n, node->href, uri_encode(rq->arena, name));
    return e;
}

/* May an object with that UID and component be at this place of the calendar? known: what is there. */
static fallible
check_place(struct request *rq, const struct dav_node *node, const struct calendar_object *o,
    struct schedule_known *known)
{
    struct rows rows;

    *known = (struct schedule_known){ .role = SCHEDULE_NONE };
    TRY(q_calendar_takes(rq->db, rq->arena, node->parent_id, o->uid, node->id, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct calendar_takes_row row = calendar_takes_row(&rows, i);

        if (!(component_set_of(row.components) & object_bit(o->component)))
            return REFUSE(rq->arena, SUPPORTED_CALENDAR_COMPONENT);
        if (row.node_is_null)
            continue;
        if (row.node != node->id || strcmp(row.uid, o->uid) != 0)
            return uid_conflict(rq, node, row.name);
        *known = (struct schedule_known){ (enum schedule_role)row.role, row.schedule_tag,
            row.organizer_node_is_null ? 0 : row.organizer_node };
    }
    return NULL;
}

static fallible
note_object(struct request *rq, const struct dav_node *node, struct calendar_object *o)
{
    struct object_times t;
    struct rows rows;

    TRY(object_times(rq->arena, rq->lang, o, time_now() / 1000000, &t));
    db_defer(rq->db);
    return q_calendar_object_set(rq->db, rq->arena, node->parent_id, text_nfc(rq->arena, node->name),
        o->uid, o->component, t.zones, t.covers_from, t.open_from, t.again, t.exact, t.starts, t.ends, t.takes, &rows);
}

/* ---------------------------------------------------------------- writing */

/* What is stored instead of what was sent. */
static struct dav_content
content_with(struct request *rq, const struct dav_content *content, const char *bytes, size_t n)
{
    struct blob_content *blob = NEW(rq->arena, struct blob_content);
    struct dav_content other = *content;

    blob->size = (int64_t)n;
    sha256(bytes, n, blob->sha256);
    other.blob = blob;
    other.inline_bytes = bytes;
    return other;
}

/* Reads what was sent, with all its time zones, and checks it and its place. */
static fallible
event_take(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    struct calendar_object *o, struct schedule_known *known, struct dav_content *whole,
    bool *altered)
{
    if (content->inline_bytes == NULL ||
        content->blob->size > (int64_t)event_row_max(rq->app->config))
        return REFUSE(rq->arena, CALENDAR_TOO_LARGE);
    if (content->type != NULL && !is_calendar_type(content->type))
        return REFUSE(rq->arena, SUPPORTED_CALENDAR_DATA);
    TRY(object_read(
        rq->arena, rq->lang, content->inline_bytes, (size_t)content->blob->size, o));
    TRY(check_place(rq, node, o, known));
    TRY(zones_complete(rq, o->calendar, content, whole, altered));
    if (!*altered)
        return NULL;
    return object_read(rq->arena, rq->lang, whole->inline_bytes, (size_t)whole->blob->size, o);
}

/* What follows for others is found out before, and done behind the write. */
static fallible
plan_write(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    const struct calendar_object *o, const struct schedule_known *known, struct schedule_plan *plan)
{
    struct schedule_write w = { .node = node,
        .known = known,
        .new = o,
        .bytes = content->inline_bytes,
        .n = (size_t)content->blob->size };

    if (known->role != SCHEDULE_NONE)
        TRY(content_of(rq, node, &w.before, &w.n_before));
    return schedule_plan_write(rq, &w, plan);
}

static fallible
event_write(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    struct dav_written *written)
{
    struct schedule_known known;
    struct schedule_plan plan;
    struct calendar_object o;
    struct dav_content whole;
    bool altered;

    TRY(event_take(rq, node, content, &o, &known, &whole, &altered));
    TRY(plan_write(rq, node, &whole, &o, &known, &plan));
    if (plan.altered) {
        whole = content_with(rq, &whole, plan.bytes, plan.n);
        TRY(object_read(rq->arena, rq->lang, plan.bytes, plan.n, &o));
    }
    TRY(store_write(rq, node, &whole, object_type(rq->arena, o.component), written));
    written->altered = altered || plan.altered;
    TRY(note_object(rq, node, &o));
    if (plan.now.role == SCHEDULE_NONE && known.role == SCHEDULE_NONE)
        return NULL;
    if (plan.now.role != SCHEDULE_NONE) {
        plan.now.tag = written->etag;
        written->header = SCHEDULE_TAG;
        written->value = quoted(rq->arena, written->etag);
    }
    return schedule_carry_out(rq, node, &plan);
}

/* ---------------------------------------------------------------- removing, copying, moving */

static fallible
event_forget(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(store_remove(rq, node));
    db_defer(rq->db);
    return q_calendar_object_forget(rq->db, rq->arena, node->id, &rows);
}

/* Of a chapter it can be had back (deleted.h). */
static fallible
event_discard(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(store_trash(rq, node));
    db_defer(rq->db);
    return q_calendar_object_forget(rq->db, rq->arena, node->id, &rows);
}

/* Others are told that it is gone. */
static fallible
event_remove(struct request *rq, const struct dav_node *node)
{
    struct schedule_known known;
    struct schedule_plan plan;
    const char *bytes;
    size_t n;

    TRY(schedule_known(rq, node->id, &known));
    if (known.role == SCHEDULE_NONE)
        return event_discard(rq, node);
    TRY(content_of(rq, node, &bytes, &n));
    TRY(schedule_plan_remove(rq, node, &known, bytes, n, &plan));
    TRY(event_discard(rq, node));
    return schedule_carry_out(rq, node, &plan);
}

/* The calendar it comes to must take it, too. */
static fallible
check_arrival(struct request *rq, const struct dav_node *node, const struct dav_node *to,
    struct calendar_object *o)
{
    struct schedule_known known;
    struct dav_node there = *to;
    const char *bytes;
    size_t n;

    TRY(content_of(rq, node, &bytes, &n));
    TRY(object_read(rq->arena, rq->lang, bytes, n, o));
    if (to->parent_id == node->parent_id)
        there.id = node->id;
    return check_place(rq, &there, o, &known);
}

/* A copy is as if it had been made there: what it is to its new owner, and who is told, is found
 * out anew. `now`: what it is. */
static fallible
copy_to(struct request *rq, const struct dav_node *node, const struct dav_node *to, bool deep,
    struct schedule_known *now)
{
    const struct schedule_known nothing = { .role = SCHEDULE_NONE };
    struct calendar_object o;
    struct schedule_plan plan;
    struct rows rows;
    struct schedule_write w = { .node = to, .known = &nothing, .new = &o };

    if (to->parent_id == node->parent_id)
        return uid_conflict(rq, node, node->name);
    TRY(check_arrival(rq, node, to, &o));
    TRY(content_of(rq, node, &w.bytes, &w.n));
    TRY(schedule_plan_write(rq, &w, &plan));
    TRY(store_copy(rq, node, to, deep));
    db_defer(rq->db);
    TRY(q_calendar_object_copy(rq->db, rq->arena, node->id, to->parent_id,
        text_nfc(rq->arena, to->name), &rows));
    *now = plan.now;
    return plan.now.role == SCHEDULE_NONE ? NULL : schedule_arrive(rq, to, node->etag, &plan);
}

static fallible
event_copy(struct request *rq, const struct dav_node *node, const struct dav_node *to, bool deep)
{
    struct schedule_known now;

    return copy_to(rq, node, to, deep, &now);
}

/*
 * Out of its tree it is a copy and a removal: who has seen it there is told that it is gone. Who is
 * invited goes on being so where it invites to the same; who moves an invitation does not decline it.
 */
static fallible
event_leave(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    struct schedule_known was, now;

    TRY(schedule_known(rq, node->id, &was));
    TRY(copy_to(rq, node, to, true, &now));
    if (was.role != SCHEDULE_ORGANIZER || now.role == SCHEDULE_ORGANIZER)
        return event_forget(rq, node);
    return event_remove(rq, node);
}

static fallible
event_move(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    struct calendar_object o;
    struct rows rows;

    if (node->root_id != to->root_id)
        return event_leave(rq, node, to);
    TRY(check_arrival(rq, node, to, &o));
    TRY(store_move(rq, node, to));
    if (to->parent_id == node->parent_id)
        return NULL;
    db_defer(rq->db);
    return q_calendar_object_move(rq->db, rq->arena, node->id, to->parent_id, &rows);
}

static fallible
event_arrived(struct request *rq, const struct dav_node *node, struct response *rs)
{
    struct schedule_known known;

    TRY(schedule_known(rq, node->id, &known));
    tell_tag(rs, rq->arena, known.tag);
    return NULL;
}

const struct dav_kind event_kind = {
    .name = "event",
    .vary = "CalDAV-Timezones",
    .row_max = event_row_max,
    .too_large = &CALENDAR_TOO_LARGE,
    .properties = event_properties,
    .reports = event_reports,
    .read = event_read,
    .write = event_write,
    .remove = event_remove,
    .copy = event_copy,
    .move = event_move,
    .arrived = event_arrived,
    .precondition = schedule_precondition,
    .quota = store_quota,
    .reserve = store_reserve,
};
