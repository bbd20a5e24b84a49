#include "modules/chapters/grant.h"

#include <stddef.h>

#include "auth/audit.h"
#include "base/arena.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "modules/chapters/change.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/people.h"
#include "q/role.h"

#define REASON_MAX 500

struct error *
grant_give(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    const struct grant *grant, bool *made)
{
    const char *reason = grant->reason;
    struct rows rows;
    int64_t person;

    if (reason != NULL)
        TRY(chapter_check_text(arena, app->lang, "reason", &reason, REASON_MAX));
    if (chapter->archived != 0)
        return FAIL(arena, CONFLICT, tr(app->lang, "The chapter “%s” is archived."), chapter->slug);
    TRY(people_find(app, db, arena, grant->uid, grant->found, &person));
    TRY(q_role_is_guest(db, arena, chapter->id, person, &rows));
    TRY(people_check_until(
        app, db, arena, grant->until, grant->by > 0 && role_is_guest_row(&rows, 0).guest));
    TRY(q_role_grant_set(db, arena, chapter->id, person, (int16_t)grant->role, grant->until,
        grant->by == 0 ? NULL : &grant->by, reason, &rows));
    *made = role_grant_set_row(&rows, 0).made;
    return audit(db, arena,
        &(struct audit_entry){ .what = AUDIT_ROLE_GIVEN,
            .by = grant->by,
            .chapter = chapter->id,
            .kind = "person",
            .object = person,
            .about = person,
            .role = (enum role)grant->role,
            .until = grant->until,
            .reason = reason });
}

struct error *
grant_take(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    const char *uid, int role, int64_t by, bool *done)
{
    struct role_person_row person;
    struct rows rows;

    TRY(q_role_person(db, arena, uid, &rows));
    if (rows.n == 0)
        return FAIL(arena, NOT_FOUND, tr(app->lang, "Nobody here has the login name “%s”."), uid);
    person = role_person_row(&rows, 0);
    TRY(q_role_grant_remove(db, arena, chapter->id, person.id, (int16_t)role, &rows));
    *done = rows.n > 0;
    if (!*done)
        return NULL;
    return audit(db, arena,
        &(struct audit_entry){ .what = AUDIT_ROLE_TAKEN,
            .by = by,
            .chapter = chapter->id,
            .kind = "person",
            .object = person.id,
            .about = person.id,
            .role = (enum role)role });
}

struct error *
grant_list(struct db *db, struct arena *arena, int64_t chapter, int least, struct holders *holders)
{
    struct rows given, named;
    int n = 0;

    TRY(q_role_from_directory(db, arena, chapter, (int16_t)least, &named));
    TRY(q_role_grants(db, arena, chapter, &given));
    struct holder *all = NEW_ARRAY(arena, struct holder, (size_t)(named.n + given.n));
    for (int i = 0; i < named.n; i++) {
        struct role_from_directory_row row = role_from_directory_row(&named, i);
        all[n++] = (struct holder){
            .uid = row.uid, .name = row.name, .role = row.role, .from_directory = true
        };
    }
    for (int i = 0; i < given.n; i++) {
        struct role_grants_row row = role_grants_row(&given, i);
        all[n++] = (struct holder){
            .uid = row.uid,
            .name = row.name,
            .role = row.role,
            .until = row.until,
            .by = row.granted_by,
            .reason = row.reason,
            .over = row.over || row.gone,
        };
    }
    *holders = (struct holders){ all, n };
    return NULL;
}
