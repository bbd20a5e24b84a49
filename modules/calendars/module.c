#include "modules/module.h"

#include <stddef.h>

#include "http/route.h"
#include "jobs/jobs.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/feed/feed.h"
#include "modules/calendars/schedule/busy.h"
#include "modules/calendars/schedule/imip.h"
#include "modules/calendars/web/deleted.h"
#include "modules/calendars/web/import.h"
#include "modules/calendars/web/pages.h"
#include "modules/calendars/web/tasks.h"

#define CALENDAR        "/c/{chapter}/calendar"
#define EVENT           CALENDAR "/{calendar}/{name}"
#define OWN             "/account/calendar"
#define TASKS           "/c/{chapter}/tasks"
#define TASK            TASKS "/{calendar}/{name}"
#define FEEDS           "/c/{chapter}/feeds"
#define FORM_MAX        KB(512)
#define IMPORT_FORM_MAX (2 * IMPORT_FILE_MOST + KB(64))
#define REPLY_MAX       KB(1)
#define OUTBOX_MAX      KB(64)

static const struct route routes[] = {
    { GET, CALENDAR, LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = calendar_page },
    { POST, CALENDAR, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = event_post_scope, .run = calendar_post },
    { POST, EVENT, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = event_post_scope, .run = event_post },
    { GET, CALENDAR "/import", LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .run = import_page },
    { POST, CALENDAR "/import", LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, IMPORT_FORM_MAX,
        .scope = event_post_scope, .run = import_post },
    { GET, CALENDAR "/export", LOGIN_PAGE, ANYBODY, SNAPSHOT, BODY_NONE, .run = export_page },
    { GET, CALENDAR "/trash", LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .run = deleted_page },
    { POST, CALENDAR "/trash", LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = event_post_scope, .run = deleted_post },
    { GET, EVENT, LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = event_page },
    { GET, OWN, LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .scope = event_own_scope,
        .run = calendar_page },
    { POST, OWN, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = event_post_scope, .run = calendar_post },
    { GET, OWN "/{calendar}/{name}", LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE,
        .scope = event_own_scope, .run = event_page },
    { POST, OWN "/{calendar}/{name}", LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = event_post_scope, .run = event_post },
    { GET, TASKS, LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = tasks_page },
    { POST, TASKS, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = event_post_scope, .run = tasks_post },
    { GET, TASK, LOGIN_PAGE, ANYBODY, READ_ONLY, BODY_NONE, .run = task_page },
    { POST, TASK, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = event_post_scope, .run = task_post },
    { GET, "/c/{chapter}/calendar.ics", LOGIN_NONE, ANYBODY, SNAPSHOT, BODY_NONE,
        .run = feed_of_chapter },
    { GET, FEEDS, LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .run = feeds_page },
    { POST, FEEDS, LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX, .run = feeds_post },
    { GET, "/feed/{file}", LOGIN_NONE, ANYBODY, SNAPSHOT, BODY_NONE, .secret = true,
        .scope = feed_scope, .run = feed_by_token },
    { GET, FEEDS "/{calendar}", LOGIN_NONE, ANYBODY, SNAPSHOT, BODY_NONE, .run = feed_of_calendar },
    { POST, "/dav/calendars/{uid}/outbox", LOGIN_DAV, SIGNED_IN, NO_TX, BODY_MEMORY, OUTBOX_MAX,
        .run = outbox_post },
    { GET, "/account/busy", LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE, .scope = busy_scope,
        .run = busy_page },
    { POST, "/account/busy", LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, REPLY_MAX,
        .scope = busy_scope, .run = busy_post },
    { GET, "/r/{token}", LOGIN_NONE, ANYBODY, READ_ONLY, BODY_NONE, .secret = true,
        .scope = reply_scope, .run = reply_page },
    { POST, "/r/{token}", LOGIN_NONE, ANYBODY, READ_WRITE, BODY_MEMORY, REPLY_MAX, .secret = true,
        .scope = reply_scope, .run = reply_post },
    ROUTES_END,
};

static const struct job jobs[] = {
    { "calendars_reckon", 3600, calendars_reckon },
    { .name = NULL },
};

const struct module calendars_module = {
    .name = "calendars",
    .routes = routes,
    .jobs = jobs,
    .doors = {
        .ref = ref_none,
        .publish = publish_none,
        .search = calendars_search,
        .notices = calendars_notices,
        .person_export = calendars_person_export,
        .person_erase = calendars_person_erase,
        .chapter_export = calendars_chapter_export,
        .chapter_import = chapter_import_none,
        .retention = calendars_retention,
        .chapter_made = calendars_chapter_made,
    },
};
