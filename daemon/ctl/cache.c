/* chapterctl cache: what the daemons remember of people. */
#include <stddef.h>

#include "base/macros.h"
#include "ctl/ctl.h"
#include "q/ctl.h"

static fallible
flush_step(struct ctl *ctl, void *own UNUSED)
{
    struct rows rows;

    return q_ctl_notify(ctl->db, ctl->arena, "chapterd_rights", "", &rows);
}

static fallible
cache_flush(struct ctl *ctl)
{
    TRY(ctl_work(ctl, READ_WRITE, flush_step, NULL));
    ctl_say(ctl,
        "All daemons forget passwords and roles they have looked up; the next login asks the "
        "directory again.");
    if (ctl->json)
        ctl_json(json_pack("{s:b}", "ok", 1));
    return NULL;
}

const struct ctl_command cache_commands[] = {
    {
        .name = "cache flush",
        .args = "",
        .help = "makes all daemons forget passwords and roles they remember",
        .more = "Useful when a password was changed or an account closed in a hurry; otherwise\n"
                "they forget by themselves within a minute.\n",
        .run = cache_flush,
    },
    { .name = NULL },
};
