/* Answers into the object of who invites, and from there to the others who are invited. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "http/app.h"
#include "modules/calendars/schedule/deliver_in.h"
#include "modules/calendars/schedule/group.h"
#include "modules/calendars/schedule/schedule.h"

/* Instances of a series that get components of their own by one answer. */
#define INSTANCES_MOST 20

/* Is the answer that of who sent it? */
static bool
is_hers(struct delivering *d)
{
    for (const struct ical_component *c = d->message.object.calendar->child; c != NULL;
         c = c->next) {
        const struct ical_line *line = ical_find(c, "ATTENDEE");
        if (line != NULL)
            return itip_same_address(itip_address(d->arena, line), d->row->address);
    }
    return false;
}

/* The object with the answer in it; *n 0: it changes nothing. group: whose member she is, if she is not
 * invited by herself. */
static fallible
take(struct delivering *d, const struct schedule_organized_row *row, const char *group,
    const char **bytes, size_t *n)
{
    const size_t most = 8 * (row->bytes.n + d->row->bytes.n) + MB(1);
    struct buf added = buf_new(d->arena, most), taken = buf_new(d->arena, most);
    struct itip_parts o;
    int unknown;

    *n = 0;
    TRY(deliver_read(d, row->bytes.p, row->bytes.n, &o));
    if (itip_add_instances(&added, d->arena, &o.o, &d->message, INSTANCES_MOST) > 0 &&
        added.n <= d->app->config->calendar_object_max)
        TRY(deliver_read(d, buf_string(&added), added.n, &o));
    if (itip_take_reply(&taken, d->arena, &o.o, &d->message, &unknown) == 0 &&
        (group == NULL || itip_add_member(&taken, d->arena, &o.o, &d->message, group) == 0))
        return NULL;
    *bytes = buf_string(&taken);
    *n = taken.n;
    return NULL;
}

/* What she has answered the others learn, without a word (RFC 6638, 3.2.8). */
static fallible
tell_others(struct delivering *d, int64_t node, const char *bytes, size_t n)
{
    const struct itip_attendee *all;
    struct itip_parts o;

    TRY(deliver_read(d, bytes, n, &o));
    int n_all = itip_attendees(d->arena, o.o.calendar, &all);
    const char **address = NEW_ARRAY(d->arena, const char *, (size_t)n_all + 1);
    struct calendar_user *user = NEW_ARRAY(d->arena, struct calendar_user, (size_t)n_all + 1);
    for (int i = 0; i < n_all; i++)
        address[i] = all[i].address;
    TRY(schedule_users(d->app, d->db, d->arena, address, n_all, user));
    for (int i = 0; i < n_all; i++) {
        struct buf b = buf_new(d->arena, 4 * n + KB(64));
        if (user[i].kind != USER_PERSON || ical_param(all[i].line, "MEMBER") != NULL ||
            itip_same_address(address[i], d->row->address) ||
            !itip_request(&b, d->arena, &o.o, address[i]))
            continue;
        TRY(schedule_send(d->db, d->arena,
            &(struct schedule_message){ .person = user[i].person,
                .node = node,
                .method = ITIP_REQUEST,
                .address = address[i],
                .bytes = buf_string(&b),
                .n = b.n,
                .quiet = true }));
    }
    return NULL;
}

fallible
deliver_reply(struct delivering *d)
{
    const struct schedule_take_row *m = d->row;
    const char *bytes = NULL, *group;
    struct rows rows;
    bool shown;
    size_t n;

    if (d->message.method != ITIP_REPLY || !is_hers(d))
        return NULL;
    TRY(q_schedule_organized(d->db, d->arena, m->node_is_null ? NULL : &m->node,
        m->chapter_is_null ? NULL : &m->chapter, m->person_is_null ? NULL : &m->person,
        d->message.uid, &rows));
    if (rows.n == 0)
        return NULL;
    struct schedule_organized_row row = schedule_organized_row(&rows, 0);
    TRY(group_answered(
        d->db, d->arena, row.node, m->address, itip_answer(&d->message), &group, &shown));
    if (group != NULL && !shown)
        return NULL; /* whoever reads a chapter's calendar would learn who is a member */
    TRY(take(d, &row, group, &bytes, &n));
    if (n == 0)
        return NULL;
    if (n != row.bytes.n || memcmp(bytes, row.bytes.p, n) != 0) {
        TRY(deliver_store(d, &(struct amended){ row.node, row.collection, row.name_key, row.etag,
                                SCHEDULE_ORGANIZER, row.schedule_tag, 0, bytes, n }));
        if (group == NULL)
            TRY(tell_others(d, row.node, bytes, n));
    }
    return deliver_note(d);
}
