/* Who is invited: what the organizer is told (RFC 6638, 3.2.2). */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/app.h"
#include "http/request.h"
#include "modules/calendars/schedule/imip.h"
#include "modules/calendars/schedule/schedule_in.h"

/* To the organizer's object if it is known, else to whoever has the address. */
static fallible
answer(struct planning *p, const char *address, const struct buf *b, const char **status)
{
    struct request *rq = p->rq;
    struct calendar_user user;
    bool known = false;

    if (p->plan->now.organizer_node != 0)
        TRY(schedule_answer(rq->db, rq->arena, p->plan->now.organizer_node, address, buf_string(b),
            b->n, &known));
    p->counted += known;
    *status = STATUS_DELIVERED;
    if (known)
        return NULL;
    TRY(schedule_users(rq->app, rq->db, rq->arena, &p->organizer, 1, &user));
    if (user.kind == USER_OUTSIDE) {
        p->counted++;
        return schedule_mail(rq->app, rq->db, rq->arena,
            &(struct schedule_mail){
                0, p->node->policy.person, p->organizer, buf_string(b), b->n },
            status);
    }
    plan_message(p, &(struct schedule_message){ .person = user.person,
                        .chapter = user.kind == USER_GROUP ? user.chapter : 0,
                        .method = ITIP_REPLY,
                        .address = address,
                        .bytes = buf_string(b),
                        .n = b->n });
    return NULL;
}

static struct buf
reply_room(const struct planning *p)
{
    return buf_new(p->rq->arena, 4 * (p->plan->n + p->n_before) + MB(2));
}

fallible
plan_attendee(struct planning *p)
{
    struct arena *arena = p->rq->arena;
    struct schedule_plan *plan = p->plan;
    const struct ical_line *organizer = itip_organizer(p->after.o.calendar);
    struct buf b = reply_room(p);
    const char *bytes, *status;
    size_t n;

    p->status = NEW_ARRAY(arena, struct itip_status, 1);
    if (p->before != NULL) {
        bytes = itip_keep_others(arena, p->before, &p->after, p->attendee, plan->n, &n);
        TRY(plan_reread(p, bytes, n));
    }
    organizer = itip_organizer(p->after.o.calendar);
    bool changed = itip_reply_to_changes(&b, arena, p->before, &p->after, p->attendee, p->now);
    if (!changed && schedule_is_forced(organizer, "REPLY")) {
        b = reply_room(p);
        changed = itip_reply(&b, arena, &p->after.o, p->attendee, p->now);
    }
    if (changed && schedule_is_server_s(organizer)) {
        TRY(answer(p, p->attendee, &b, &status));
        plan_status(p, p->organizer, status);
    }
    bytes = itip_set_status(arena, &p->after.o, plan->n, p->status, p->n_status, &n);
    return plan_reread(p, bytes, n);
}

static bool
is_cancelled(const struct itip_parts *parts)
{
    for (const struct ical_component *c = parts->o.calendar->child; c != NULL; c = c->next) {
        const char *status = ical_value(c, "STATUS");
        if (ical_find(c, "UID") != NULL &&
            (status == NULL || !text_same_nocase(status, "CANCELLED")))
            return false;
    }
    return true;
}

/* RFC 6638, 8.1. */
static bool
wants_no_reply(struct request *rq)
{
    const char *header = request_header(rq, "Schedule-Reply");

    return header != NULL && text_same_nocase(text_trim(rq->arena, header), "F");
}

fallible
plan_decline(struct planning *p)
{
    const struct ical_line *organizer = itip_organizer(p->after.o.calendar);
    struct buf b = reply_room(p);
    const char *status;

    if (organizer == NULL || !schedule_is_server_s(organizer) || wants_no_reply(p->rq) ||
        is_cancelled(&p->after) ||
        !itip_decline(&b, p->rq->arena, &p->after.o, p->attendee, p->now))
        return NULL;
    return answer(p, p->attendee, &b, &status);
}
