/* Invitations, and that there is none any more, into the calendars of who is invited. */
#include "modules/calendars/schedule/deliver.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/app.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/object.h"
#include "modules/calendars/props.h"
#include "modules/calendars/schedule/boxes.h"
#include "modules/calendars/schedule/deliver_in.h"
#include "modules/calendars/schedule/schedule.h"
#include "q/calendar.h"
#include "q/node.h"
#include "q/quota.h"
#include "webdav/store.h"

/* Messages to one receiver before others have their turn. */
#define AT_ONCE 50
/* Longest UID that a file is called by. */
#define NAMED_MOST 100
/* How often one is tried: for about a day. */
#define TRIES_MOST 12
/* What is in an inbox may be at any time. */
#define ALWAYS INT64_C(-100000000000)

static const struct lang *
language(void)
{
    return languages[0];
}

/* ---------------------------------------------------------------- storing */

fallible
deliver_read(struct delivering *d, const char *bytes, size_t n, struct itip_parts *parts)
{
    struct ical_component *calendar;

    TRY(ical_read(d->arena, language(), &ical_calendar, &ical_limits, bytes, n, &calendar));
    *parts = itip_parts_of(d->arena, &(struct itip_object){ bytes, calendar });
    return NULL;
}

static fallible
write_file(struct delivering *d, int64_t parent, const char *name, const char *kind,
    const char *type, const char *bytes, size_t n)
{
    const struct texts no_parts = { NULL, 0 };
    const struct ints none = { NULL, 0 };
    const struct bytes content = { bytes, n };
    unsigned char hash[SHA256_SIZE];
    struct rows rows;

    sha256(bytes, n, hash);
    return q_file_write(d->db, d->arena, 0, NULL, parent, name, name, kind, type,
        store_etag(d->arena, hash), NULL, (struct bytes){ hash, SHA256_SIZE }, (int64_t)n, &content,
        no_parts, none, none, 0, d->row->person, NULL, &rows);
}

static fallible
amend_file(struct delivering *d, const struct amended *o, const unsigned char *hash)
{
    struct rows rows;

    return q_schedule_amend(d->db, d->arena, o->node, o->etag, (struct bytes){ hash, SHA256_SIZE },
        (struct bytes){ o->bytes, o->n }, store_etag(d->arena, hash), &rows);
}

fallible
deliver_store(struct delivering *d, const struct amended *o)
{
    unsigned char hash[SHA256_SIZE];
    struct calendar_object object;
    struct object_times t;
    struct rows rows;

    TRY(object_read(d->arena, language(), o->bytes, o->n, &object));
    TRY(object_times(d->arena, language(), &object, time_now() / 1000000, &t));
    sha256(o->bytes, o->n, hash);
    if (o->node == 0)
        TRY(write_file(d, o->collection, o->name_key, event_kind.name,
            object_type(d->arena, object.component), o->bytes, o->n));
    else
        TRY(amend_file(d, o, hash));
    TRY(q_calendar_object_set(d->db, d->arena, o->collection, o->name_key, object.uid,
        object.component, t.zones, t.covers_from, t.open_from, t.again, t.exact, t.starts, t.ends,
        t.takes, &rows));
    return q_schedule_role(d->db, d->arena, o->collection, o->name_key, (int16_t)o->role,
        o->tag != NULL ? o->tag : store_etag(d->arena, hash),
        o->organizer_node == 0 ? NULL : &o->organizer_node, &rows);
}

fallible
deliver_note(struct delivering *d)
{
    const char *name = arena_printf(d->arena, "%s.ics", token_uuid(d->arena));
    const struct ical_component *item = d->message.object.calendar->child;
    const struct ints never = { NULL, 0 };
    const int64_t always = ALWAYS;
    struct rows rows;

    if (d->row->person_is_null || d->row->quiet)
        return NULL;
    while (item != NULL && strcmp(item->name, "VTIMEZONE") == 0)
        item = item->next;
    TRY(q_schedule_inbox(d->db, d->arena, d->row->person, &rows));
    if (rows.n == 0 || item == NULL)
        return NULL;
    int64_t inbox = schedule_inbox_row(&rows, 0).node;
    TRY(write_file(d, inbox, name, inbox_item_kind.name,
        arena_printf(d->arena, "%s; method=%s", object_type(d->arena, item->name), d->row->method),
        d->row->bytes.p, d->row->bytes.n));
    /* several messages have one UID; looking for it finds it behind the name */
    return q_calendar_object_set(d->db, d->arena, inbox, name,
        arena_printf(d->arena, "%s %.900s", name, d->message.uid), item->name, "", NULL, &always,
        NULL, false, never, never, never, &rows);
}

