#include "tables.h"

#include <assert.h>
#include <stddef.h>

#include "auth/auth.h"
#include "auth/patterns.h"
#include "base/arena.h"
#include "base/macros.h"
#include "http/front.h"
#include "http/route.h"
#include "jobs/jobs.h"
#include "mail/routes.h"
#include "modules/module.h"
#include "retention.h"
#include "webdav/dav.h"
#include "webdav/store.h"

/* What the layers below the modules serve and do. */
static const struct route *const own_routes[] = { http_routes, auth_routes, account_routes, pattern_routes,
    mail_routes, dav_routes };

/* A door that nobody thought of is a bug. */
static int
count_modules(void)
{
    int n = 0;

    for (; modules[n] != NULL; n++) {
        const struct module_doors *d = &modules[n]->doors;
        assert(d->ref != NULL && d->publish != NULL && d->search != NULL && d->notices != NULL);
        assert(d->person_export != NULL && d->person_erase != NULL);
        assert(d->chapter_export != NULL && d->chapter_import != NULL && d->chapter_made != NULL);
        assert(d->retention != NULL);
    }
    return n;
}

/* A list of the layers' own tables, then of those of the modules that have one. */
#define GATHER(type, own, member)                                                                  \
    int n = 0;                                                                                     \
    type *list = NEW_ARRAY(arena, type, COUNT_OF(own) + (size_t)count_modules() + 1);              \
    for (size_t i = 0; i < COUNT_OF(own); i++)                                                     \
        list[n++] = own[i];                                                                        \
    for (const struct module *const *m = modules; *m != NULL; m++)                                 \
        if ((*m)->member != NULL)                                                                  \
            list[n++] = (*m)->member;                                                              \
    return list

const struct route *const *
tables_routes(struct arena *arena)
{
    GATHER(const struct route *, own_routes, routes);
}

unsigned
tables_areas(void)
{
    unsigned areas = 0;

    for (const struct dav_mount *const *m = dav_mounts; *m != NULL; m++)
        areas |= (*m)->area;
    return areas;
}

const struct job *const *
tables_jobs(struct arena *arena, const struct config *config)
{
    const struct job *const own_jobs[] = { auth_jobs(arena, config), mail_jobs, store_jobs,
        retention_jobs };
    GATHER(const struct job *, own_jobs, jobs);
}

void
tables_print_routes(FILE *to)
{
    static const char *const logins[] = { [LOGIN_NONE] = "none", [LOGIN_PAGE] = "page", [LOGIN_DAV] = "dav" };
    static const char *const needs[] = { [ANYBODY] = "anybody", [SIGNED_IN] = "signed-in",
        [NEED_MEMBER] = "member", [NEED_BOARD] = "board", [NEED_CHAIR] = "chair",
        [NEED_STATE_ADMIN] = "state-admin" };
    struct arena *arena = arena_new();

    for (const struct route *const *table = tables_routes(arena); *table != NULL; table++)
        for (const struct route *r = *table; r->run != NULL; r++)
            fprintf(to, "%s %s %s %s\n", method_names[r->method], r->pattern, logins[r->login],
                needs[r->need]);
    arena_free(arena);
}
