/* chapterctl chapter: the chapters of the federation. */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/time.h"
#include "ctl/ctl.h"
#include "modules/chapters/chapter.h"
#include "q/chapter.h"
#include "webdav/quota.h"

/* ---------------------------------------------------------------- as JSON and as text */

/* A chapter as all commands give it; quota only where it was asked for (max not negative). */
static json_t *
chapter_json(struct arena *arena, const struct chapter *c, int64_t used, int64_t max)
{
    json_t *object = json_pack("{s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:b, s:o, s:o}", "id",
        (json_int_t)c->id, "slug", c->slug, "name", c->name, "kind", c->kind, "number",
        ctl_json_text(c->number), "parent", ctl_json_text(c->parent), "contact",
        ctl_json_text(c->contact), "language", c->language, "members_go_up", c->members_go_up,
        "created", ctl_json_time(arena, c->created), "archived", ctl_json_time(arena, c->archived));

    json_object_set_new(
        object, "quota", json_pack("{s:I, s:I}", "used", (json_int_t)used, "max", (json_int_t)max));
    return object;
}

/* ---------------------------------------------------------------- add */

struct add {
    struct chapter_new new;
    bool made;
    struct chapter chapter;
    int64_t used, max;
};

static fallible
add_step(struct ctl *ctl, void *own)
{
    struct add *add = own;
    struct rows rows;
    int64_t id;

    if (ctl_option(ctl, "if-missing") != NULL) {
        TRY(q_chapter_tree_lock(ctl->db, ctl->arena, &rows));
        TRY(q_chapter_by_slug(ctl->db, ctl->arena, add->new.slug, &rows));
        add->made = rows.n == 0;
    }
    if (add->made)
        TRY(chapter_add(&ctl->app, ctl->db, ctl->arena, &add->new, &id));
    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, add->new.slug, &add->chapter));
    TRY(q_chapter_scope(ctl->db, ctl->arena, add->new.slug, &rows));
    return chapter_space(ctl->db, ctl->arena, add->chapter.id, &add->used, &add->max);
}

static fallible
chapter_add_command(struct ctl *ctl)
{
    const char *quota = ctl_option(ctl, "quota");
    struct add add = { .made = true };
    size_t bytes = 0;

    if (quota != NULL && (!text_to_size(quota, &bytes) || bytes > INT64_MAX))
        return FAIL(ctl->arena, BAD_REQUEST,
            "--quota: \"%s\" is not a size. Write for example \"10 GiB\".", quota);
    add.new = (struct chapter_new){
        .slug = ctl->arg[0],
        .name = ctl_option(ctl, "name"),
        .kind = ctl_option(ctl, "kind"),
        .parent = ctl_option(ctl, "parent"),
        .number = ctl_option(ctl, "number"),
        .language = ctl_option(ctl, "language"),
        .quota = quota == NULL ? -1 : (int64_t)bytes,
    };
    TRY(ctl_work(ctl, READ_WRITE, add_step, &add));
    ctl_say(ctl,
        add.made ? "The chapter \"%s\" has been added." : "The chapter \"%s\" is there already.",
        ctl->arg[0]);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:b, s:o}", "ok", 1, "made", add.made, "chapter",
            chapter_json(ctl->arena, &add.chapter, add.used, add.max)));
    return NULL;
}

/* ---------------------------------------------------------------- list, show */

struct listing {
    struct chapter_list list;
    int64_t *used, *max;
};

static fallible
list_step(struct ctl *ctl, void *own)
{
    struct listing *l = own;

    TRY(chapter_all(ctl->db, ctl->arena, ctl_option(ctl, "archived") != NULL, &l->list));
    l->used = NEW_ARRAY(ctl->arena, int64_t, (size_t)l->list.n);
    l->max = NEW_ARRAY(ctl->arena, int64_t, (size_t)l->list.n);
    for (int i = 0; i < l->list.n; i++)
        TRY(chapter_space(ctl->db, ctl->arena, l->list.chapter[i].id, &l->used[i], &l->max[i]));
    return NULL;
}

static void
print_list(struct ctl *ctl, const struct listing *l)
{
    enum { SLUG, NAME, KIND, NUMBER, SPACE, STATE, COLUMNS };
    const char **cells = NEW_ARRAY(ctl->arena, const char *, (size_t)(l->list.n + 1) * COLUMNS);

    if (l->list.n == 0) {
        ctl_say(ctl,
            "There are no chapters yet. Begin with: chapterctl chapter add SLUG --name NAME "
            "--kind state");
        return;
    }
    cells[SLUG] = "SLUG";
    cells[NAME] = "NAME";
    cells[KIND] = "KIND";
    cells[NUMBER] = "NUMBER";
    cells[SPACE] = "SPACE";
    for (int i = 0; i < l->list.n; i++) {
        const struct chapter *c = &l->list.chapter[i];
        const char **row = cells + (i + 1) * COLUMNS;
        row[SLUG] = arena_printf(ctl->arena, "%*s%s", c->depth * 2, "", c->slug);
        row[NAME] = c->name;
        row[KIND] = c->kind;
        row[NUMBER] = c->number;
        row[SPACE] = arena_printf(ctl->arena, "%s of %s", text_size(ctl->arena, l->used[i], "en"),
            text_size(ctl->arena, l->max[i], "en"));
        row[STATE] = c->archived == 0 ? NULL : "archived";
    }
    ctl_table(ctl->arena, cells, l->list.n + 1, COLUMNS);
}

