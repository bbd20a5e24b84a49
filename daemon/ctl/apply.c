/* chapterctl apply: makes the chapters as a file says. Run twice it changes nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/access.h"
#include "auth/ldap.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "modules/chapters/apply.h"
#include "modules/chapters/chapter.h"
#include "q/chapter.h"

#define FILE_MAX MB(8)

/* How a trial ends: with everything done and nothing kept. */
static const struct condition ONLY_TRIED = { 200, .title = "Nothing was written." };

/* A difference that was found and mended. */
struct change {
    const char *slug, *key;
    const char *was, *now; /* NULL: none */
    struct change *next;
};

struct apply {
    struct apply_plan plan;
    bool dry;
    struct change *first, **end;
    int made, changed;
    bool groups; /* of the directory are others now */
};

static void
note(struct ctl *ctl, struct apply *a, const char *slug, const char *key, const char *was,
    const char *now)
{
    struct change *c = NEW(ctl->arena, struct change);

    *c = (struct change){ slug, key, was, now, NULL };
    *a->end = c;
    a->end = &c->next;
}

/* Says in which line of the file the reason for an error stands. */
static fallible
at_line(struct ctl *ctl, const struct apply *a, int line, struct error *e)
{
    if (e == NULL || e->cond == &LOST_RACE || e->cond == &TRY_LATER || e->cond == &INTERNAL)
        return e;
    struct error *located = error_new(ctl->arena, e->cond, e->where, "%s:%d: %s", a->plan.path,
        line, e->detail == NULL ? e->cond->title : e->detail);
    located->cause = e->cause;
    return located;
}

/* ---------------------------------------------------------------- comparing */

/* Are these the groups that give this role, in whatever order? */
static fallible
same_groups(struct ctl *ctl, const struct chapter_groups *have, int role,
    const struct apply_chapter *want, const char *key, bool *same)
{
    int n_have = 0, n_want = 0, n_common = 0;

    for (int k = 0; k < have->n; k++)
        n_have += have->group[k].role == role;
    for (int i = 0; i < want->n; i++) {
        if (strcmp(want->set[i].key, key) != 0 || *want->set[i].value == '\0')
            continue;
        const char *dn = directory_group_key(ctl->arena, want->set[i].value);
        n_want++;
        for (int k = 0; k < have->n && dn != NULL; k++)
            n_common += have->group[k].role == role && strcmp(have->group[k].key, dn) == 0;
    }
    *same = n_have == n_want && n_want == n_common;
    return NULL;
}

static const char *
text_of_groups(struct ctl *ctl, const struct chapter_groups *groups, int role)
{
    const char *text = NULL;

    for (int i = 0; i < groups->n; i++)
        if (groups->group[i].role == role)
            text = text == NULL ? groups->group[i].key
                                : arena_printf(ctl->arena, "%s; %s", text, groups->group[i].key);
    return text;
}

static fallible
apply_groups(struct ctl *ctl, struct apply *a, const struct apply_chapter *want,
    const struct chapter *c, int role)
{
    const char *key = arena_printf(ctl->arena, "%s_group", chapter_role_word(role));
    const char **pair = NEW_ARRAY(ctl->arena, const char *, (size_t)want->n + 1);
    struct chapter_groups have, now;
    int n = 0, line = 0;
    bool same;

    for (int i = 0; i < want->n; i++)
        if (strcmp(want->set[i].key, key) == 0) {
            pair[n++] = arena_printf(ctl->arena, "%s=%s", key, want->set[i].value);
            line = want->set[i].line;
        }
    if (n == 0)
        return NULL;
    TRY(chapter_groups(ctl->db, ctl->arena, c->id, &have));
    TRY(same_groups(ctl, &have, role, want, key, &same));
    if (same)
        return NULL;
    TRY(at_line(ctl, a, line, chapter_set(&ctl->app, ctl->db, ctl->arena, c, pair, n)));
    TRY(chapter_groups(ctl->db, ctl->arena, c->id, &now));
    note(ctl, a, c->slug, key, text_of_groups(ctl, &have, role), text_of_groups(ctl, &now, role));
    a->groups = true;
    return NULL;
}

/* What a chapter has for a key, as `chapter set` would write it; NULL: nothing. */
static fallible
value_of(struct ctl *ctl, const struct chapter *c, const char *key, const char **value)
{
    int64_t used, max;

    if (strcmp(key, "quota") == 0) {
        TRY(chapter_space(ctl->db, ctl->arena, c->id, &used, &max));
        *value = arena_printf(ctl->arena, "%lld", (long long)max);
        return NULL;
    }
    *value = strcmp(key, "name") == 0            ? c->name
             : strcmp(key, "kind") == 0          ? c->kind
             : strcmp(key, "parent") == 0        ? c->parent
             : strcmp(key, "number") == 0        ? c->number
             : strcmp(key, "contact") == 0       ? c->contact
             : strcmp(key, "language") == 0      ? c->language
             : strcmp(key, "members_go_up") == 0 ? (c->members_go_up ? "yes" : "no")
                                                 : NULL;
    return NULL;
}

