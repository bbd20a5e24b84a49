#include "modules/module.h"

#include <stddef.h>

#include "http/route.h"
#include "jobs/jobs.h"
#include "modules/contacts/contacts.h"
#include "modules/contacts/pages.h"

#define CONTACTS "/c/{chapter}/contacts/**"

static const struct route routes[] = {
    { GET, CONTACTS, LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .run = contacts_page },
    { POST, CONTACTS, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, MB(12),
        .scope = contacts_scope, .run = contacts_post },
    ROUTES_END,
};

static const struct job jobs[] = {
    { .name = NULL },
};

const struct module contacts_module = {
    .name = "contacts",
    .routes = routes,
    .jobs = jobs,
    .doors = {
        .ref = ref_none,
        .publish = publish_none,
        .search = contacts_search,
        .notices = notices_none,
        .person_export = contacts_person_export,
        .person_erase = contacts_person_erase,
        .chapter_export = contacts_chapter_export,
        .chapter_import = chapter_import_none,
        .retention = contacts_retention,
        .chapter_made = contacts_chapter_made,
    },
};