/* ---------------------------------------------------------------- REQUEST */

/* May it be changed by this message? Nobody's object can be taken over by who knows its UID. */
static bool
is_copy_of(struct delivering *d, const struct schedule_copy_row *row, const struct itip_parts *copy)
{
    const struct ical_line *organizer = itip_organizer(copy->o.calendar);

    return row->role != SCHEDULE_ORGANIZER && organizer != NULL && d->organizer != NULL &&
           itip_same_address(itip_address(d->arena, organizer), d->organizer);
}

/* The calendar for what is new; 0: she has none that takes it. */
static fallible
default_calendar(struct delivering *d, int64_t *calendar)
{
    const struct ical_component *c = d->message.object.calendar->child;
    struct rows rows;

    *calendar = 0;
    TRY(q_schedule_default(d->db, d->arena, d->row->person, &rows));
    if (rows.n == 0)
        return NULL;
    int64_t node = schedule_default_row(&rows, 0).node;
    TRY(q_calendar_takes(d->db, d->arena, node, d->message.uid, 0, &rows));
    while (c != NULL && strcmp(c->name, "VTIMEZONE") == 0)
        c = c->next;
    if (c != NULL && rows.n > 0 &&
        (component_set_of(calendar_takes_row(&rows, 0).components) & object_bit(c->name)))
        *calendar = node;
    return NULL;
}

/* After its UID, as programs do that store an invitation themselves: then they find this one. */
static fallible
find_name(struct delivering *d, int64_t calendar, const char **name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@_-";
    const char *uid = d->message.uid;
    const size_t n = strlen(uid);
    struct rows rows;

    *name = arena_printf(d->arena, "%s.ics", uid);
    if (n > 0 && n <= NAMED_MOST && strspn(uid, plain) == n) {
        TRY(q_schedule_name_taken(d->db, d->arena, calendar, *name, &rows));
        if (!schedule_name_taken_row(&rows, 0).taken)
            return NULL;
    }
    *name = arena_printf(d->arena, "%s.ics", token_uuid(d->arena));
    return NULL;
}

static struct buf
room(const struct delivering *d, size_t more)
{
    return buf_new(d->arena, 4 * (d->row->bytes.n + more) + KB(64));
}

static fallible
take_new(struct delivering *d)
{
    struct buf b = room(d, 0);
    struct amended o = { .role = SCHEDULE_ATTENDEE,
        .organizer_node = d->row->node_is_null ? 0 : d->row->node };
    bool asked;

    if (d->row->quiet)
        return NULL; /* she has deleted her copy */
    TRY(default_calendar(d, &o.collection));
    if (o.collection == 0)
        return NULL;
    itip_take_request(&b, d->arena, NULL, &d->message, d->row->address, &asked);
    TRY(find_name(d, o.collection, &o.name_key));
    o.bytes = buf_string(&b);
    o.n = b.n;
    return deliver_store(d, &o);
}

static fallible
store_copy_of(struct delivering *d, const struct schedule_copy_row *row, const struct buf *b)
{
    struct amended o = { .node = row->node,
        .collection = row->collection,
        .name_key = row->name_key,
        .etag = row->etag,
        .role = SCHEDULE_ATTENDEE,
        .tag = d->row->quiet ? row->schedule_tag : NULL,
        .organizer_node = d->row->node_is_null ? row->organizer_node : d->row->node,
        .bytes = buf_string(b),
        .n = b->n };

    if (b->n == row->bytes.n && memcmp(o.bytes, row->bytes.p, b->n) == 0 &&
        row->role == SCHEDULE_ATTENDEE && row->organizer_node == o.organizer_node)
        return NULL;
    return deliver_store(d, &o);
}

static fallible
deliver_request(struct delivering *d, bool *taken)
{
    struct itip_parts copy;
    struct rows rows;
    bool asked;

    *taken = true;
    TRY(q_schedule_copy(d->db, d->arena, d->row->person, d->message.uid, &rows));
    if (rows.n == 0)
        return take_new(d);
    struct schedule_copy_row row = schedule_copy_row(&rows, 0);
    TRY(deliver_read(d, row.bytes.p, row.bytes.n, &copy));
    *taken = is_copy_of(d, &row, &copy);
    if (!*taken)
        return NULL;
    struct buf b = room(d, row.bytes.n);
    itip_take_request(&b, d->arena, &copy, &d->message, d->row->address, &asked);
    return store_copy_of(d, &row, &b);
}

