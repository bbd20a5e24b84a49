#include "modules/module.h"

#include <stddef.h>

#include "base/config.h"
#include "base/macros.h"
#include "db/db.h"
#include "http/app.h"
#include "http/route.h"
#include "modules/audit/audit.h"
#include "modules/audit/pages.h"
#include "q/audit.h"

#define FORM_MAX KB(16)

static fallible
forget(const struct app *app, struct db *db, struct arena *arena, int64_t *removed)
{
    const struct db_scope none = { .chapters = "" };
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &none));
    TRY(db_end(db, arena, q_audit_forget(db, arena, (int32_t)app->config->audit_days, &rows)));
    *removed = audit_forget_row(&rows, 0).removed;
    return NULL;
}

static const struct route routes[] = {
    { GET, "/c/{chapter}/audit", LOGIN_PAGE, NEED_BOARD, READ_ONLY, BODY_NONE,
        .run = audit_show_page },
    { GET, "/c/{chapter}/audit.csv", LOGIN_PAGE, NEED_BOARD, READ_ONLY, BODY_NONE,
        .crew = CREW_EXPORTS, .run = audit_show_csv },
    { GET, "/c/{chapter}/audit.json", LOGIN_PAGE, NEED_BOARD, READ_ONLY, BODY_NONE,
        .crew = CREW_EXPORTS, .run = audit_show_json },
    { GET, "/c/{chapter}/override", LOGIN_PAGE, NEED_STATE_ADMIN, READ_ONLY, BODY_NONE,
        .run = override_show_page },
    { POST, "/c/{chapter}/override", LOGIN_PAGE, NEED_STATE_ADMIN, READ_WRITE, BODY_MEMORY,
        FORM_MAX, .run = override_post_page },
    { POST, "/c/{chapter}/override/end", LOGIN_PAGE, NEED_STATE_ADMIN, READ_WRITE, BODY_MEMORY,
        FORM_MAX, .run = override_post_end },
    ROUTES_END,
};

const struct module audit_module = {
    .name = "audit",
    .routes = routes,
    .doors = {
        .ref = ref_none,
        .publish = publish_none,
        .search = search_none,
        .notices = notices_none,
        .person_export = person_export_none,
        .person_erase = person_erase_none,
        .chapter_export = chapter_export_none,
        .chapter_import = chapter_import_none,
        .retention = forget,
        .chapter_made = chapter_made_none,
    },
};
