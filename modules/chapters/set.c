/* Settings of a chapter, as "key=value". */
#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/ldap.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/app.h"
#include "modules/chapters/change.h"
#include "modules/chapters/chapter.h"
#include "q/chapter.h"

#define GROUPS_MAX 16 /* of one role */

struct groups {
    bool given; /* named in the command: what was before is forgotten */
    const char *key[GROUPS_MAX];
    int n;
};

/* What is to be, gathered from all pairs before anything is written. */
struct change {
    const struct app *app;
    struct arena *arena;
    struct chapter chapter;
    bool moves;
    int64_t quota; /* negative: as it was */
    struct groups groups[ROLE_CHAIR + 1];
};

static fallible
set_name(struct change *c, const char *value)
{
    TRY(chapter_check_text(c->arena, c->app->lang, "name", &value, CHAPTER_NAME_MAX));
    if (*value == '\0')
        return FAIL(c->arena, BAD_REQUEST, tr(c->app->lang, "A chapter needs a name."));
    c->chapter.name = value;
    return NULL;
}

static fallible
set_number(struct change *c, const char *value)
{
    TRY(chapter_check_text(c->arena, c->app->lang, "number", &value, CHAPTER_NUMBER_MAX));
    c->chapter.number = *value == '\0' ? NULL : value;
    return NULL;
}

static fallible
set_contact(struct change *c, const char *value)
{
    TRY(chapter_check_text(c->arena, c->app->lang, "contact", &value, CHAPTER_CONTACT_MAX));
    c->chapter.contact = *value == '\0' ? NULL : value;
    return NULL;
}

static fallible
set_parent(struct change *c, const char *value)
{
    c->chapter.parent = *value == '\0' ? NULL : value;
    c->moves = true;
    return NULL;
}

static fallible
set_language(struct change *c, const char *value)
{
    if (lang_find(value) == NULL)
        return FAIL(c->arena, BAD_REQUEST,
            tr(c->app->lang, "The language “%s” is not spoken here."), value);
    c->chapter.language = value;
    return NULL;
}

static fallible
set_quota(struct change *c, const char *value)
{
    size_t bytes;

    if (!text_to_size(value, &bytes) || bytes > INT64_MAX)
        return FAIL(c->arena, BAD_REQUEST,
            tr(c->app->lang, "quota: “%s” is not a size. Write for example 10 GiB."), value);
    c->quota = (int64_t)bytes;
    return NULL;
}

static fallible
set_members_go_up(struct change *c, const char *value)
{
    bool yes = strcmp(value, "yes") == 0;

    if (!yes && strcmp(value, "no") != 0)
        return FAIL(c->arena, BAD_REQUEST, tr(c->app->lang, "members_go_up: yes or no, please."));
    c->chapter.members_go_up = yes;
    return NULL;
}

static fallible
add_group(struct change *c, int role, const char *value)
{
    struct groups *groups = &c->groups[role];

    groups->given = true;
    if (*value == '\0')
        return NULL;
    const char *key = directory_group_key(c->arena, value);
    if (key == NULL)
        return FAIL(c->arena, BAD_REQUEST,
            tr(c->app->lang, "“%s” is not the name (DN) of a group in the directory."), value);
    if (groups->n == GROUPS_MAX)
        return FAIL(c->arena, BAD_REQUEST, tr(c->app->lang, "At most %d groups may give one role."),
            GROUPS_MAX);
    groups->key[groups->n++] = key;
    return NULL;
}

static fallible
set_member_group(struct change *c, const char *value)
{
    return add_group(c, ROLE_MEMBER, value);
}

static fallible
set_board_group(struct change *c, const char *value)
{
    return add_group(c, ROLE_BOARD, value);
}

static fallible
set_chair_group(struct change *c, const char *value)
{
    return add_group(c, ROLE_CHAIR, value);
}

static const struct {
    const char *key;
    fallible (*set)(struct change *, const char *value);
} settings[] = {
    { "name", set_name },
    { "number", set_number },
    { "parent", set_parent },
    { "contact", set_contact },
    { "language", set_language },
    { "quota", set_quota },
    { "members_go_up", set_members_go_up },
    { "member_group", set_member_group },
    { "board_group", set_board_group },
    { "chair_group", set_chair_group },
};

static fallible
read_pair(struct change *c, const char *pair)
{
    const char *is = strchr(pair, '=');

    for (size_t i = 0; is != NULL && i < COUNT_OF(settings); i++)
        if (strlen(settings[i].key) == (size_t)(is - pair) &&
            strncmp(settings[i].key, pair, (size_t)(is - pair)) == 0)
            return settings[i].set(c, is + 1);
    return FAIL(c->arena, BAD_REQUEST,
        tr(c->app->lang,
            "“%s” is no setting of a chapter. There are: name, number, parent, contact, "
            "language, quota, members_go_up, member_group, board_group, chair_group; "
            "each is written as key=value."),
        pair);
}

