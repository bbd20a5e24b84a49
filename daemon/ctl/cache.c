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
    ctl_say(ctl, "All daemons forget passwords and roles they have looked up; the next login asks the "
                 "directory again.");
    if (ctl->json)
        ctl_json(json_pack("{s:b}", "ok", 1));
    return NULL;
}

const struct ctl_command cache_commands[] = {
    { "cache flush", "", 0, 0, NULL,
        "makes all daemons forget passwords and roles they remember", false, cache_flush },
    { NULL, NULL, 0, 0, NULL, NULL, false, NULL },
};
