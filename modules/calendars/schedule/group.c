/* Groups that are invited by one address: names, rights, and who is told what. */
#include "modules/calendars/schedule/group.h"

#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "http/request.h"
#include "ical/itip.h"
#include "q/group_address.h"

#define BOARD "vorstand"
/* People whose groups have changed, looked at in one transaction. */
#define RECONCILED_AT_ONCE 500

/* enum of column group_invitation.kind */
enum { KIND_MEMBERS, KIND_BOARD, KIND_GROUP };

/* ---------------------------------------------------------------- names */

bool
group_name_read(struct arena *arena, const char *name, struct group_name *read)
{
    const char *plus = strchr(name, '+'), *number;

    *read = (struct group_name){
        .slug = plus == NULL ? name : arena_copy(arena, name, (size_t)(plus - name))
    };
    if (!text_is_slug(read->slug))
        return false;
    if (plus == NULL)
        return true;
    read->board = text_same_nocase(plus + 1, BOARD);
    if (read->board)
        return true;
    number = strrchr(plus, '-');
    return text_to_int(number == NULL ? plus + 1 : number + 1, INT64_MAX, &read->group) &&
           read->group > 0;
}

const char *
group_domain(const struct config *config, struct arena *arena)
{
    struct uri base;

    if (config->group_domain != NULL)
        return config->group_domain;
    return uri_parse(arena, config->base_url, &base) ? base.host : "localhost";
}

const char *
group_in_mail(const struct config *config, struct arena *arena, const char *mail)
{
    const char *at = strrchr(mail, '@');

    if (at == NULL || !text_same_nocase(at + 1, group_domain(config, arena)))
        return NULL;
    return arena_copy(arena, mail, (size_t)(at - mail));
}

fallible
group_users(struct db *db, struct arena *arena, const char *const *names, int n,
    struct calendar_user *users)
{
    const char **slug = NEW_ARRAY(arena, const char *, (size_t)n + 1);
    struct group_name *read = NEW_ARRAY(arena, struct group_name, (size_t)n + 1);
    struct rows rows;
    int some = 0;

    for (int i = 0; i < n; i++)
        if (names[i] != NULL && group_name_read(arena, names[i], &read[i]))
            slug[some++] = read[i].slug;
        else
            read[i].slug = NULL;
    if (some == 0)
        return NULL;
    TRY(q_group_chapters(db, arena, (struct texts){ slug, some }, &rows));
    for (int i = 0; i < n; i++)
        for (int k = 0; k < rows.n && read[i].slug != NULL; k++) {
            struct group_chapters_row row = group_chapters_row(&rows, k);
            if (strcmp(row.slug, read[i].slug) == 0)
                users[i] = (struct calendar_user){ .kind = USER_GROUP,
                    .chapter = row.chapter,
                    .group = read[i].group,
                    .board = read[i].board };
        }
    for (int i = 0; i < n; i++)
        if (read[i].slug != NULL && strchr(names[i], '+') != NULL && users[i].kind != USER_GROUP)
            users[i].mail = NULL;
    return NULL;
}

/* ---------------------------------------------------------------- rights */

