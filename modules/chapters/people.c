#include "modules/chapters/people.h"

#include <stddef.h>

#include "auth/ldap.h"
#include "auth/passwords.h"
#include "base/arena.h"
#include "base/time.h"
#include "db/db.h"
#include "html/lang.h"
#include "http/app.h"
#include "q/person.h"
#include "q/role.h"

static const struct db_scope no_scope = { .chapters = "" };

struct error *
people_look_up(const struct app *app, struct db *db, struct arena *arena, const char *uid,
    const struct directory_person **found)
{
    struct rows rows;

    *found = NULL;
    TRY(db_begin(db, arena, READ_ONLY, &no_scope));
    TRY(db_end(db, arena, q_role_person(db, arena, uid, &rows)));
    if (rows.n > 0 || app->passwords == NULL || passwords_directory(app->passwords) == NULL)
        return NULL;
    return directory_find(passwords_directory(app->passwords), arena, uid, found);
}

struct error *
people_find(const struct app *app, struct db *db, struct arena *arena, const char *uid,
    const struct directory_person *found, int64_t *id)
{
    struct rows rows;

    TRY(q_role_person(db, arena, uid, &rows));
    if (rows.n > 0) {
        struct role_person_row row = role_person_row(&rows, 0);
        *id = row.id;
        if (row.gone_is_null)
            return NULL;
        return FAIL(arena, CONFLICT,
            tr(app->lang, "“%s” is no longer in the directory and cannot be given a role."), uid);
    }
    if (found == NULL)
        return FAIL(arena, NOT_FOUND,
            tr(app->lang, "Nobody has the login name “%s”, neither here nor in the directory."),
            uid);
    TRY(q_person_login(db, arena, found->id, found->uid, found->name, found->mail,
        found->state_admin, found->groups, &rows));
    *id = person_login_row(&rows, 0).person;
    return NULL;
}

struct error *
people_check_until(
    const struct app *app, struct db *db, struct arena *arena, const char *until, bool guest)
{
    struct rows rows;

    if (until == NULL)
        return guest ? FAIL(arena, BAD_REQUEST, "%s",
                           tr(app->lang,
                               "Who does not belong to the chapter is a guest: please choose a "
                               "last day, at most one year from now."))
                     : NULL;
    if (!time_is_day(until))
        return FAIL(arena, BAD_REQUEST,
            tr(app->lang, "“%s” is not a day. Write for example 2027-03-31."), until);
    TRY(q_role_day_is_over(db, arena, until, &rows));
    if (role_day_is_over_row(&rows, 0).over)
        return FAIL(arena, BAD_REQUEST, tr(app->lang, "The day %s is already over."), until);
    if (guest && role_day_is_over_row(&rows, 0).far)
        return FAIL(arena, BAD_REQUEST, "%s",
            tr(app->lang, "A guest stays for at most one year. You can choose a new day then."));
    return NULL;
}
