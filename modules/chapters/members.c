/* /c/{chapter}/members: roles, groups and guests of a chapter, for its board; set by its chair. */
#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "auth/csrf.h"
#include "auth/ldap.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/pages.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/grant.h"
#include "modules/chapters/group.h"
#include "modules/chapters/pages.h"
#include "modules/chapters/people.h"
#include "q/role.h"

#define FIELD_MAX 2000
#define DAY_US    (INT64_C(86400) * 1000000)

/* The functions that change chapters speak the language of the installation, pages that of the
 * reader. */
static struct app
app_of(const struct request *rq)
{
    struct app app = *rq->app;

    app.lang = rq->lang;
    return app;
}

/* ---------------------------------------------------------------- showing */

static const char *
page_href(const struct request *rq)
{
    return arena_printf(rq->arena, "/c/%s/members", rq->param[0]);
}

/* "2027-03-31", so many days from now. */
static const char *
day_after(const struct request *rq, int days)
{
    return arena_copy(rq->arena, time_rfc3339(rq->arena, time_now() + days * DAY_US), 10);
}

static fallible
load(struct request *rq, int64_t chapter, struct members_sheet *sheet)
{
    struct holders holders;
    struct rows rows;

    TRY(grant_list(rq->db, rq->arena, chapter, ROLE_BOARD, &holders));
    TRY(group_list(rq->db, rq->arena, chapter, &sheet->group, &sheet->n_groups));
    TRY(guest_list(rq->db, rq->arena, chapter, &sheet->guest, &sheet->n_guests));
    TRY(q_role_members(rq->db, rq->arena, chapter, &rows));
    sheet->members = role_members_row(&rows, 0).n;
    sheet->holder = holders.holder;
    sheet->n_holders = holders.n;
    return NULL;
}

static fallible
show(struct request *rq, struct response *rs, const char *problem)
{
    struct crumb *crumb = NEW_ARRAY(rq->arena, struct crumb, 2);
    struct members_sheet sheet = { .href = page_href(rq),
        .problem = problem,
        .may_set = access_role(rq->who, rq->chapter) >= ROLE_CHAIR,
        .today = day_after(rq, 0),
        .a_month = day_after(rq, 30),
        .a_year = day_after(rq, 365) };
    struct chapter c;
    struct view v;

    TRY(chapter_find(rq->db, rq->arena, rq->lang, rq->param[0], &c));
    TRY(load(rq, c.id, &sheet));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Roles, groups and guests"), &v);
    if (problem != NULL)
        v.notice = NULL;
    crumb[0] = (struct crumb){ tr(rq->lang, "Chapters"), "/" };
    crumb[1] = (struct crumb){ c.name, arena_printf(rq->arena, "/c/%s/", c.slug) };
    v.crumbs = crumb;
    v.n_crumbs = 2;
    v.here = sheet.href;
    chapters_members(o, &v, &sheet);
    return NULL;
}

struct error *
chapters_members_page(struct request *rq, struct response *rs)
{
    return show(rq, rs, NULL);
}

/* ---------------------------------------------------------------- setting */

/* What a form brought; texts that it has not are "". */
struct asked {
    struct app app;
    struct chapter chapter;
    const char *who, *group, *name, *mail, *until, *reason;
    int role;
    const struct directory_person *found;
    const char *link; /* of an invitation */
    enum guest_mailed mailed;
    struct guest guest;
};

static fallible
field(struct request *rq, const char *name, const char **text)
{
    TRY(form_maybe(rq, name, FIELD_MAX, text));
    *text = *text == NULL ? "" : text_trim(rq->arena, *text);
    return NULL;
}

static const char *
or_null(const char *text)
{
    return *text == '\0' ? NULL : text;
}

