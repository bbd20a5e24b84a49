/* chapterctl group, guest: groups that a chapter makes itself, and guests whom the directory does
 * not know. */
#include <stddef.h>

#include "auth/audit.h"
#include "base/arena.h"
#include "base/config.h"
#include "ctl/ctl.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/group.h"

struct work {
    struct chapter chapter;
    struct group_join join;
    struct guest guest;
    int role;
    const char *link;
    enum guest_mailed mailed;
    bool done;
    const struct group *groups;
    const struct guest *guests;
    int n;
};

static fallible
find(struct ctl *ctl, struct work *w)
{
    return chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl->arg[0], &w->chapter);
}

/* ---------------------------------------------------------------- groups */

static fallible
add_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    TRY(find(ctl, w));
    return group_add(&ctl->app, ctl->db, ctl->arena, &w->chapter, ctl->arg[1], BY_OPERATOR);
}

static fallible
remove_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    TRY(find(ctl, w));
    return group_remove(&ctl->app, ctl->db, ctl->arena, &w->chapter, ctl->arg[1], BY_OPERATOR);
}

static fallible
group_add_command(struct ctl *ctl)
{
    struct work w = { .done = true };

    TRY(ctl_work(ctl, READ_WRITE, add_step, &w));
    ctl_say(ctl, "The group \"%s\" of \"%s\" has been made.", ctl->arg[1], ctl->arg[0]);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s}", "ok", 1, "slug", ctl->arg[0], "group", ctl->arg[1]));
    return NULL;
}

static fallible
group_remove_command(struct ctl *ctl)
{
    struct work w = { .done = true };

    TRY(ctl_work(ctl, READ_WRITE, remove_step, &w));
    ctl_say(ctl, "The group \"%s\" of \"%s\" has been removed, and with it what it opened.",
        ctl->arg[1], ctl->arg[0]);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s}", "ok", 1, "slug", ctl->arg[0], "group", ctl->arg[1]));
    return NULL;
}

static void
tell_member(struct ctl *ctl, const struct work *w)
{
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s, s:s, s:o, s:b}", "ok", 1, "slug", ctl->arg[0], "group",
            ctl->arg[1], "uid", ctl->arg[2], "until", ctl_json_text(w->join.until), "changed",
            w->done));
}

static fallible
join_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    TRY(find(ctl, w));
    return group_join(&ctl->app, ctl->db, ctl->arena, &w->chapter, &w->join, &w->done);
}

static fallible
group_join_command(struct ctl *ctl)
{
    struct work w = { .join = { .group = ctl->arg[1],
                          .uid = ctl->arg[2],
                          .until = ctl_option(ctl, "until"),
                          .by = BY_OPERATOR } };

    TRY(ctl_look_up(ctl, w.join.uid, &w.join.found));
    TRY(ctl_work(ctl, READ_WRITE, join_step, &w));
    ctl_say(ctl, "%s %s in the group \"%s\" of \"%s\"%s%s.", ctl->arg[2],
        w.done ? "is now" : "stays", ctl->arg[1], ctl->arg[0],
        w.join.until == NULL ? "" : " until ", w.join.until == NULL ? "" : w.join.until);
    tell_member(ctl, &w);
    return NULL;
}

static fallible
leave_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    TRY(find(ctl, w));
    return group_leave(&ctl->app, ctl->db, ctl->arena, &w->chapter, ctl->arg[1], ctl->arg[2],
        BY_OPERATOR, &w->done);
}

static fallible
group_leave_command(struct ctl *ctl)
{
    struct work w = { .done = false };

    TRY(ctl_work(ctl, READ_WRITE, leave_step, &w));
    ctl_say(ctl,
        w.done ? "%s is no longer in the group \"%s\"." : "%s was not in the group \"%s\".",
        ctl->arg[2], ctl->arg[1]);
    tell_member(ctl, &w);
    return NULL;
}

static fallible
list_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    TRY(find(ctl, w));
    return group_list(ctl->db, ctl->arena, w->chapter.id, &w->groups, &w->n);
}

static json_t *
group_json(const struct group *g)
{
    json_t *members = json_array();

    for (int i = 0; i < g->n; i++)
        json_array_append_new(
            members, json_pack("{s:s, s:s, s:o, s:b, s:b}", "uid", g->member[i].uid, "name",
                         g->member[i].name, "until", ctl_json_text(g->member[i].until), "over",
                         g->member[i].over, "guest", g->member[i].guest));
    return json_pack("{s:s, s:o}", "group", g->name, "members", members);
}