fallible
group_may_invite(struct request *rq, const struct calendar_user *group, bool *known, bool *may)
{
    const int64_t *number = group->group == 0 ? NULL : &group->group;
    struct rows rows;

    *known = *may = false;
    TRY(q_group_reach(rq->db, rq->arena, group->chapter, number, rq->who->person, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct group_reach_row row = group_reach_row(&rows, i);
        const struct policy policy = { .id = row.policy,
            .chapter = group->chapter,
            .read_level = (enum role)row.read_level,
            .write_level = (enum role)row.write_level };

        *known = row.known;
        if (row.inside || (!row.policy_is_null && (access_rights(rq->who, &policy) & MAY_WRITE)))
            *may = true;
    }
    *may = *may && *known;
    return NULL;
}

/* ---------------------------------------------------------------- what members are told */

fallible
group_text(struct request *rq, const char *address, const char *bytes, size_t n, const char **text)
{
    struct buf b = buf_new(rq->arena, 4 * n + KB(64));
    struct itip_message message;

    TRY(itip_read(rq->arena, rq->lang, bytes, n, &message));
    itip_for_member(&b, rq->arena, &message, address, GROUP_MEMBER);
    *text = buf_string(&b);
    return NULL;
}

/* The columns of all messages, as arrays. */
struct columns {
    const char **address, **request, **cancel;
    int64_t *chapter, *group, *kind, *ends;
};

static struct columns
columns_of(struct arena *arena, const struct group_message *m, int n)
{
    const size_t room = (size_t)n + 1;
    struct columns c = { NEW_ARRAY(arena, const char *, room), NEW_ARRAY(arena, const char *, room),
        NEW_ARRAY(arena, const char *, room), NEW_ARRAY(arena, int64_t, room),
        NEW_ARRAY(arena, int64_t, room), NEW_ARRAY(arena, int64_t, room),
        NEW_ARRAY(arena, int64_t, room) };

    for (int i = 0; i < n; i++) {
        const struct calendar_user *user = m[i].user;
        c.address[i] = m[i].address;
        c.request[i] = m[i].request == NULL ? "" : m[i].request;
        c.cancel[i] = m[i].cancel;
        c.chapter[i] = user->chapter;
        c.group[i] = user->group;
        c.kind[i] = user->board ? KIND_BOARD : user->group != 0 ? KIND_GROUP : KIND_MEMBERS;
        c.ends[i] = m[i].ends;
    }
    return c;
}

fallible
group_tell(struct db *db, struct arena *arena, const struct group_telling *t)
{
    const struct columns c = columns_of(arena, t->message, t->n);
    struct rows rows;

    if (t->n == 0)
        return NULL;
    db_defer(db);
    return q_group_invite(db, arena, t->node == 0 ? NULL : &t->node,
        t->calendar == 0 ? NULL : &t->calendar, t->name_key, (struct texts){ c.address, t->n },
        (struct ints){ c.chapter, t->n }, (struct ints){ c.group, t->n },
        (struct ints){ c.kind, t->n }, (struct texts){ c.request, t->n },
        (struct texts){ c.cancel, t->n }, (struct ints){ c.ends, t->n },
        (struct ints){ t->besides, t->n_besides }, t->again, t->ask, &rows);
}

fallible
group_answered(struct db *db, struct arena *arena, int64_t node, const char *member,
    const char *partstat, const char **address, bool *shown)
{
    struct rows rows;

    TRY(q_group_answered(db, arena, node, member, partstat, &rows));
    struct group_answered_row row = group_answered_row(&rows, 0);
    *address = row.via;
    *shown = row.via != NULL && !row.personal_is_null && row.personal;
    return NULL;
}

fallible
group_tally(struct db *db, struct arena *arena, int64_t calendar, const char *name_key,
    const struct group_tally **all, int *n)
{
    struct group_tally *tally;
    struct rows rows;

    TRY(q_group_tally(db, arena, calendar, name_key, &rows));
    *all = tally = NEW_ARRAY(arena, struct group_tally, (size_t)rows.n + 1);
    *n = rows.n;
    for (int i = 0; i < rows.n; i++) {
        struct group_tally_row row = group_tally_row(&rows, i);
        tally[i] = (struct group_tally){ row.partstat, row.n };
    }
    return NULL;
}

/* ---------------------------------------------------------------- who has come and gone */

fallible
group_reconcile(struct db *db, struct arena *arena)
{
    const struct db_scope none = { .chapters = "" };
    struct rows rows;

    do {
        TRY(db_begin(db, arena, READ_WRITE, &none));
        TRY(db_end(db, arena, q_group_reconcile(db, arena, RECONCILED_AT_ONCE, &rows)));
    } while (group_reconcile_row(&rows, 0).people == RECONCILED_AT_ONCE);
    return NULL;
}
