#include "modules/chapters/chapter.h"

#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/ldap.h"
#include "auth/ldap_escape.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/app.h"
#include "modules/chapters/change.h"
#include "modules/module.h"
#include "q/chapter.h"

struct error *
chapter_roles_changed(struct db *db, struct arena *arena, const char *slug)
{
    struct rows rows;

    return q_chapter_stamp(db, arena, slug, &rows);
}

struct error *
chapter_check_place(struct db *db, struct arena *arena, const struct lang *lang, const char *kind,
    const char *parent_slug, int64_t itself, int64_t *parent_id)
{
    struct chapter parent = { .id = 0 };
    struct rows rows;
    const char *fault;

    if (parent_slug != NULL)
        TRY(chapter_find(db, arena, lang, parent_slug, &parent));
    fault = chapter_place_fault(kind, parent_slug == NULL ? NULL : parent.kind);
    if (fault != NULL)
        return FAIL(arena, BAD_REQUEST, "%s", tr(lang, fault));
    if (parent.archived != 0)
        return FAIL(arena, CONFLICT,
            tr(lang, "The chapter “%s” is archived. Nothing can stand below it."), parent.slug);
    *parent_id = parent.id;
    if (itself == 0 || parent.id == 0)
        return NULL;
    TRY(q_chapter_is_below(db, arena, parent.id, itself, &rows));
    if (chapter_is_below_row(&rows, 0).below)
        return FAIL(arena, CONFLICT,
            tr(lang, "A chapter cannot stand below itself or below one of its own chapters."));
    return NULL;
}

struct error *
chapter_check_text(
    struct arena *arena, const struct lang *lang, const char *key, const char **value, size_t most)
{
    size_t letters = 0;

    *value = text_trim(arena, *value);
    if (**value != '\0' && !text_is_name(*value, strlen(*value)))
        return FAIL(arena, BAD_REQUEST, tr(lang, "%s: this is not plain text in UTF-8."), key);
    for (const char *s = *value; *s != '\0'; s++)
        letters += ((unsigned char)*s & 0xC0) != 0x80;
    if (letters > most)
        return FAIL(arena, BAD_REQUEST, tr(lang, "%s: at most %zu characters, please."), key, most);
    return NULL;
}

static fallible
add_groups(const struct app *app, struct db *db, struct arena *arena, const char *slug, int64_t id)
{
    const struct config *c = app->config;
    const struct {
        int role;
        const char *setting, *pattern;
    } groups[] = {
        { ROLE_MEMBER, "ldap_member_group", c->ldap_member_group },
        { ROLE_BOARD, "ldap_board_group", c->ldap_board_group },
        { ROLE_CHAIR, "ldap_chair_group", c->ldap_chair_group },
    };
    struct rows rows;

    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        if (groups[i].pattern == NULL || *groups[i].pattern == '\0')
            continue;
        const char *key = directory_group_key(arena, dn_for_slug(arena, groups[i].pattern, slug));
        if (key == NULL)
            return FAIL(arena, INTERNAL,
                "The setting %s in %s is not the name (DN) of a group in the directory. Mend it "
                "there.",
                groups[i].setting, c->path);
        TRY(q_chapter_group_add(db, arena, id, (int16_t)groups[i].role, key, &rows));
    }
    return NULL;
}

static fallible
check_new(const struct app *app, struct arena *arena, struct chapter_new *plan)
{
    const char *fault = chapter_slug_fault(plan->slug);

    if (fault != NULL)
        return FAIL(arena, BAD_REQUEST, "%s: %s", plan->slug, tr(app->lang, fault));
    TRY(chapter_check_text(arena, app->lang, "name", &plan->name, CHAPTER_NAME_MAX));
    if (*plan->name == '\0')
        return FAIL(arena, BAD_REQUEST, tr(app->lang, "A chapter needs a name."));
    if (plan->number != NULL)
        TRY(chapter_check_text(arena, app->lang, "number", &plan->number, CHAPTER_NUMBER_MAX));
    if (plan->number != NULL && *plan->number == '\0')
        plan->number = NULL;
    if (plan->language == NULL)
        plan->language = app->config->language;
    if (lang_find(plan->language) == NULL)
        return FAIL(arena, BAD_REQUEST, tr(app->lang, "The language “%s” is not spoken here."),
            plan->language);
    if (plan->quota < 0)
        plan->quota = app->config->chapter_quota;
    return NULL;
}

static fallible
tell(struct db *db, struct arena *arena, enum audit_what what, int64_t id, const char *name)
{
    return audit(db, arena,
        &(struct audit_entry){
            .what = what, .by = BY_OPERATOR, .chapter = id, .object = id, .title = name });
}

struct error *
chapter_add(const struct app *app, struct db *db, struct arena *arena,
    const struct chapter_new *asked, int64_t *id)
{
    struct chapter_new plan = *asked;
    struct rows rows;
    int64_t parent;

    TRY(check_new(app, arena, &plan));
    TRY(q_chapter_tree_lock(db, arena, &rows));
    TRY(chapter_check_place(db, arena, app->lang, plan.kind, plan.parent, 0, &parent));
    TRY(q_chapter_insert(db, arena, plan.slug, plan.name, plan.kind, plan.number,
        parent == 0 ? NULL : &parent, plan.language, &rows));
    if (rows.n == 0)
        return FAIL(arena, CONFLICT, tr(app->lang, "There is already a chapter “%s”."), plan.slug);
    *id = chapter_insert_row(&rows, 0).id;
    TRY(q_chapter_scope(db, arena, plan.slug, &rows));
    TRY(q_chapter_quota_set(db, arena, *id, plan.quota, &rows));
    TRY(add_groups(app, db, arena, plan.slug, *id));
    for (const struct module *const *m = app->modules; *m != NULL; m++)
        TRY((*m)->doors.chapter_made(app, db, arena, *id));
    return tell(db, arena, AUDIT_CHAPTER_MADE, *id, plan.name);
}

struct error *
chapter_archive(const struct app *app, struct db *db, struct arena *arena,
    const struct chapter *chapter, bool closed, bool *done)
{
    struct rows rows;

    TRY(q_chapter_tree_lock(db, arena, &rows));
    TRY(q_chapter_by_slug(db, arena, chapter->slug, &rows));
    *done = chapter_by_slug_row(&rows, 0).archived_is_null == closed;
    if (!*done)
        return NULL;
    TRY(q_chapter_relatives(db, arena, chapter->id, &rows));
    struct chapter_relatives_row row = chapter_relatives_row(&rows, 0);
    if (closed && row.open_child != NULL)
        return FAIL(arena, CONFLICT,
            tr(app->lang, "The chapter “%s” stands below it and is open. Archive that one first."),
            row.open_child);
    if (!closed && row.closed_parent != NULL)
        return FAIL(arena, CONFLICT,
            tr(app->lang, "Its parent “%s” is archived. Open that one first."), row.closed_parent);
    TRY(q_chapter_archive(db, arena, chapter->id, closed, &rows));
    return tell(db, arena, closed ? AUDIT_CHAPTER_CLOSED : AUDIT_CHAPTER_OPENED, chapter->id,
        chapter->name);
}