static fallible
chapter_list_command(struct ctl *ctl)
{
    struct listing l;

    TRY(ctl_work(ctl, SNAPSHOT, list_step, &l));
    if (!ctl->json) {
        print_list(ctl, &l);
        return NULL;
    }
    json_t *all = json_array();
    for (int i = 0; i < l.list.n; i++)
        json_array_append_new(
            all, chapter_json(ctl->arena, &l.list.chapter[i], l.used[i], l.max[i]));
    ctl_json(json_pack("{s:b, s:o}", "ok", 1, "chapters", all));
    return NULL;
}

struct shown {
    struct chapter chapter;
    struct chapter_list children;
    struct chapter_groups groups;
    int64_t used, max;
    struct quota_uses uses;
};

static fallible
show_step(struct ctl *ctl, void *own)
{
    struct shown *s = own;

    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl->arg[0], &s->chapter));
    TRY(chapter_children(ctl->db, ctl->arena, s->chapter.id, &s->children));
    TRY(chapter_groups(ctl->db, ctl->arena, s->chapter.id, &s->groups));
    TRY(quota_uses(ctl->db, ctl->arena, s->chapter.id, &s->uses));
    return chapter_space(ctl->db, ctl->arena, s->chapter.id, &s->used, &s->max);
}

static void
show_json(struct ctl *ctl, const struct shown *s)
{
    json_t *children = json_array(), *groups = json_array();
    json_t *object = chapter_json(ctl->arena, &s->chapter, s->used, s->max);

    for (int i = 0; i < s->children.n; i++)
        json_array_append_new(children, json_string(s->children.chapter[i].slug));
    for (int i = 0; i < s->groups.n; i++)
        json_array_append_new(
            groups, json_pack("{s:s, s:s}", "role", chapter_role_word(s->groups.group[i].role),
                        "group", s->groups.group[i].key));
    json_object_set_new(object, "space",
        json_pack("{s:I, s:I, s:I}", "documents", (json_int_t)s->uses.documents, "versions",
            (json_int_t)s->uses.versions, "trash", (json_int_t)s->uses.trash));
    json_object_set_new(object, "children", children);
    json_object_set_new(object, "groups", groups);
    ctl_json(json_pack("{s:b, s:o}", "ok", 1, "chapter", object));
}

static void
show_text(struct ctl *ctl, const struct shown *s)
{
    const struct chapter *c = &s->chapter;

    printf("slug           %s\nname           %s\nkind           %s\n", c->slug, c->name, c->kind);
    if (c->number != NULL)
        printf("number         %s\n", c->number);
    if (c->parent != NULL)
        printf("parent         %s (%s)\n", c->parent, c->parent_name);
    for (int i = 0; i < s->children.n; i++)
        printf("%-15s%s (%s)\n", i == 0 ? "below it" : "", s->children.chapter[i].slug,
            s->children.chapter[i].name);
    if (c->contact != NULL)
        printf("contact        %s\n", c->contact);
    printf("language       %s\n", c->language);
    printf("members_go_up  %s\n", c->members_go_up ? "yes" : "no");
    printf("quota          %s of %s used\n", text_size(ctl->arena, s->used, "en"),
        text_size(ctl->arena, s->max, "en"));
    printf("               documents %s, earlier versions %s, trash %s\n",
        text_size(ctl->arena, s->uses.documents, "en"),
        text_size(ctl->arena, s->uses.versions, "en"), text_size(ctl->arena, s->uses.trash, "en"));
    for (int i = 0; i < s->groups.n; i++)
        printf("%s_group%*s%s\n", chapter_role_word(s->groups.group[i].role),
            (int)(9 - strlen(chapter_role_word(s->groups.group[i].role))), "",
            s->groups.group[i].key);
    printf("created        %s\n", time_rfc3339(ctl->arena, c->created));
    if (c->archived != 0)
        printf("archived       %s\n", time_rfc3339(ctl->arena, c->archived));
}

static fallible
chapter_show_command(struct ctl *ctl)
{
    struct shown s;

    TRY(ctl_work(ctl, SNAPSHOT, show_step, &s));
    if (ctl->json)
        show_json(ctl, &s);
    else
        show_text(ctl, &s);
    return NULL;
}

/* ---------------------------------------------------------------- set, archive */

