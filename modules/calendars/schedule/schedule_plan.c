/* What storing and removing an object means for those who are invited, and for who invites. */
#include "modules/calendars/schedule/schedule_plan.h"

#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/schedule/schedule_in.h"
#include "q/schedule.h"
#include "webdav/conditions.h"
#include "webdav/store.h"
#include "webdav/xml.h"

const struct condition
    UNIQUE_SCHEDULING_OBJECT = { 403, NS_CALDAV, "unique-scheduling-object-resource",
        N_("This event, to which people are invited, is in another of the calendars already.") },
    SAME_ORGANIZER = { 403, NS_CALDAV, "same-organizer-in-all-components",
        N_("All changed dates of an event have the same organizer.") },
    ORGANIZER_CHANGE = { 403, NS_CALDAV, "allowed-organizer-scheduling-object-change",
        N_("Who invites to an event stays the same. Make a new event instead.") },
    ATTENDEE_CHANGE = { 403, NS_CALDAV, "allowed-attendee-scheduling-object-change",
        N_("Only who invites to this event can change it. You can accept or decline it, and set "
           "alarms of your own.") },
    TOO_MANY_INVITED = { 403, NS_CALDAV, "max-attendees-per-instance",
        N_("So many people cannot be invited here.") };

/* Bytes of all messages about one change. */
#define MESSAGES_MAX MB(32)

/* ---------------------------------------------------------------- what it is to its owner */

static bool
is_hers(const struct planning *p, const char *address)
{
    return schedule_is_hers(p->rq->app->config, p->rq->arena, &p->self, address);
}

/* As whom she is invited to an object; NULL: she is not. */
static const char *
hers_in(const struct planning *p, const struct ical_component *calendar)
{
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;) {
            const char *address = itip_address(p->rq->arena, l);
            if (is_hers(p, address))
                return address;
        }
    return NULL;
}

static const char *
organizer_of(struct arena *arena, const struct itip_parts *parts)
{
    const struct ical_line *line =
        parts == NULL ? NULL : itip_organizer(parts->o.calendar);

    return line == NULL ? NULL : itip_address(arena, line);
}

/* RFC 6638, 3.2.4.2. */
static fallible
check_one_organizer(struct planning *p)
{
    for (const struct ical_component *c = p->after.o.calendar->child; c != NULL; c = c->next) {
        const struct ical_line *line = ical_find(c, "ORGANIZER");
        if (line != NULL &&
            !itip_same_address(itip_address(p->rq->arena, line), p->organizer))
            return REFUSE(p->rq->arena, SAME_ORGANIZER);
    }
    return NULL;
}

/* May this chapter's calendar invite in the name of that address? */
static fallible
invites_for_chapter(struct planning *p, bool *yes)
{
    struct calendar_user user;

    *yes = is_hers(p, p->organizer);
    if (*yes)
        return NULL;
    TRY(schedule_users(p->rq->app, p->rq->db, p->rq->arena, &p->organizer, 1, &user));
    *yes = user.kind == USER_GROUP && user.chapter == p->node->policy.chapter;
    return NULL;
}

static fallible
find_role(struct planning *p, const struct schedule_known *known, enum schedule_role *role)
{
    const char *was = organizer_of(p->rq->arena, p->before);
    bool yes;

    *role = SCHEDULE_NONE;
    if (p->organizer == NULL)
        return NULL;
    if (known->role == SCHEDULE_ORGANIZER && was != NULL && itip_same_address(was, p->organizer))
        *role = SCHEDULE_ORGANIZER;
    else if (p->node->policy.chapter != 0) {
        TRY(invites_for_chapter(p, &yes));
        *role = yes ? SCHEDULE_ORGANIZER : SCHEDULE_NONE;
    } else if (is_hers(p, p->organizer))
        *role = SCHEDULE_ORGANIZER;
    else if (p->attendee != NULL)
        *role = SCHEDULE_ATTENDEE;
    return *role == SCHEDULE_NONE ? NULL : check_one_organizer(p);
}

/* Nobody is invited any more: it is an event like others from then on. */
static bool
gives_up(const struct planning *p)
{
    const struct itip_attendee *all;

    return p->organizer == NULL &&
           itip_attendees(p->rq->arena, p->after.o.calendar, &all) == 0;
}

static fallible
check_change(struct planning *p, const struct schedule_known *known, enum schedule_role role)
{
    const char *was = organizer_of(p->rq->arena, p->before);

    if (p->before == NULL || was == NULL)
        return NULL;
    if (known->role == SCHEDULE_ORGANIZER && !gives_up(p) &&
        (p->organizer == NULL || !itip_same_address(was, p->organizer)))
        return REFUSE(p->rq->arena, ORGANIZER_CHANGE);
    if (known->role == SCHEDULE_ATTENDEE && p->attendee_before != NULL &&
        (role != SCHEDULE_ATTENDEE || !itip_attendee_may(p->rq->arena, p->before, &p->after)))
        return REFUSE(p->rq->arena, ATTENDEE_CHANGE);
    return NULL;
}

