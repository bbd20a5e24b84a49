#include "modules/chapters/group.h"

#include <stddef.h>

#include "auth/audit.h"
#include "base/arena.h"
#include "base/text.h"
#include "db/db.h"
#include "html/lang.h"
#include "http/app.h"
#include "modules/chapters/change.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/people.h"
#include "q/group.h"
#include "q/role.h"

#define GROUP_NAME_MAX 60

static fallible
find(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    const char *name, struct group_find_row *group)
{
    struct rows rows;

    TRY(q_group_find(db, arena, chapter->id, text_nfc(arena, text_trim(arena, name)), &rows));
    if (rows.n == 0)
        return FAIL(arena, NOT_FOUND, tr(app->lang, "There is no group “%s” here."), name);
    *group = group_find_row(&rows, 0);
    return NULL;
}

static fallible
note(struct db *db, struct arena *arena, const struct chapter *chapter, enum audit_what what,
    const struct group_find_row *group, int64_t about, const char *until, int64_t by)
{
    return audit(db, arena,
        &(struct audit_entry){ .what = what,
            .by = by,
            .chapter = chapter->id,
            .kind = "group",
            .object = group->id,
            .title = group->name,
            .about = about,
            .until = until });
}

struct error *
group_add(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    const char *name, int64_t by)
{
    struct rows rows;

    TRY(chapter_check_text(arena, app->lang, "name", &name, GROUP_NAME_MAX));
    name = text_nfc(arena, name);
    if (*name == '\0')
        return FAIL(arena, BAD_REQUEST, "%s", tr(app->lang, "A group needs a name."));
    TRY(q_group_add(db, arena, chapter->id, name, &rows));
    if (rows.n == 0)
        return FAIL(arena, CONFLICT, tr(app->lang, "There is already a group “%s”."), name);
    const struct group_find_row made = { group_add_row(&rows, 0).id, name };
    return note(db, arena, chapter, AUDIT_GROUP_MADE, &made, 0, NULL, by);
}

struct error *
group_remove(const struct app *app, struct db *db, struct arena *arena,
    const struct chapter *chapter, const char *name, int64_t by)
{
    struct group_find_row group;
    struct rows rows;

    TRY(find(app, db, arena, chapter, name, &group));
    TRY(q_group_remove(db, arena, chapter->id, group.id, &rows));
    return note(db, arena, chapter, AUDIT_GROUP_REMOVED, &group, 0, NULL, by);
}

struct error *
group_join(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    const struct group_join *join, bool *made)
{
    struct group_find_row group;
    struct rows rows;
    int64_t person;

    TRY(find(app, db, arena, chapter, join->group, &group));
    TRY(people_find(app, db, arena, join->uid, join->found, &person));
    TRY(q_role_is_guest(db, arena, chapter->id, person, &rows));
    TRY(people_check_until(
        app, db, arena, join->until, join->by > 0 && role_is_guest_row(&rows, 0).guest));
    TRY(q_group_join(db, arena, chapter->id, group.id, person, join->until,
        join->by > 0 ? &join->by : NULL, &rows));
    *made = group_join_row(&rows, 0).made;
    return note(db, arena, chapter, AUDIT_GROUP_JOINED, &group, person, join->until, join->by);
}

struct error *
group_leave(const struct app *app, struct db *db, struct arena *arena,
    const struct chapter *chapter, const char *name, const char *uid, int64_t by, bool *done)
{
    struct group_find_row group;
    struct rows rows;

    TRY(find(app, db, arena, chapter, name, &group));
    TRY(q_role_person(db, arena, uid, &rows));
    *done = false;
    if (rows.n == 0)
        return NULL;
    int64_t person = role_person_row(&rows, 0).id;
    TRY(q_group_leave(db, arena, chapter->id, group.id, person, &rows));
    *done = rows.n > 0;
    return *done ? note(db, arena, chapter, AUDIT_GROUP_LEFT, &group, person, NULL, by) : NULL;
}

struct error *
group_list(struct db *db, struct arena *arena, int64_t chapter, const struct group **groups, int *n)
{
    struct rows rows;

    TRY(q_groups_of(db, arena, chapter, &rows));
    struct group *all = NEW_ARRAY(arena, struct group, (size_t)rows.n + 1);
    struct group_member *member = NEW_ARRAY(arena, struct group_member, (size_t)rows.n + 1);
    int at = -1;
    for (int i = 0; i < rows.n; i++) {
        struct groups_of_row row = groups_of_row(&rows, i);
        if (at < 0 || all[at].id != row.id)
            all[++at] = (struct group){ .id = row.id, .name = row.name, .member = &member[i] };
        if (!row.person_is_null)
            member[i] =
                (struct group_member){ row.uid, row.person_name, row.until, row.over, row.guest };
        all[at].n += !row.person_is_null;
    }
    *groups = all;
    *n = at + 1;
    return NULL;
}