static fallible
set_step(struct ctl *ctl, void *own)
{
    struct shown *s = own;

    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl->arg[0], &s->chapter));
    TRY(chapter_set(&ctl->app, ctl->db, ctl->arena, &s->chapter, ctl->arg + 1, ctl->n_args - 1));
    return show_step(ctl, s);
}

static fallible
chapter_set_command(struct ctl *ctl)
{
    struct shown s;

    TRY(ctl_work(ctl, READ_WRITE, set_step, &s));
    ctl_say(ctl, "The chapter \"%s\" has been changed.", ctl->arg[0]);
    for (int i = 1; i < ctl->n_args; i++)
        if (strstr(ctl->arg[i], "_group=") != NULL) {
            ctl_say(ctl,
                "Who is in these groups is known after the next look into the directory. At "
                "once: chapterctl sync");
            break;
        }
    if (ctl->json)
        show_json(ctl, &s);
    return NULL;
}

struct archive {
    struct chapter chapter;
    bool done;
};

static fallible
archive_step(struct ctl *ctl, void *own)
{
    struct archive *a = own;

    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, ctl->arg[0], &a->chapter));
    return chapter_archive(
        &ctl->app, ctl->db, ctl->arena, &a->chapter, ctl_option(ctl, "undo") == NULL, &a->done);
}

static fallible
chapter_archive_command(struct ctl *ctl)
{
    bool undo = ctl_option(ctl, "undo") != NULL;
    struct archive a;

    TRY(ctl_work(ctl, READ_WRITE, archive_step, &a));
    if (!a.done)
        ctl_say(ctl,
            undo ? "The chapter \"%s\" is open already."
                 : "The chapter \"%s\" is archived already.",
            ctl->arg[0]);
    else if (undo)
        ctl_say(ctl, "The chapter \"%s\" is open again.", ctl->arg[0]);
    else
        ctl_say(ctl,
            "The chapter \"%s\" is archived: nobody can read or write in it, nothing has been "
            "deleted. To open it again: chapterctl chapter archive %s --undo",
            ctl->arg[0], ctl->arg[0]);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:b, s:b}", "ok", 1, "slug", ctl->arg[0], "archived", !undo,
            "changed", a.done));
    return NULL;
}

/* ---------------------------------------------------------------- table */

static const struct ctl_option add_options[] = {
    { "name", "NAME", "its full name", true },
    { "kind", "KIND", "state, district, local or network", true },
    { "parent", "SLUG", "the chapter it belongs to; none for a state association", false },
    { "number", "NUMBER", "the number the association gives it", false },
    { "quota", "SIZE", "how much it may store, such as \"10 GiB\"", false },
    { "language", "TAG", "the language of its pages, such as de", false },
    { "if-missing", NULL, "do nothing when there is one with this slug", false },
    { NULL, NULL, NULL, false },
};

static const struct ctl_option list_options[] = {
    { "archived", NULL, "list the archived ones too", false },
    { NULL, NULL, NULL, false },
};

static const struct ctl_option archive_options[] = {
    { "undo", NULL, "open it again", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command chapter_commands[] = {
    {
        .name = "chapter add",
        .args = "SLUG",
        .least = 1,
        .most = 1,
        .options = add_options,
        .help = "adds a chapter with all that belongs to it",
        .more = "SLUG is its short name in addresses: 2 to 40 small letters, digits and\n"
                "hyphens; it cannot be changed later. A district and a network need a state as\n"
                "parent, a local one a district or state.\n",
        .run = chapter_add_command,
    },
    {
        .name = "chapter list",
        .args = "",
        .options = list_options,
        .help = "lists the chapters",
        .run = chapter_list_command,
    },
    {
        .name = "chapter show",
        .args = "SLUG",
        .least = 1,
        .most = 1,
        .help = "shows a chapter and its settings",
        .run = chapter_show_command,
    },
    {
        .name = "chapter set",
        .args = "SLUG KEY=VALUE...",
        .least = 2,
        .most = CTL_MANY,
        .help = "changes settings of a chapter",
        .more = "  name=TEXT           its full name\n"
                "  number=TEXT         the number the association gives it; empty: none\n"
                "  parent=SLUG         the chapter it belongs to\n"
                "  contact=TEXT        how the public reaches its board; empty: not shown\n"
                "  language=TAG        the language of its pages, such as de\n"
                "  quota=SIZE          how much it may store, such as \"10 GiB\"\n"
                "  members_go_up=yes   its members count as members of its parents (or no)\n"
                "  member_group=DN     the group of the directory that makes people members;\n"
                "  board_group=DN      may be given several times, which together replace\n"
                "  chair_group=DN      the groups there were; empty: no group\n",
        .run = chapter_set_command,
    },
    {
        .name = "chapter archive",
        .args = "SLUG",
        .least = 1,
        .most = 1,
        .options = archive_options,
        .help = "closes a chapter without deleting anything",
        .more = "Nobody can read or write in it any more until it is opened again with --undo.\n",
        .run = chapter_archive_command,
    },
    { .name = NULL },
};
