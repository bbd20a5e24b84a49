/* Who invites: what others are told of a change (RFC 6638, 3.2.1). */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "http/app.h"
#include "http/request.h"
#include "ical/value.h"
#include "modules/calendars/schedule/imip.h"
#include "modules/calendars/schedule/schedule_in.h"
#include "webdav/store.h"

struct planning
planning_of(struct request *rq, const struct dav_node *node, struct schedule_plan *plan)
{
    const struct ical_time now = { .wall = time_now() / 1000000, .utc = true };
    char *stamp = arena_alloc(rq->arena, ICAL_TIME_ROOM);

    ical_write_time(now, stamp);
    return (struct planning){ .rq = rq,
        .node = node,
        .plan = plan,
        .self = { rq->who->mail, rq->who->uid },
        .now = stamp };
}

bool
schedule_is_server_s(const struct ical_line *line)
{
    const char *agent = ical_param(line, "SCHEDULE-AGENT");

    return agent == NULL || text_same_nocase(agent, "SERVER");
}

bool
schedule_is_forced(const struct ical_line *line, const char *method)
{
    const char *forced = ical_param(line, "SCHEDULE-FORCE-SEND");

    return forced != NULL && text_same_nocase(forced, method);
}

/* ---------------------------------------------------------------- what each is told */

/* What a component tells others: with the list of people, and without. */
struct told {
    const struct ical_component *c;
    unsigned char all[SHA256_SIZE], rest[SHA256_SIZE];
};
struct telling {
    struct told *told;
    int n;
};

static struct telling
telling_of(struct arena *arena, const struct itip_parts *parts, size_t n)
{
    struct telling t = { .n = 0 };
    int items = 0;

    for (const struct ical_component *c = parts->o.calendar->child; c != NULL; c = c->next)
        items++;
    t.told = NEW_ARRAY(arena, struct told, (size_t)items + 1);
    for (const struct ical_component *c = parts->o.calendar->child; c != NULL; c = c->next) {
        struct told *told = &t.told[t.n];
        size_t mark = arena_mark(arena);
        if (ical_find(c, "UID") == NULL)
            continue;
        told->c = c;
        struct buf b = buf_new(arena, 4 * n + KB(64));
        itip_essence(&b, arena, c, true);
        sha256(b.p, b.n, told->all);
        b = buf_new(arena, 4 * n + KB(64));
        itip_essence(&b, arena, c, false);
        sha256(b.p, b.n, told->rest);
        arena_rewind(arena, mark);
        t.n++;
    }
    return t;
}

static bool
stands_in(struct arena *arena, const struct ical_component *c, const char *address)
{
    for (const struct ical_line *l = NULL; (l = ical_find_next(c, "ATTENDEE", l)) != NULL;)
        if (itip_same_address(itip_address(arena, l), address))
            return true;
    return false;
}

/* All that she is told; what she is not invited to counts as left out. */
static void
sum_up(struct arena *arena, const struct telling *t, const char *address, bool people,
    unsigned char sum[SHA256_SIZE])
{
    unsigned char *all = arena_alloc(arena, (size_t)t->n * SHA256_SIZE + 1);

    memset(all, 0, (size_t)t->n * SHA256_SIZE + 1);
    for (int i = 0; i < t->n; i++)
        if (stands_in(arena, t->told[i].c, address))
            memcpy(all + (size_t)i * SHA256_SIZE, people ? t->told[i].all : t->told[i].rest,
                SHA256_SIZE);
    sha256(all, (size_t)t->n * SHA256_SIZE, sum);
}

enum news { NEWS_NONE, NEWS_PEOPLE, NEWS_ALL };

