#include "retention.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/log.h"
#include "http/app.h"
#include "modules/module.h"
#include "q/system.h"

#define DAY 86400

/* A module that fails does not keep the others from it; the first failure is the job's. */
static fallible
run(const struct app *app, struct db *db, struct arena *arena)
{
    struct rows rows;
    struct error *first = q_commit_marks_clear(db, arena, &rows);

    for (const struct module *const *m = app->modules; *m != NULL; m++) {
        int64_t removed = 0;
        struct error *e = (*m)->doors.retention(app, db, arena, &removed);
        if (first == NULL)
            first = e;
        if (removed > 0)
            LOG(LOG_INFO_, "retention", "module", (*m)->name, "removed",
                arena_printf(arena, "%lld", (long long)removed));
    }
    return first;
}

const struct job retention_jobs[] = {
    { .name = "retention", .every = DAY, .run = run },
    { .name = NULL },
};