static bool
is_same(const char *key, const char *have, const char *want)
{
    size_t bytes;

    if (strcmp(key, "quota") == 0 && text_to_size(want, &bytes)) {
        int64_t number;
        return text_to_int(have, INT64_MAX, &number) && (uint64_t)number == bytes;
    }
    return strcmp(have == NULL ? "" : have, want) == 0;
}

static fallible
apply_setting(
    struct ctl *ctl, struct apply *a, const struct chapter *c, const struct apply_setting *s)
{
    const char *pair = arena_printf(ctl->arena, "%s=%s", s->key, s->value), *have;

    if (text_ends(s->key, "_group"))
        return NULL;
    TRY(value_of(ctl, c, s->key, &have));
    if (is_same(s->key, have, s->value))
        return NULL;
    if (strcmp(s->key, "kind") == 0)
        return FAIL(ctl->arena, CONFLICT,
            "%s:%d: [%s] is a %s. The kind of a chapter cannot be changed", a->plan.path, s->line,
            c->slug, have);
    TRY(at_line(ctl, a, s->line, chapter_set(&ctl->app, ctl->db, ctl->arena, c, &pair, 1)));
    note(ctl, a, c->slug, s->key, have, *s->value == '\0' ? NULL : s->value);
    return NULL;
}

/* ---------------------------------------------------------------- one chapter, all chapters */

static const char *
get(const struct apply_chapter *want, const char *key)
{
    const struct apply_setting *s = apply_get(want, key);

    return s == NULL || *s->value == '\0' ? NULL : s->value;
}

static fallible
make(struct ctl *ctl, struct apply *a, const struct apply_chapter *want)
{
    const struct apply_setting *place = apply_get(want, "parent");
    struct chapter_new new = { .slug = want->slug,
        .name = get(want, "name"),
        .kind = get(want, "kind"),
        .parent = get(want, "parent"),
        .quota = -1 };
    int64_t id;

    if (new.name == NULL || new.kind == NULL)
        return FAIL(ctl->arena, BAD_REQUEST,
            "%s:%d: [%s] is a new chapter and needs a %s. Write for example: %s", a->plan.path,
            want->line, want->slug, new.name == NULL ? "name" : "kind",
            new.name == NULL ? "name = Kreisverband Jena" : "kind = district");
    TRY(at_line(ctl, a, place == NULL ? want->line : place->line,
        chapter_add(&ctl->app, ctl->db, ctl->arena, &new, &id)));
    note(ctl, a, want->slug, "chapter", NULL, new.name);
    a->made++;
    return NULL;
}

static fallible
apply_chapter(struct ctl *ctl, struct apply *a, const struct apply_chapter *want)
{
    struct change **before = a->end;
    struct chapter c;
    struct rows rows;

    TRY(q_chapter_by_slug(ctl->db, ctl->arena, want->slug, &rows));
    bool is_new = rows.n == 0;
    if (is_new)
        TRY(make(ctl, a, want));
    TRY(chapter_find(ctl->db, ctl->arena, ctl->app.lang, want->slug, &c));
    if (c.archived != 0)
        return FAIL(ctl->arena, CONFLICT,
            "%s:%d: [%s] is archived. Open it first: chapterctl chapter archive %s --undo",
            a->plan.path, want->line, want->slug, want->slug);
    TRY(q_chapter_scope(ctl->db, ctl->arena, want->slug, &rows));
    for (int i = 0; i < want->n; i++)
        TRY(apply_setting(ctl, a, &c, &want->set[i]));
    static const int roles[] = { ROLE_MEMBER, ROLE_BOARD, ROLE_CHAIR };
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        TRY(apply_groups(ctl, a, want, &c, roles[i]));
    a->changed += !is_new && a->end != before;
    return NULL;
}

/* A parent that the file makes further down comes first. */
static bool
waits_for_parent(const struct apply *a, const struct apply_chapter *want, const bool *done)
{
    const char *parent = get(want, "parent");

    for (int i = 0; parent != NULL && i < a->plan.n; i++)
        if (strcmp(a->plan.chapter[i].slug, parent) == 0)
            return !done[i];
    return false;
}