/* RFC 6638, 3.2.4.1: names the other one. */
static fallible
check_unique(struct planning *p, const char *uid)
{
    const struct policy *policy = &p->node->policy;
    struct request *rq = p->rq;
    struct rows rows;

    TRY(q_schedule_other(
        rq->db, rq->arena, policy->chapter, policy->person, uid, p->node->id, &rows));
    if (rows.n == 0)
        return NULL;
    struct schedule_other_row row = schedule_other_row(&rows, 0);
    struct error *e = error_plain(rq->arena, &UNIQUE_SCHEDULING_OBJECT, HERE);
    e->href = arena_printf(rq->arena, "%s%s%s%s/%s", home_href(rq, &calendars_home),
        row.slug == NULL ? "" : row.slug, row.slug == NULL ? "" : ".",
        uri_encode(rq->arena, row.collection), uri_encode(rq->arena, row.name));
    return e;
}

/* ---------------------------------------------------------------- messages */

void
plan_message(struct planning *p, const struct schedule_message *message)
{
    struct schedule_plan *plan = p->plan;

    if (plan->n_messages == p->room) {
        p->room = p->room * 2 + 16;
        struct schedule_message *more =
            NEW_ARRAY(p->rq->arena, struct schedule_message, (size_t)p->room);
        if (plan->n_messages > 0)
            memcpy(more, plan->message, (size_t)plan->n_messages * sizeof *more);
        plan->message = more;
    }
    plan->message[plan->n_messages++] = *message;
    p->bytes_sent += message->n;
    p->counted += !message->quiet;
}

void
plan_status(struct planning *p, const char *address, const char *status)
{
    p->status[p->n_status++] = (struct itip_status){ address, status };
}

/* Is what a day allows exceeded? */
static fallible
check_limits(struct planning *p)
{
    struct request *rq = p->rq;
    int64_t most = rq->app->config->invite_per_day;
    struct rows rows;

    if (p->bytes_sent > MESSAGES_MAX)
        return REFUSE(rq->arena, TOO_MANY_INVITED);
    if (p->counted == 0 || rq->who->person == 0)
        return NULL;
    TRY(q_schedule_count(rq->db, rq->arena, rq->who->person, p->counted, &rows));
    if (schedule_count_row(&rows, 0).n > most)
        return FAIL(rq->arena, TOO_MANY, "%s",
            tr(rq->lang, "You have sent as many invitations today as one person may."));
    return NULL;
}

/* ---------------------------------------------------------------- storing */

/* The bytes were changed: what they are now. */
fallible
plan_reread(struct planning *p, const char *bytes, size_t n)
{
    struct ical_component *calendar;

    if (n == p->plan->n && memcmp(bytes, p->plan->bytes, n) == 0)
        return NULL;
    p->plan->bytes = bytes;
    p->plan->n = n;
    p->plan->altered = true;
    TRY(ical_read(
        p->rq->arena, p->rq->lang, &ical_calendar, &ical_limits, bytes, n, &calendar));
    p->after = itip_parts_of(p->rq->arena, &(struct itip_object){ bytes, calendar });
    return NULL;
}

static fallible
read_before(struct planning *p, const struct schedule_write *w)
{
    struct ical_component *calendar;

    if (w->before == NULL || w->known->role == SCHEDULE_NONE)
        return NULL;
    TRY(ical_read(p->rq->arena, p->rq->lang, &ical_calendar, &ical_limits, w->before, w->n_before,
        &calendar));
    struct itip_parts *before = NEW(p->rq->arena, struct itip_parts);
    *before = itip_parts_of(p->rq->arena, &(struct itip_object){ w->before, calendar });
    p->before = before;
    p->n_before = w->n_before;
    p->attendee_before = hers_in(p, calendar);
    return NULL;
}

static fallible
follow(struct planning *p, const struct schedule_write *w, enum schedule_role role)
{
    if (role == SCHEDULE_ORGANIZER ||
        (p->before != NULL && w->known->role == SCHEDULE_ORGANIZER))
        return plan_organizer(p);
    return plan_attendee(p);
}