static enum news
news_for(struct arena *arena, const struct telling *before, const struct telling *after,
    const char *address)
{
    unsigned char was[SHA256_SIZE], is[SHA256_SIZE];

    sum_up(arena, before, address, false, was);
    sum_up(arena, after, address, false, is);
    if (memcmp(was, is, sizeof was) != 0)
        return NEWS_ALL;
    sum_up(arena, before, address, true, was);
    sum_up(arena, after, address, true, is);
    return memcmp(was, is, sizeof was) != 0 ? NEWS_PEOPLE : NEWS_NONE;
}

/* ---------------------------------------------------------------- sending */

/* Everybody it is about: those who are invited, and those who were. */
struct everybody {
    const struct itip_attendee *now, *was;
    int n_now, n_was;
    const struct calendar_user *user; /* of those now, of those before, and who invites */
};

static fallible
find_everybody(struct planning *p, struct everybody *all)
{
    struct arena *arena = p->rq->arena;

    *all = (struct everybody){ .n_now = 0 };
    all->n_now = itip_attendees(arena, p->after.o.calendar, &all->now);
    if (p->before != NULL)
        all->n_was = itip_attendees(arena, p->before->o.calendar, &all->was);
    if (all->n_now > p->rq->app->config->invite_most)
        return REFUSE(arena, TOO_MANY_INVITED);
    const int people = all->n_now + all->n_was, n = people + (p->organizer != NULL);
    const char **address = NEW_ARRAY(arena, const char *, (size_t)n + 1);
    struct calendar_user *user = NEW_ARRAY(arena, struct calendar_user, (size_t)n + 1);
    for (int i = 0; i < n; i++)
        address[i] = i < all->n_now  ? all->now[i].address
                     : i < people ? all->was[i - all->n_now].address
                                  : p->organizer;
    all->user = user;
    p->status = NEW_ARRAY(arena, struct itip_status, (size_t)n + 2);
    return schedule_users(p->rq->app, p->rq->db, arena, address, n, user);
}

static bool
is_among(const struct itip_attendee *all, int n, const char *address)
{
    for (int i = 0; i < n; i++)
        if (itip_same_address(all[i].address, address))
            return true;
    return false;
}

static fallible
send_outside(struct planning *p, const char *address, const struct buf *b, const char **status)
{
    const struct policy *policy = &p->node->policy;

    p->counted++;
    p->bytes_sent += b->n;
    return schedule_mail(p->rq->app, p->rq->db, p->rq->arena,
        &(struct schedule_mail){ policy->chapter, policy->person, address, buf_string(b), b->n },
        status);
}

/* A message to one address. *status NULL: nothing is said of it. */
static fallible
send(struct planning *p, const struct calendar_user *user, const char *address,
    enum itip_method method, const struct buf *b, bool quiet, const char **status)
{
    *status = NULL;
    if (user->kind == USER_PERSON && user->person == p->node->policy.person)
        return NULL; /* herself, by another of her addresses */
    if (user->kind == USER_OUTSIDE && !quiet && user->mail == NULL)
        *status = STATUS_UNKNOWN;
    if (user->kind == USER_OUTSIDE)
        return quiet || user->mail == NULL ? NULL : send_outside(p, address, b, status);
    if (user->kind == USER_GROUP)
        return plan_group(p, user, address, method, b, quiet, status);
    *status = STATUS_DELIVERED;
    plan_message(p, &(struct schedule_message){ .person = user->person,
                        .node = p->node->id,
                        .calendar = p->node->exists ? 0 : p->node->parent_id,
                        .name_key = text_nfc(p->rq->arena, p->node->name),
                        .method = method,
                        .address = address,
                        .bytes = buf_string(b),
                        .n = b->n,
                        .quiet = quiet });
    return NULL;
}

static struct buf
message_room(const struct planning *p)
{
    return buf_new(p->rq->arena, 4 * (p->plan->n + p->n_before) + KB(64));
}

static fallible
send_cancel(struct planning *p, const struct itip_object *o, const struct calendar_user *user,
    const char *address, bool for_all, const char **status)
{
    const struct itip_cancelled what = { address, NULL, for_all };
    struct buf b = message_room(p);

    *status = NULL;
    if (!itip_cancel(&b, p->rq->arena, o, &what, p->now))
        return NULL;
    return send(p, user, address, ITIP_CANCEL, &b, false, status);
}

