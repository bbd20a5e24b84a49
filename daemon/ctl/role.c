/* chapterctl role: the roles that a chapter gives itself, beside those of the directory. */
#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "ctl/ctl.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/grant.h"

struct change {
    struct chapter chapter;
    struct grant grant;
    bool done;
};

static fallible
read_role(struct ctl *ctl, const char *word, int *role)
{
    *role = chapter_role(word);
    if (*role == 0)
        return FAIL(
            ctl->arena, BAD_REQUEST, "\"%s\" is no role. There are: member, board, chair.", word);
    return NULL;
}

static void
tell(struct ctl *ctl, const struct change *c)
{
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s, s:s, s:o, s:b}", "ok", 1, "slug", ctl->arg[0], "uid",
            ctl->arg[1], "role", ctl->arg[2], "until", ctl_json_text(c->grant.until), "changed",
            c->done));
}

/* ---------------------------------------------------------------- grant, revoke */

static fallible
grant_step(struct ctl *ctl, void *own)
{
    struct change *c = own;

    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl->arg[0], &c->chapter));
    return grant_give(&ctl->app, ctl->db, ctl->arena, &c->chapter, &c->grant, &c->done);
}

static fallible
role_grant_command(struct ctl *ctl)
{
    struct change c = { .grant = {
                            .uid = ctl->arg[1],
                            .until = ctl_option(ctl, "until"),
                            .reason = ctl_option(ctl, "reason"),
                        } };

    TRY(read_role(ctl, ctl->arg[2], &c.grant.role));
    TRY(ctl_look_up(ctl, c.grant.uid, &c.grant.found));
    TRY(ctl_work(ctl, READ_WRITE, grant_step, &c));
    ctl_say(ctl, "%s %s \"%s\" in \"%s\"%s%s.", ctl->arg[1], c.done ? "is now" : "stays",
        ctl->arg[2], ctl->arg[0], c.grant.until == NULL ? ", until it is revoked" : " until ",
        c.grant.until == NULL ? "" : c.grant.until);
    tell(ctl, &c);
    return NULL;
}

static fallible
revoke_step(struct ctl *ctl, void *own)
{
    struct change *c = own;

    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl->arg[0], &c->chapter));
    return grant_take(
        &ctl->app, ctl->db, ctl->arena, &c->chapter, c->grant.uid, c->grant.role, 0, &c->done);
}

static fallible
role_revoke_command(struct ctl *ctl)
{
    struct change c = { .grant = { .uid = ctl->arg[1] } };

    TRY(read_role(ctl, ctl->arg[2], &c.grant.role));
    TRY(ctl_work(ctl, READ_WRITE, revoke_step, &c));
    if (c.done)
        ctl_say(ctl,
            "%s is no longer \"%s\" in \"%s\" by the chapter's own doing. A role that comes "
            "from a group of the directory stays.",
            ctl->arg[1], ctl->arg[2], ctl->arg[0]);
    else
        ctl_say(ctl,
            "The chapter \"%s\" had not given %s this role; nothing was changed. A role that "
            "comes from a group of the directory is taken away there.",
            ctl->arg[0], ctl->arg[1]);
    tell(ctl, &c);
    return NULL;
}

/* ---------------------------------------------------------------- list */

struct listing {
    struct chapter chapter;
    struct holders holders;
};

static fallible
list_step(struct ctl *ctl, void *own)
{
    struct listing *l = own;

    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl->arg[0], &l->chapter));
    return grant_list(ctl->db, ctl->arena, l->chapter.id, ROLE_MEMBER, &l->holders);
}

static json_t *
holders_json(const struct holders *holders)
{
    json_t *all = json_array();

    for (int i = 0; i < holders->n; i++) {
        const struct holder *h = &holders->holder[i];
        json_array_append_new(all,
            json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b}", "uid", h->uid, "name", h->name,
                "role", chapter_role_word(h->role), "from",
                h->from_directory ? "directory" : "grant", "until", ctl_json_text(h->until), "by",
                ctl_json_text(h->by), "reason", ctl_json_text(h->reason), "over", h->over));
    }
    return all;
}

static void
print_holders(struct ctl *ctl, const struct holders *holders)
{
    enum { UID, NAME, ROLE, FROM, REASON, COLUMNS };
    const char **cells = NEW_ARRAY(ctl->arena, const char *, (size_t)(holders->n + 1) * COLUMNS);

    if (holders->n == 0) {
        ctl_say(ctl,
            "Nobody who is known has a role in \"%s\". People are known here from the first "
            "time they sign in.",
            ctl->arg[0]);
        return;
    }
    cells[UID] = "LOGIN";
    cells[NAME] = "NAME";
    cells[ROLE] = "ROLE";
    cells[FROM] = "FROM";
    cells[REASON] = "REASON";
    for (int i = 0; i < holders->n; i++) {
        const struct holder *h = &holders->holder[i];
        const char **row = cells + (i + 1) * COLUMNS;
        row[UID] = h->uid;
        row[NAME] = h->name;
        row[ROLE] = chapter_role_word(h->role);
        row[FROM] = h->from_directory  ? "directory"
                    : h->until == NULL ? "the chapter"
                                       : arena_printf(ctl->arena, "the chapter, until %s%s",
                                             h->until, h->over ? " (over)" : "");
        row[REASON] = h->reason;
    }
    ctl_table(ctl->arena, cells, holders->n + 1, COLUMNS);
}

static fallible
role_list_command(struct ctl *ctl)
{
    struct listing l;

    TRY(ctl_work(ctl, SNAPSHOT, list_step, &l));
    if (ctl->json)
        ctl_json(json_pack(
            "{s:b, s:s, s:o}", "ok", 1, "slug", ctl->arg[0], "roles", holders_json(&l.holders)));
    else
        print_holders(ctl, &l.holders);
    return NULL;
}

static const struct ctl_option grant_options[] = {
    { "until", "DATE", "the last day on which it holds, such as 2027-03-31", false },
    { "reason", "TEXT", "why, for those who look later", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command role_commands[] = {
    {
        .name = "role grant",
        .args = "SLUG UID ROLE",
        .least = 3,
        .most = 3,
        .options = grant_options,
        .help = "makes somebody member, board or chair of a chapter",
        .more = "ROLE is member, board or chair; each includes the ones before. Given again, it\n"
                "changes until when and why.\n",
        .run = role_grant_command,
    },
    {
        .name = "role revoke",
        .args = "SLUG UID ROLE",
        .least = 3,
        .most = 3,
        .help = "takes back a role that the chapter gave",
        .run = role_revoke_command,
    },
    {
        .name = "role list",
        .args = "SLUG",
        .least = 1,
        .most = 1,
        .help = "lists who has which role in a chapter, and why",
        .run = role_list_command,
    },
    { .name = NULL },
};