static fallible
apply_step(struct ctl *ctl, void *own)
{
    struct apply *a = own;
    bool *done = NEW_ARRAY(ctl->arena, bool, (size_t)a->plan.n + 1);
    struct rows rows;
    int left = a->plan.n;

    a->first = NULL;
    a->end = &a->first;
    a->made = a->changed = 0;
    TRY(q_chapter_tree_lock(ctl->db, ctl->arena, &rows));
    for (int before = left + 1; left > 0 && left < before;) {
        before = left;
        for (int i = 0; i < a->plan.n; i++) {
            if (done[i] || waits_for_parent(a, &a->plan.chapter[i], done))
                continue;
            TRY(apply_chapter(ctl, a, &a->plan.chapter[i]));
            done[i] = true;
            left--;
        }
    }
    for (int i = 0; i < a->plan.n && left > 0; i++)
        if (!done[i])
            return FAIL(ctl->arena, BAD_REQUEST, "%s:%d: [%s] stands below itself. Mend its parent",
                a->plan.path, a->plan.chapter[i].line, a->plan.chapter[i].slug);
    return a->dry ? REFUSE(ctl->arena, ONLY_TRIED) : NULL;
}

/* ---------------------------------------------------------------- command */

static fallible
read_file(struct ctl *ctl, const char *path, char **text, size_t *n)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

    if (f == NULL)
        return FAIL(ctl->arena, NOT_FOUND, "%s: %s", path, strerror(errno));
    *text = arena_alloc(ctl->arena, FILE_MAX + 1);
    *n = fread(*text, 1, FILE_MAX + 1, f);
    bool bad = ferror(f) != 0;
    if (f != stdin)
        fclose(f);
    if (bad)
        return FAIL(ctl->arena, CONFLICT, "%s: it cannot be read.", path);
    if (*n > FILE_MAX)
        return FAIL(ctl->arena, BAD_REQUEST, "%s: the file is larger than 8 MiB.", path);
    return NULL;
}

static void
tell_text(struct ctl *ctl, const struct apply *a)
{
    for (const struct change *c = a->first; c != NULL; c = c->next)
        if (strcmp(c->key, "chapter") == 0)
            printf("+ %s (%s)\n", c->slug, c->now);
        else
            printf("~ %s: %s: %s -> %s\n", c->slug, c->key, c->was == NULL ? "none" : c->was,
                c->now == NULL ? "none" : c->now);
    if (a->first == NULL)
        ctl_say(ctl, "Everything is as %s says.", a->plan.path);
    else
        ctl_say(ctl,
            a->dry ? "%d chapters would be added, %d changed. Nothing was written."
                   : "%d chapters added, %d changed.",
            a->made, a->changed);
    if (a->groups && !a->dry)
        ctl_say(ctl, "Who is in these groups is known after the next look into the directory. At "
                     "once: chapterctl sync");
}

static void
tell_json(const struct apply *a)
{
    json_t *all = json_array();

    for (const struct change *c = a->first; c != NULL; c = c->next)
        json_array_append_new(all, json_pack("{s:s, s:s, s:o, s:o}", "slug", c->slug, "key", c->key,
                                       "was", ctl_json_text(c->was), "now", ctl_json_text(c->now)));
    ctl_json(json_pack("{s:b, s:b, s:i, s:i, s:o}", "ok", 1, "written", !a->dry && a->first != NULL,
        "added", a->made, "changed", a->changed, "changes", all));
}

static fallible
apply_command(struct ctl *ctl)
{
    struct apply a = { .dry = ctl_option(ctl, "dry-run") != NULL };
    char *text;
    size_t n;

    TRY(read_file(ctl, ctl->arg[0], &text, &n));
    TRY(apply_read(ctl->arena, ctl->arg[0], text, n, &a.plan));
    struct error *e = ctl_work(ctl, READ_WRITE, apply_step, &a);
    if (e != NULL && e->cond != &ONLY_TRIED)
        return e;
    if (ctl->json)
        tell_json(&a);
    else
        tell_text(ctl, &a);
    return NULL;
}

static const struct ctl_option apply_options[] = {
    { "dry-run", NULL, "only show what would be changed", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command apply_commands[] = {
    {
        .name = "apply",
        .args = "FILE",
        .least = 1,
        .most = 1,
        .options = apply_options,
        .help = "makes the chapters as a file says",
        .more =
            "All or nothing, and nothing the second time. What the file does not name stays as\n"
            "it is; chapters are never removed. FILE is written as chapterctl(1) shows under\n"
            "FILE FORMAT; - reads standard input.\n",
        .run = apply_command,
    },
    { .name = NULL },
};