static bool
is_cancelled(const struct itip_parts *parts)
{
    const char *status =
        parts == NULL || parts->master == NULL ? NULL : ical_value(parts->master, "STATUS");

    return status != NULL && text_same_nocase(status, "CANCELLED");
}

static fallible
tell_one(struct planning *p, const struct everybody *all, int i, enum news news)
{
    const struct itip_attendee *a = &all->now[i];
    const bool forced = schedule_is_forced(a->line, "REQUEST");
    struct buf b = message_room(p);
    const char *status;

    if (news == NEWS_NONE && !forced)
        return NULL;
    if (news == NEWS_ALL && is_cancelled(&p->after) && !is_cancelled(p->before))
        TRY(send_cancel(p, &p->after.o, &all->user[i], a->address, true, &status));
    else if (!itip_request(&b, p->rq->arena, &p->after.o, a->address))
        return NULL;
    else
        TRY(send(p, &all->user[i], a->address, ITIP_REQUEST, &b,
            news == NEWS_PEOPLE && !forced, &status));
    if (status != NULL)
        plan_status(p, a->address, status);
    return NULL;
}

/* Is she invited still, but by the program of who invites (RFC 6638, 7.1)? */
static bool
is_client_s(struct arena *arena, const struct itip_parts *parts, const char *address)
{
    for (const struct ical_component *c = parts->o.calendar->child; c != NULL; c = c->next)
        if (stands_in(arena, c, address))
            return true;
    return false;
}

static fallible
tell_all(struct planning *p, const struct everybody *all)
{
    struct arena *arena = p->rq->arena;
    const struct telling after = telling_of(arena, &p->after, p->plan->n);
    const struct telling before =
        p->before == NULL ? (struct telling){ .n = 0 } : telling_of(arena, p->before, p->n_before);
    const char *status;

    for (int i = 0; i < all->n_now; i++) {
        const char *address = all->now[i].address;
        bool known = p->before != NULL && is_among(all->was, all->n_was, address);
        TRY(tell_one(p, all, i, known ? news_for(arena, &before, &after, address) : NEWS_ALL));
    }
    for (int i = 0; i < all->n_was; i++)
        if (!is_among(all->now, all->n_now, all->was[i].address) &&
            !is_client_s(arena, &p->after, all->was[i].address))
            TRY(send_cancel(p, &p->before->o, &all->user[all->n_now + i], all->was[i].address,
                false, &status));
    return NULL;
}

fallible
plan_organizer(struct planning *p)
{
    struct arena *arena = p->rq->arena;
    struct schedule_plan *plan = p->plan;
    const bool merge = request_header(p->rq, "If-Schedule-Tag-Match") != NULL;
    struct everybody all;
    const char *bytes;
    size_t n;

    if (p->before != NULL) {
        bytes = itip_organize(arena, p->before, &p->after, merge, plan->n, &n);
        TRY(plan_reread(p, bytes, n));
    }
    TRY(find_everybody(p, &all));
    TRY(tell_all(p, &all));
    plan_group_besides(p, all.user, all.n_now);
    plan_group_besides(p, all.user + all.n_now + all.n_was, p->organizer != NULL);
    bytes = itip_set_status(arena, &p->after.o, plan->n, p->status, p->n_status, &n);
    return plan_reread(p, bytes, n);
}

fallible
plan_cancel(struct planning *p)
{
    struct everybody all;
    const char *status;

    TRY(find_everybody(p, &all));
    if (is_cancelled(&p->after))
        return NULL; /* they know */
    for (int i = 0; i < all.n_now; i++)
        TRY(send_cancel(p, &p->after.o, &all.user[i], all.now[i].address, true, &status));
    return NULL;
}