static fallible
write_groups(struct change *c, struct db *db, int role)
{
    const struct groups *groups = &c->groups[role];
    struct rows rows;

    if (!groups->given)
        return NULL;
    TRY(q_chapter_groups_clear(db, c->arena, c->chapter.id, (int16_t)role, &rows));
    for (int i = 0; i < groups->n; i++)
        TRY(q_chapter_group_add(db, c->arena, c->chapter.id, (int16_t)role, groups->key[i], &rows));
    return audit(db, c->arena,
        &(struct audit_entry){ .what = AUDIT_GROUPS_SET,
            .by = BY_OPERATOR,
            .chapter = c->chapter.id,
            .object = c->chapter.id,
            .role = (enum role)role,
            .amount = groups->n });
}

static bool
differ(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

/* One entry with the names of all settings that are not what they were. */
static fallible
tell_changes(struct change *c, struct db *db, const struct chapter *before)
{
    const struct chapter *now = &c->chapter;
    const struct {
        const char *name;
        bool changed;
    } keys[] = {
        { "name", differ(now->name, before->name) },
        { "number", differ(now->number, before->number) },
        { "contact", differ(now->contact, before->contact) },
        { "language", differ(now->language, before->language) },
        { "parent", now->parent_id != before->parent_id },
        { "members_go_up", now->members_go_up != before->members_go_up },
    };
    struct buf changed = buf_new(c->arena, KB(1));

    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (keys[i].changed) {
            buf_text(&changed, changed.n == 0 ? "" : ", ");
            buf_text(&changed, keys[i].name);
        }
    if (changed.n == 0)
        return NULL;
    return audit(db, c->arena,
        &(struct audit_entry){ .what = AUDIT_CHAPTER_CHANGED,
            .by = BY_OPERATOR,
            .chapter = now->id,
            .object = now->id,
            .title = now->name,
            .other = buf_string(&changed) });
}

static fallible
write_quota(struct change *c, struct db *db)
{
    int64_t used, max;
    struct rows rows;

    if (c->quota < 0)
        return NULL;
    TRY(chapter_space(db, c->arena, c->chapter.id, &used, &max));
    if (max == c->quota)
        return NULL;
    TRY(q_chapter_quota_set(db, c->arena, c->chapter.id, c->quota, &rows));
    return audit(db, c->arena,
        &(struct audit_entry){ .what = AUDIT_QUOTA_SET,
            .by = BY_OPERATOR,
            .chapter = c->chapter.id,
            .object = c->chapter.id,
            .was_amount = max,
            .amount = c->quota });
}

static fallible
write_change(struct change *c, struct db *db, const struct chapter *before)
{
    const struct chapter *now = &c->chapter;
    bool roles = c->moves || now->members_go_up != before->members_go_up;
    struct rows rows;

    if (c->moves)
        TRY(chapter_roles_changed(db, c->arena, now->slug));
    TRY(q_chapter_update(db, c->arena, now->id, now->name, now->number,
        now->parent_id == 0 ? NULL : &now->parent_id, now->language, now->contact,
        now->members_go_up, &rows));
    TRY(tell_changes(c, db, before));
    TRY(write_quota(c, db));
    for (int role = ROLE_MEMBER; role <= ROLE_CHAIR; role++) {
        TRY(write_groups(c, db, role));
        roles = roles || c->groups[role].given;
    }
    return roles ? chapter_roles_changed(db, c->arena, now->slug) : NULL;
}

struct error *
chapter_set(const struct app *app, struct db *db, struct arena *arena,
    const struct chapter *chapter, const char *const *changes, int n)
{
    struct change c = { .app = app, .arena = arena, .quota = -1 };
    struct rows rows;

    TRY(q_chapter_tree_lock(db, arena, &rows));
    TRY(chapter_find(db, arena, app->lang, chapter->slug, &c.chapter));
    const struct chapter before = c.chapter;
    for (int i = 0; i < n; i++)
        TRY(read_pair(&c, changes[i]));
    if (c.moves)
        TRY(chapter_check_place(db, arena, app->lang, c.chapter.kind, c.chapter.parent,
            c.chapter.id, &c.chapter.parent_id));
    TRY(q_chapter_scope(db, arena, chapter->slug, &rows));
    return write_change(&c, db, &before);
}