static fallible
do_grant(struct request *rq, struct asked *a)
{
    bool made;

    if (a->role == 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    return grant_give(&a->app, rq->db, rq->arena, &a->chapter,
        &(struct grant){ .uid = a->who,
            .found = a->found,
            .role = a->role,
            .until = or_null(a->until),
            .reason = or_null(a->reason),
            .by = rq->who->person },
        &made);
}

static fallible
do_revoke(struct request *rq, struct asked *a)
{
    bool done;

    return grant_take(
        &a->app, rq->db, rq->arena, &a->chapter, a->who, a->role, rq->who->person, &done);
}

static fallible
do_group_add(struct request *rq, struct asked *a)
{
    return group_add(&a->app, rq->db, rq->arena, &a->chapter, a->group, rq->who->person);
}

static fallible
do_group_remove(struct request *rq, struct asked *a)
{
    return group_remove(&a->app, rq->db, rq->arena, &a->chapter, a->group, rq->who->person);
}

static fallible
do_join(struct request *rq, struct asked *a)
{
    bool made;

    return group_join(&a->app, rq->db, rq->arena, &a->chapter,
        &(struct group_join){ .group = a->group,
            .uid = a->who,
            .found = a->found,
            .until = or_null(a->until),
            .by = rq->who->person },
        &made);
}

static fallible
do_leave(struct request *rq, struct asked *a)
{
    bool done;

    return group_leave(
        &a->app, rq->db, rq->arena, &a->chapter, a->group, a->who, rq->who->person, &done);
}

static fallible
do_invite(struct request *rq, struct asked *a)
{
    const char *code;

    a->guest = (struct guest){ .name = a->name, .mail = a->mail, .until = or_null(a->until) };
    TRY(guest_invite(
        &a->app, rq->db, rq->arena, &a->chapter, &a->guest, a->role, rq->who->person, &code));
    a->link = arena_printf(rq->arena, "%s/invite/%s", request_origin(rq), code);
    return guest_mail(&a->app, rq->db, rq->arena, &a->chapter, &a->guest, a->link, &a->mailed);
}

static fallible
do_guest_end(struct request *rq, struct asked *a)
{
    return guest_end(&a->app, rq->db, rq->arena, &a->chapter, a->who, rq->who->person);
}

/* One row a form of the page. */
static const struct {
    const char *word;
    fallible (*run)(struct request *, struct asked *);
    bool asks_directory; /* for a login name that nobody here has had yet */
    const char *done;    /* notice of auth/page.c */
} actions[] = {
    { "grant", do_grant, true, "role-given" },
    { "revoke", do_revoke, false, "role-taken" },
    { "group-add", do_group_add, false, "group-made" },
    { "group-remove", do_group_remove, false, "group-removed" },
    { "join", do_join, true, "group-joined" },
    { "leave", do_leave, false, "group-left" },
    { "invite", do_invite, false, NULL },
    { "guest-end", do_guest_end, false, "guest-ended" },
};

static int
find_action(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (strcmp(actions[i].word, word) == 0)
            return (int)i;
    return -1;
}

/*
 * The directory is asked outside any transaction, so before authorize(): only for somebody who is
 * signed in, whose form is ours, and who is a chair somewhere.
 */
struct error *
chapters_members_prepare(struct request *rq)
{
    struct asked *a = NEW(rq->arena, struct asked);
    const char *word, *role;
    bool chair = false;

    rq->own = a;
    for (int i = 0; i < rq->who->n_roles; i++)
        chair |= rq->who->roles[i].role >= ROLE_CHAIR;
    TRY(field(rq, "do", &word));
    TRY(field(rq, "who", &a->who));
    TRY(field(rq, "group", &a->group));
    TRY(field(rq, "name", &a->name));
    TRY(field(rq, "mail", &a->mail));
    TRY(field(rq, "until", &a->until));
    TRY(field(rq, "reason", &a->reason));
    TRY(field(rq, "role", &role));
    a->role = chapter_role(role);
    int i = find_action(word);
    if (i < 0 || !chair || !actions[i].asks_directory || *a->who == '\0')
        return NULL;
    TRY(csrf_check(rq));
    return people_look_up(rq->app, rq->db, rq->arena, a->who, &a->found);
}

/* What the person can mend is told on the page itself. */
static bool
can_mend(const struct error *e)
{
    return e->detail != NULL &&
           (e->cond == &BAD_REQUEST || e->cond == &CONFLICT || e->cond == &NOT_FOUND);
}

struct error *
chapters_members_post(struct request *rq, struct response *rs)
{
    struct asked *a = rq->own;
    const char *word;
    struct view v;

    TRY(field(rq, "do", &word));
    int i = find_action(word);
    if (i < 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    a->app = app_of(rq);
    TRY(chapter_find(rq->db, rq->arena, rq->lang, rq->param[0], &a->chapter));
    struct error *e = actions[i].run(rq, a);
    if (e != NULL && can_mend(e)) {
        response_status(rs, 422);
        return show(rq, rs, e->detail);
    }
    TRY(e);
    if (actions[i].done != NULL) {
        response_redirect(
            rs, arena_printf(rq->arena, "%s?done=%s", page_href(rq), actions[i].done));
        return NULL;
    }
    struct out *o = page_begin(rq, rs, tr(rq->lang, "The invitation"), &v);
    v.here = page_href(rq);
    response_cache(rs, "no-store");
    chapters_invited(o, &v, page_href(rq), &a->guest, a->link, a->mailed);
    return NULL;
}