fallible
schedule_plan_write(struct request *rq, const struct schedule_write *w, struct schedule_plan *plan)
{
    struct planning p = planning_of(rq, w->node, plan);
    enum schedule_role role;

    *plan = (struct schedule_plan){ .bytes = w->bytes, .n = w->n };
    TRY(read_before(&p, w));
    if (itip_organizer(w->new->calendar) == NULL && p.before == NULL)
        return NULL;
    p.after = itip_parts_of(rq->arena, &(struct itip_object){ w->bytes, w->new->calendar });
    p.organizer = organizer_of(rq->arena, &p.after);
    p.attendee = w->node->policy.chapter != 0 ? NULL : hers_in(&p, w->new->calendar);
    TRY(find_role(&p, w->known, &role));
    TRY(check_change(&p, w->known, role));
    if (role == SCHEDULE_NONE && w->known->role != SCHEDULE_ORGANIZER)
        return NULL;
    if (role != SCHEDULE_NONE)
        TRY(check_unique(&p, w->new->uid));
    plan->now = (struct schedule_known){ role, NULL,
        role == SCHEDULE_ATTENDEE ? w->known->organizer_node : 0 };
    TRY(follow(&p, w, role));
    return check_limits(&p);
}

/* ---------------------------------------------------------------- removing */

fallible
schedule_plan_remove(struct request *rq, const struct dav_node *node,
    const struct schedule_known *known, const char *bytes, size_t n, struct schedule_plan *plan)
{
    struct planning p = planning_of(rq, node, plan);
    struct ical_component *calendar;

    *plan = (struct schedule_plan){ .n = 0 };
    TRY(ical_read(rq->arena, rq->lang, &ical_calendar, &ical_limits, bytes, n, &calendar));
    p.after = itip_parts_of(rq->arena, &(struct itip_object){ bytes, calendar });
    p.organizer = organizer_of(rq->arena, &p.after);
    p.attendee = hers_in(&p, calendar);
    plan->now = *known;
    if (known->role == SCHEDULE_ORGANIZER)
        TRY(plan_cancel(&p));
    else if (p.attendee != NULL)
        TRY(plan_decline(&p));
    return check_limits(&p);
}

/* ---------------------------------------------------------------- carrying it out */

fallible
schedule_carry_out(
    struct request *rq, const struct dav_node *node, const struct schedule_plan *plan)
{
    const struct schedule_known *now = &plan->now;
    struct rows rows;

    if (plan->bytes != NULL) {
        db_defer(rq->db);
        TRY(q_schedule_role(rq->db, rq->arena, node->parent_id, text_nfc(rq->arena, node->name),
            (int16_t)now->role, now->tag,
            now->organizer_node == 0 ? NULL : &now->organizer_node, &rows));
    }
    for (int i = 0; i < plan->n_messages; i++)
        TRY(schedule_send(rq->db, rq->arena, &plan->message[i]));
    return group_tell(rq->db, rq->arena, &plan->groups);
}

fallible
schedule_arrive(struct request *rq, const struct dav_node *node, const char *etag,
    const struct schedule_plan *plan)
{
    unsigned char hash[SHA256_SIZE];
    struct schedule_plan now = *plan;
    struct rows rows;

    sha256(plan->bytes, plan->n, hash);
    now.now.tag = store_etag(rq->arena, hash);
    if (plan->altered) {
        db_defer(rq->db);
        TRY(q_schedule_amend_at(rq->db, rq->arena, node->parent_id, text_nfc(rq->arena, node->name),
            etag, (struct bytes){ hash, SHA256_SIZE }, (struct bytes){ plan->bytes, plan->n },
            now.now.tag, &rows));
    }
    return schedule_carry_out(rq, node, &now);
}

/* ---------------------------------------------------------------- the tag */

fallible
schedule_known(struct request *rq, int64_t node, struct schedule_known *known)
{
    struct rows rows;

    *known = (struct schedule_known){ .role = SCHEDULE_NONE };
    TRY(q_schedule_known(rq->db, rq->arena, node, &rows));
    if (rows.n == 0)
        return NULL;
    struct schedule_known_row row = schedule_known_row(&rows, 0);
    *known = (struct schedule_known){ (enum schedule_role)row.role, row.schedule_tag,
        row.organizer_node_is_null ? 0 : row.organizer_node };
    return NULL;
}

fallible
schedule_precondition(struct request *rq, const struct dav_node *node)
{
    const char *header = request_header(rq, "If-Schedule-Tag-Match");
    struct schedule_known known = { .tag = NULL };

    if (header == NULL)
        return NULL;
    if (node->exists)
        TRY(schedule_known(rq, node->id, &known));
    header = text_trim(rq->arena, header);
    if (known.tag == NULL ||
        strcmp(header, arena_printf(rq->arena, "\"%s\"", known.tag)) != 0)
        return REFUSE(rq->arena, PRECONDITION_FAILED);
    return NULL;
}
