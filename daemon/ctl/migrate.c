/* chapterctl migrate: brings the database to the version of this program. */
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "ctl/ctl.h"
#include "db/schema.h"

static void
tell_status(struct ctl *ctl, int installed)
{
    const int needed = schema_version();

    if (ctl->json) {
        ctl_json(json_pack("{s:b, s:i, s:i}", "ok", installed >= needed, "installed", installed,
            "needed", needed));
        return;
    }
    if (installed == 0)
        ctl_say(ctl,
            "The database is empty. This program needs version %d. Run: chapterctl migrate",
            needed);
    else if (installed < needed)
        ctl_say(ctl, "The database has version %d, this program needs %d. Run: chapterctl migrate",
            installed, needed);
    else
        ctl_say(ctl, "The database has version %d, as this program needs.", installed);
}

static fallible
migrate(struct ctl *ctl)
{
    const char *admin = ctl->config->admin_database;
    int before, after;

    if (admin == NULL)
        return FAIL(ctl->arena, CONFLICT,
            "%s does not say how to reach the database as its owner. Add a line admin_database "
            "= ..., for example: admin_database = host=/run/postgresql dbname=chapterd "
            "user=chapterd_admin",
            ctl->config->path);
    TRY(schema_installed(ctl->arena, admin, &before));
    if (ctl_option(ctl, "status") != NULL) {
        if (before < schema_version())
            ctl->end = CTL_FAILED;
        tell_status(ctl, before);
        return NULL;
    }
    TRY(schema_migrate(ctl->arena, admin, ctl->json ? stderr : stdout));
    TRY(schema_installed(ctl->arena, admin, &after));
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:i, s:i}", "ok", 1, "before", before, "after", after));
    return NULL;
}

static const struct ctl_option migrate_options[] = {
    { "status", NULL, "only say which version the database has", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command migrate_commands[] = {
    {
        .name = "migrate",
        .args = "",
        .options = migrate_options,
        .help = "brings the database to the version that this program needs",
        .more = "Safe to run at any time: what has been done is not done again. It uses the\n"
                "setting admin_database, so run it as the user who may sign in there.\n",
        .run = migrate,
    },
    { .name = NULL },
};
