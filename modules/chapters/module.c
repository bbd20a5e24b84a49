#include "modules/module.h"

#include <stddef.h>

#include "base/macros.h"
#include "db/db.h"
#include "http/route.h"
#include "jobs/jobs.h"
#include "modules/chapters/chapters.h"
#include "modules/chapters/pages.h"
#include "modules/chapters/tour.h"
#include "q/group.h"
#include "q/role.h"

#define MEMBERS  "/c/{chapter}/members"
#define INVITE   "/invite/{code}"
#define FORM_MAX KB(16)

static const struct route routes[] = {
    { GET, "/", LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = chapters_start_page },
    { GET, "/c/{chapter}", LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE,
        .run = chapters_chapter_page },
    { GET, MEMBERS, LOGIN_PAGE, NEED_BOARD, READ_ONLY, BODY_NONE, .run = chapters_members_page },
    { POST, MEMBERS, LOGIN_PAGE, NEED_CHAIR, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .prepare = chapters_members_prepare, .run = chapters_members_post },
    { GET, INVITE, LOGIN_NONE, ANYBODY, READ_ONLY, BODY_NONE, .secret = true,
        .run = chapters_invite_page },
    { POST, INVITE, LOGIN_NONE, ANYBODY, READ_WRITE, BODY_MEMORY, FORM_MAX, .secret = true,
        .run = chapters_invite_post },
    { GET, "/tour", LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .run = tour_show_page },
    { POST, "/tour/end", LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .run = tour_post_end },
    ROUTES_END,
};

/* Roles and places in groups that ran out by their date: access ends with the day, clients learn of
 * it here. */
static fallible
rights_end(const struct app *app UNUSED, struct db *db, struct arena *arena)
{
    static const struct db_scope everything = { .chapters = "*" };
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &everything));
    return db_end(db, arena, q_roles_ended(db, arena, &rows));
}

static const struct job jobs[] = { { "rights-end", 600, rights_end }, { .name = NULL } };

static fallible
chapters_retention(
    const struct app *app UNUSED, struct db *db, struct arena *arena, int64_t *removed)
{
    static const struct db_scope everything = { .chapters = "*" };
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &everything));
    TRY(db_end(db, arena, q_guests_clear(db, arena, &rows)));
    *removed = guests_clear_row(&rows, 0).n;
    return NULL;
}

const struct module chapters_module = {
    .name = "chapters",
    .routes = routes,
    .jobs = jobs,
    .doors = {
        .ref = ref_none,
        .publish = publish_none,
        .search = search_none,
        .notices = notices_none,
        .person_export = person_export_none,
        .person_erase = person_erase_none,
        .chapter_export = chapter_export_none,
        .chapter_import = chapter_import_none,
        .retention = chapters_retention,
        .chapter_made = chapter_made_none,
    },
};
