#include "modules/module.h"

#include <stddef.h>

#include "http/route.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "modules/documents/search.h"
#include "modules/documents/share.h"
#include "modules/documents/visit.h"
#include "webdav/dav.h"

#define FILES    "/c/{chapter}/files/**"
#define TRASH    "/c/{chapter}/trash"
#define SHARES   "/c/{chapter}/shares"
#define LINK     "/s/{token}/**"
#define FORM_MAX KB(64)

static const struct route routes[] = {
    { GET, FILES, LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = documents_show_page },
    { POST, FILES, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_BLOB, GB(1),
        .scope = documents_page_scope, .admit = documents_page_admit,
        .prepare = documents_page_prepare, .run = documents_post_page },
    { PUT, FILES, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_BLOB, .scope = dav_scope,
        .admit = dav_admit, .prepare = dav_prepare, .run = dav_serve },
    { GET, TRASH, LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .run = documents_trash_page },
    { POST, TRASH, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = documents_trash_scope, .run = documents_trash_post },
    { GET, SHARES, LOGIN_PAGE, NEED_BOARD, READ_ONLY, BODY_NONE, .run = shares_page },
    { POST, SHARES, LOGIN_PAGE, NEED_BOARD, READ_WRITE, BODY_MEMORY, FORM_MAX, .run = shares_post },
    { GET, LINK, LOGIN_NONE, ANYBODY, READ_WRITE, BODY_NONE, .secret = true, .scope = visit_scope,
        .run = visit_page },
    { POST, LINK, LOGIN_NONE, ANYBODY, READ_WRITE, BODY_BLOB, GB(1), .secret = true,
        .scope = visit_scope, .admit = visit_admit, .prepare = visit_prepare, .run = visit_post },
    { GET, "/c/{chapter}/search", LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE,
        .run = search_show_page },
    ROUTES_END,
};

const struct module documents_module = {
    .name = "documents",
    .routes = routes,
    .jobs = search_jobs,
    .doors = {
        .ref = ref_none,
        .publish = publish_none,
        .search = search_none,
        .notices = share_notices,
        .person_export = share_person_export,
        .person_erase = share_person_erase,
        .chapter_export = share_chapter_export,
        .chapter_import = chapter_import_none,
        .retention = documents_retention,
        .chapter_made = documents_chapter_made,
    },
};
