#include <stdio.h>

#include "auth/auth.h"
#include "auth/ldap.h"
#include "auth/passwords.h"
#include "base/arena.h"
#include "base/config.h"
#include "db/db.h"
#include "http/app.h"
#include "jobs/jobs.h"
#include "q/session.h"

bool
auth_start(struct app *app, FILE *report)
{
    struct directory *directory;

    if (!directory_open(app->config, &directory, report))
        return false;
    app->passwords = passwords_new(app->config, directory);
    if (app->passwords == NULL) {
        fprintf(report, "no memory for logins\n");
        directory_close(directory);
        return false;
    }
    app->authenticate = who_authenticate;
    app->authorize = authorize;
    return true;
}

void
auth_stop(struct app *app)
{
    passwords_free(app->passwords);
    app->passwords = NULL;
}

void
auth_notified(const struct app *app, const char *payload)
{
    passwords_notified(app->passwords, payload);
}

static fallible
sync_job(const struct app *app, struct db *db, struct arena *arena)
{
    struct sync_report report;

    return auth_sync(app, db, arena, false, &report);
}

static fallible
sweep_job(const struct app *app, struct db *db, struct arena *arena)
{
    static const struct db_scope no_scope = { .chapters = "" };
    struct rows rows;

    (void)app;
    TRY(db_begin(db, arena, READ_WRITE, &no_scope));
    return db_end(db, arena, q_session_sweep(db, arena, &rows));
}

const struct job *
auth_jobs(struct arena *arena, const struct config *config)
{
    struct job *table = NEW_ARRAY(arena, struct job, 3);

    table[0] = (struct job){ "directory-sync", (int)config->ldap_sync_interval, sync_job };
    table[1] = (struct job){ "login-sweep", 3600, sweep_job };
    return table;
}
