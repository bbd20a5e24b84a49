#include "modules/module.h"

#include <stddef.h>

#include "http/route.h"
#include "modules/chapters/chapters.h"
#include "modules/chapters/pages.h"

static const struct route routes[] = {
    { GET, "/", LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = chapters_start_page },
    { GET, "/c/{chapter}", LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = chapters_chapter_page },
    ROUTES_END,
};

const struct module chapters_module = {
    .name = "chapters",
    .routes = routes,
    .doors = {
        .ref = ref_none,
        .publish = publish_none,
        .search = search_none,
        .person_export = person_export_none,
        .person_erase = person_erase_none,
        .chapter_export = chapter_export_none,
        .chapter_import = chapter_import_none,
        .retention = retention_none,
        .chapter_made = chapter_made_none,
    },
};
