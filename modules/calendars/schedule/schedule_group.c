/* Who invites a group: what all who are in it are told, now and when they join (RFC 6638, 3.2.1).
 */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/request.h"
#include "modules/calendars/schedule/schedule_in.h"

static void
add(struct planning *p, const struct group_message *m)
{
    struct group_telling *all = &p->plan->groups;
    struct group_message *more;

    if (all->n == p->room_groups) {
        p->room_groups = p->room_groups * 2 + 4;
        more = NEW_ARRAY(p->rq->arena, struct group_message, (size_t)p->room_groups);
        if (all->n > 0)
            memcpy(more, all->message, (size_t)all->n * sizeof *more);
        all->message = more;
    }
    more = (struct group_message *)(uintptr_t)all->message;
    more[all->n++] = *m;
}

/* Do answers so far count for nothing, since it is at another time? */
static bool
asks_again(const struct planning *p)
{
    return p->before != NULL && p->before->master != NULL && p->after.master != NULL &&
           itip_must_ask_again(p->before->master, p->after.master);
}

/* What is to be told to those who leave the group while it is invited. */
static fallible
text_for_leavers(struct planning *p, const char *address, const char **text)
{
    const struct itip_cancelled what = { .attendee = address };
    struct buf b = buf_new(p->rq->arena, 4 * p->plan->n + KB(64));

    *text = "";
    if (!itip_cancel(&b, p->rq->arena, &p->after.o, &what, p->now))
        return NULL;
    return group_text(p->rq, address, buf_string(&b), b.n, text);
}

fallible
plan_group(struct planning *p, const struct calendar_user *user, const char *address,
    enum itip_method method, const struct buf *b, bool quiet, const char **status)
{
    struct group_telling *all = &p->plan->groups;
    struct group_message m = { .address = address, .user = user };
    bool known, may;

    all->node = p->node->id;
    all->calendar = p->node->exists ? 0 : p->node->parent_id;
    all->name_key = text_nfc(p->rq->arena, p->node->name);
    all->ask = asks_again(p);
    if (method == ITIP_CANCEL) {
        m.ends = true;
        TRY(group_text(p->rq, address, buf_string(b), b->n, &m.cancel));
        add(p, &m);
        return NULL;
    }
    TRY(group_may_invite(p->rq, user, &known, &may));
    *status = !known ? STATUS_UNKNOWN : may ? STATUS_DELIVERED : STATUS_NO_RIGHT;
    if (!may)
        return NULL;
    TRY(group_text(p->rq, address, buf_string(b), b->n, &m.request));
    TRY(text_for_leavers(p, address, &m.cancel));
    all->again = all->again || !quiet;
    p->counted += !quiet;
    p->bytes_sent += b->n;
    add(p, &m);
    return NULL;
}

void
plan_group_besides(struct planning *p, const struct calendar_user *users, int n)
{
    struct group_telling *all = &p->plan->groups;
    int64_t *people = NEW_ARRAY(p->rq->arena, int64_t, (size_t)(all->n_besides + n) + 1);

    if (all->n_besides > 0)
        memcpy(people, all->besides, (size_t)all->n_besides * sizeof *people);
    for (int i = 0; i < n; i++)
        if (users[i].kind == USER_PERSON)
            people[all->n_besides++] = users[i].person;
    all->besides = people;
}
