/* chapterctl sync: compares who has access with who is in the directory. */
#include <inttypes.h>
#include <stddef.h>

#include "auth/auth.h"
#include "base/arena.h"
#include "base/config.h"
#include "ctl/ctl.h"
#include "db/schema.h"
#include "modules/chapters/people.h"
#include "q/role.h"

static void
stop_auth(void *app)
{
    auth_stop(app);
}

struct error *
ctl_open_directory(struct ctl *ctl)
{
    if (!auth_start(&ctl->app, stderr))
        return FAIL(ctl->arena, CONFLICT,
            "The directory cannot be asked; mend what is named above in %s.", ctl->config->path);
    arena_defer(ctl->arena, stop_auth, &ctl->app);
    return NULL;
}

struct error *
ctl_look_up(struct ctl *ctl, const char *uid, const struct directory_person **found)
{
    struct rows rows;

    TRY(ctl_connect(ctl));
    *found = NULL;
    TRY(db_begin(ctl->db, ctl->arena, READ_ONLY, &(struct db_scope){ .chapters = "" }));
    TRY(db_end(ctl->db, ctl->arena, q_role_person(ctl->db, ctl->arena, uid, &rows)));
    if (rows.n > 0)
        return NULL;
    TRY(ctl_open_directory(ctl));
    return people_look_up(&ctl->app, ctl->db, ctl->arena, uid, found);
}

const struct ctl_option ctl_until_options[] = {
    { "until", "DATE", "the last day on which it holds, such as 2027-03-31", false },
    { NULL, NULL, NULL, false },
};

static void
tell(struct ctl *ctl, const struct sync_report *r)
{
    if (ctl->json) {
        ctl_json(json_pack("{s:b, s:I, s:I, s:I, s:I, s:b}", "ok", !r->stopped, "listed",
            (json_int_t)r->listed, "known", (json_int_t)r->known, "missing", (json_int_t)r->missing,
            "removed", (json_int_t)r->removed, "stopped", r->stopped));
        return;
    }
    ctl_say(ctl,
        "The directory lists %" PRId64 " people. %" PRId64 " people have signed in here before.",
        r->listed, r->known);
    if (r->stopped)
        ctl_say(ctl,
            "%" PRId64 " people with access are no longer listed. That is so many that nobody was "
            "removed: first see whether the directory is complete. If it is: chapterctl sync "
            "--confirm",
            r->missing);
    else if (r->removed > 0)
        ctl_say(
            ctl, "%" PRId64 " people are no longer listed and have lost their access.", r->removed);
    else
        ctl_say(ctl, "Nobody has left.");
}

static fallible
sync_command(struct ctl *ctl)
{
    struct sync_report report = { .listed = 0 };

    TRY(ctl_open_directory(ctl));
    ctl->db = db_new(ctl->config->database, "chapterctl sync");
    TRY(schema_check(ctl->db, ctl->arena));
    TRY(auth_sync(&ctl->app, ctl->db, ctl->arena, ctl_option(ctl, "confirm") != NULL, &report));
    if (report.stopped)
        ctl->end = CTL_FAILED;
    tell(ctl, &report);
    return NULL;
}

static const struct ctl_option sync_options[] = {
    { "confirm", NULL, "remove those who are no longer listed, however many they are", false },
    { "now", NULL, "at once, which it always does; for scripts that say so", false },
    { NULL, NULL, NULL, false },
};

const struct ctl_command sync_commands[] = {
    {
        .name = "sync",
        .args = "",
        .options = sync_options,
        .help = "compares who has access with who is in the directory",
        .more = "The daemon does the same every few minutes. Whoever is no longer in the\n"
                "directory loses all access; what belongs to chapters stays. When suspiciously\n"
                "many are missing, nobody is removed until --confirm is given.\n",
        .run = sync_command,
    },
    { .name = NULL },
};