static fallible
group_list_command(struct ctl *ctl)
{
    struct work w = { .n = 0 };

    TRY(ctl_work(ctl, SNAPSHOT, list_step, &w));
    if (ctl->json) {
        json_t *all = json_array();
        for (int i = 0; i < w.n; i++)
            json_array_append_new(all, group_json(&w.groups[i]));
        ctl_json(json_pack("{s:b, s:s, s:o}", "ok", 1, "slug", ctl->arg[0], "groups", all));
        return NULL;
    }
    if (w.n == 0)
        ctl_say(ctl, "\"%s\" has no group of its own.", ctl->arg[0]);
    for (int i = 0; i < w.n; i++) {
        printf("%s\n", w.groups[i].name);
        for (int k = 0; k < w.groups[i].n; k++) {
            const struct group_member *m = &w.groups[i].member[k];
            printf("  %s (%s)%s%s%s\n", m->name, m->uid, m->until == NULL ? "" : ", until ",
                m->until == NULL ? "" : m->until, m->over ? " (over)" : "");
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- guests */

static fallible
invite_step(struct ctl *ctl, void *own)
{
    struct work *w = own;
    const char *code;

    TRY(find(ctl, w));
    TRY(guest_invite(
        &ctl->app, ctl->db, ctl->arena, &w->chapter, &w->guest, w->role, BY_OPERATOR, &code));
    w->link = arena_printf(ctl->arena, "%s/invite/%s", ctl->config->base_url, code);
    return guest_mail(
        &ctl->app, ctl->db, ctl->arena, &w->chapter, &w->guest, w->link, &w->mailed);
}

static fallible
guest_invite_command(struct ctl *ctl)
{
    const char *role = ctl_option(ctl, "role");
    struct work w = { .guest = { .mail = ctl->arg[1],
                          .name = ctl_option(ctl, "name"),
                          .until = ctl_option(ctl, "until") } };

    if (role != NULL && (w.role = chapter_role(role)) == 0)
        return FAIL(ctl->arena, BAD_REQUEST,
            "--role: \"%s\" is no role. There are: member, board, chair.", role);
    TRY(ctl_work(ctl, READ_WRITE, invite_step, &w));
    ctl_say(ctl,
        "%s is a guest of \"%s\" until %s. %s; it works once, for 14 days:\n%s", w.guest.uid,
        ctl->arg[0], w.guest.until,
        w.mailed == GUEST_MAILED ? "This link is on its way to her by mail" : "Pass this link on",
        w.link);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s, s:s, s:s}", "ok", 1, "slug", ctl->arg[0], "uid",
            w.guest.uid, "until", w.guest.until, "link", w.link));
    return NULL;
}

static fallible
end_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    TRY(find(ctl, w));
    return guest_end(&ctl->app, ctl->db, ctl->arena, &w->chapter, ctl->arg[1], BY_OPERATOR);
}

static fallible
guest_end_command(struct ctl *ctl)
{
    struct work w = { .n = 0 };

    TRY(ctl_work(ctl, READ_WRITE, end_step, &w));
    ctl_say(ctl, "%s has no access any more.", ctl->arg[1]);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s}", "ok", 1, "slug", ctl->arg[0], "uid", ctl->arg[1]));
    return NULL;
}

static fallible
guests_step(struct ctl *ctl, void *own)
{
    struct work *w = own;

    TRY(find(ctl, w));
    return guest_list(ctl->db, ctl->arena, w->chapter.id, &w->guests, &w->n);
}

static fallible
guest_list_command(struct ctl *ctl)
{
    struct work w = { .n = 0 };
    json_t *all;

    TRY(ctl_work(ctl, SNAPSHOT, guests_step, &w));
    if (!ctl->json) {
        if (w.n == 0)
            ctl_say(ctl, "\"%s\" has no guest by e-mail.", ctl->arg[0]);
        for (int i = 0; i < w.n; i++)
            printf("%s  %s <%s>, until %s%s\n", w.guests[i].uid, w.guests[i].name, w.guests[i].mail,
                w.guests[i].until, w.guests[i].over ? " (over)" : "");
        return NULL;
    }
    all = json_array();
    for (int i = 0; i < w.n; i++)
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:o, s:s, s:b, s:b}", "uid", w.guests[i].uid, "name",
                     w.guests[i].name, "mail", ctl_json_text(w.guests[i].mail), "until",
                     w.guests[i].until, "over", w.guests[i].over, "waits", w.guests[i].waits));
    ctl_json(json_pack("{s:b, s:s, s:o}", "ok", 1, "slug", ctl->arg[0], "guests", all));
    return NULL;
}

static const struct ctl_option invite_options[] = {
    { "name", "NAME", "the guest's name", true },
    { "until", "DATE", "the last day, at most a year away, such as 2027-03-31", true },
    { "role", "ROLE", "member or board; otherwise none but what groups give", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command group_commands[] = {
    {
        .name = "group add",
        .args = "SLUG NAME",
        .least = 2,
        .most = 2,
        .help = "makes a group of a chapter",
        .more = "Folders are opened to a group on their page \"Who can see and change this\".\n",
        .run = group_add_command,
    },
    {
        .name = "group remove",
        .args = "SLUG NAME",
        .least = 2,
        .most = 2,
        .help = "removes a group, and closes what was opened to it",
        .run = group_remove_command,
    },
    {
        .name = "group join",
        .args = "SLUG NAME UID",
        .least = 3,
        .most = 3,
        .options = ctl_until_options,
        .help = "puts somebody into a group",
        .more = "Anybody with a login name, also of other chapters, and guests.\n",
        .run = group_join_command,
    },
    {
        .name = "group leave",
        .args = "SLUG NAME UID",
        .least = 3,
        .most = 3,
        .help = "takes somebody out of a group",
        .run = group_leave_command,
    },
    {
        .name = "group list",
        .args = "SLUG",
        .least = 1,
        .most = 1,
        .help = "lists the groups of a chapter and who is in them",
        .run = group_list_command,
    },
    {
        .name = "guest invite",
        .args = "SLUG MAIL",
        .least = 2,
        .most = 2,
        .options = invite_options,
        .help = "invites somebody whom the directory does not know",
        .more = "Prints the link by which she gets an account with one app password. Invited\n"
                "again, she keeps the account and gets a new password and a new last day.\n",
        .run = guest_invite_command,
    },
    {
        .name = "guest end",
        .args = "SLUG UID",
        .least = 2,
        .most = 2,
        .help = "ends the access of a guest at once",
        .run = guest_end_command,
    },
    {
        .name = "guest list",
        .args = "SLUG",
        .least = 1,
        .most = 1,
        .help = "lists the guests of a chapter",
        .run = guest_list_command,
    },
    { .name = NULL },
};