static fallible
deliver_cancel(struct delivering *d, bool *taken)
{
    struct itip_parts copy;
    struct rows rows;

    *taken = false;
    TRY(q_schedule_copy(d->db, d->arena, d->row->person, d->message.uid, &rows));
    if (rows.n == 0)
        return NULL;
    struct schedule_copy_row row = schedule_copy_row(&rows, 0);
    TRY(deliver_read(d, row.bytes.p, row.bytes.n, &copy));
    struct buf b = room(d, row.bytes.n);
    if (!is_copy_of(d, &row, &copy) || !itip_take_cancel(&b, d->arena, &copy, &d->message))
        return NULL;
    *taken = true;
    return store_copy_of(d, &row, &b);
}

/* ---------------------------------------------------------------- one message */

static fallible
work_in(struct delivering *d)
{
    const struct schedule_take_row *row = d->row;
    struct rows rows;
    bool taken = false;

    TRY(itip_read(d->arena, language(), row->bytes.p, row->bytes.n, &d->message));
    const struct ical_line *organizer = itip_organizer(d->message.object.calendar);
    d->organizer = organizer == NULL ? NULL : itip_address(d->arena, organizer);
    if (strcmp(row->method, "REPLY") == 0)
        return deliver_reply(d);
    if (row->person_is_null)
        return NULL;
    if (strcmp(row->method, "CANCEL") == 0)
        TRY(deliver_cancel(d, &taken));
    else
        TRY(deliver_request(d, &taken));
    if (!taken)
        return NULL;
    TRY(deliver_note(d));
    return q_person_space_check(
        d->db, d->arena, row->person, (int64_t)d->app->config->person_quota, &rows);
}

static fallible
deliver_next(const struct app *app, struct db *db, struct arena *arena, const struct db_scope *scope,
    struct schedule_take_row *row, bool *any)
{
    struct rows rows;

    *any = false;
    TRY(q_schedule_take(db, arena, scope->person == 0 ? NULL : &scope->person, scope->chapters,
        &rows));
    if (rows.n == 0)
        return NULL;
    *row = schedule_take_row(&rows, 0);
    *any = true;
    struct delivering d = { .app = app, .db = db, .arena = arena, .row = row };
    TRY(work_in(&d));
    return q_schedule_done(db, arena, row->id, &rows);
}

/* What failed is tried again, longer each time; what nobody will ever be able to read is given up. */
static fallible
put_off(struct db *db, struct arena *arena, const struct db_scope *scope,
    const struct schedule_take_row *row, const struct error *e)
{
    const bool hopeless = row->tries + 1 >= TRIES_MOST ||
                          (e->cond->status >= 400 && e->cond->status < 500 && e->cond != &CONFLICT);
    const int shift = row->tries < 11 ? row->tries : 11;
    struct rows rows;

    LOG(LOG_WARNING_, hopeless ? "message_given_up" : "message_put_off", "method", row->method,
        "cause", e->cause != NULL ? e->cause : e->cond->title, "where", e->where);
    TRY(db_begin(db, arena, READ_WRITE, scope));
    if (hopeless)
        return db_end(db, arena, q_schedule_done(db, arena, row->id, &rows));
    return db_end(db, arena, q_schedule_later(db, arena, row->id, 5 << shift, &rows));
}

static bool
is_passing(const struct error *e)
{
    return e->cond == &LOST_RACE || e->cond == &TRY_LATER || e->cond == &OUTCOME_UNKNOWN;
}

fallible
deliver_to(const struct app *app, struct db *db, struct arena *arena, const char *slug,
    int64_t person)
{
    const struct db_scope scope = { .chapters = slug == NULL ? "" : slug,
        .person = person,
        .lock = slug == NULL ? TREE_UNLOCKED : TREE_SHARED };
    bool any = true;

    for (int i = 0; any && i < AT_ONCE; i++) {
        size_t mark = arena_mark(arena);
        struct schedule_take_row row;
        TRY(db_begin(db, arena, READ_WRITE, &scope));
        struct error *e = db_end(db, arena, deliver_next(app, db, arena, &scope, &row, &any));
        if (e != NULL && (!any || is_passing(e)))
            return e;
        if (e != NULL)
            return put_off(db, arena, &scope, &row, e);
        arena_rewind(arena, mark);
    }
    return NULL;
}
