/* chapterd: reads the settings, starts the parts in their order, waits for a signal, stops them in reverse. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "auth/audit.h"
#include "auth/auth.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/version.h"
#include "blob/blob.h"
#include "db/db.h"
#include "db/schema.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/front.h"
#include "http/route.h"
#include "jobs/helpers.h"
#include "jobs/jobs.h"
#include "jobs/watch.h"
#include "mail/mailer.h"
#include "modules/calendars/schedule/deliver.h"
#include "modules/module.h"
#include "net/net.h"
#include "render.h"
#include "tables.h"
#include "webdav/dav.h"
#include "webdav/quota.h"

#define HELPERS 4
#define DEBUG_LOG_HOURS 24

static const char usage[] =
    "Usage: chapterd [-c FILE] [--check | --routes]\n"
    "Serves the pages and documents of all chapters.\n\n"
    "  -c, --config FILE  settings (default: /etc/chapterd/chapterd.conf)\n"
    "      --check        say what is wrong with the settings and end\n"
    "      --routes       list what is served: method, address, sign-in, least role\n"
    "      --version      print the version\n"
    "      --help         this text\n\n"
    "See chapterd(8) and chapterd.conf(5).\n";

/* An error before there is anybody to answer: one line on standard error. */
static int
refuse_to_start(const struct error *e)
{
    fprintf(stderr, "chapterd: %s\n", e->detail != NULL ? e->detail : e->cause != NULL ? e->cause : e->cond->title);
    if (e->detail != NULL && e->cause != NULL && strcmp(e->detail, e->cause) != 0)
        fprintf(stderr, "chapterd: cause: %s\n", e->cause);
    return 1;
}

/* Secrets are in this process's memory: no core file, no debugger of the same user. */
static void
keep_secrets(const struct config *config)
{
    const struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, config->demo, 0, 0, 0);
}

/* One of the words that the table of settings allows. */
static enum log_level
log_level(const char *word)
{
    static const struct {
        const char *word;
        enum log_level level;
    } levels[] = { { "error", LOG_ERROR_ }, { "warning", LOG_WARNING_ }, { "notice", LOG_NOTICE_ },
        { "debug", LOG_DEBUG_ } };

    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (strcmp(word, levels[i].word) == 0)
            return levels[i].level;
    return LOG_INFO_;
}

/* Whose paths are logged is to know it: nothing starts before it stands in the chapters' logs. */
static fallible
tell_debug_log(struct db *db, struct arena *arena)
{
    const struct db_scope none = { .chapters = "" };

    TRY(db_begin(db, arena, READ_WRITE, &none));
    return db_end(db, arena,
        audit(db, arena,
            &(struct audit_entry){ .what = AUDIT_DEBUG_LOG_ON,
                .by = BY_OPERATOR,
                .kind = "installation",
                .amount = DEBUG_LOG_HOURS }));
}

static fallible
check_database(struct app *app, struct arena *arena)
{
    struct db *db = db_new(app->config->database, "chapterd start");
    struct error *e = schema_check(db, arena);

    if (e == NULL && app->config->debug_access_log) {
        e = tell_debug_log(db, arena);
        app->debug_log_until = time_now() + DEBUG_LOG_HOURS * 3600 * INT64_C(1000000);
    }
    db_free(db);
    return e;
}

struct parts {
    struct front *front;
    struct jobs *jobs;
    struct watch *watch;
    struct mailer *mailer;
    struct delivery *delivery;
};

static const struct watched watched[] = {
    { "chapterd_rights", auth_notified },
    { NULL, NULL },
};

static fallible
start(struct arena *arena, struct app *app, struct parts *parts)
{
    TRY(net_start(arena));
    TRY(check_database(app, arena));
    TRY(blob_store_open_all(arena, app->config, &app->blobs));
    if (!auth_start(app, stderr))
        return REFUSE(arena, INTERNAL);
    app->quota = quota_pool_new(app->config->database);
    TRY(mailer_start(app, arena, &parts->mailer));
    parts->watch = watch_start(app, watched);
    struct error *e = front_start(arena, app, &parts->front);
    if (e != NULL) {
        watch_stop(parts->watch);
        mailer_stop(parts->mailer);
        return e;
    }
    parts->delivery = delivery_start(app);
    parts->jobs = jobs_start(app, tables_jobs(arena, app->config));
    return NULL;
}

static void
stop(struct app *app, struct parts *parts)
{
    jobs_stop(parts->jobs);
    delivery_stop(parts->delivery);
    mailer_stop(parts->mailer);
    watch_stop(parts->watch);
    front_stop(parts->front);
    quota_pool_free(app->quota);
    auth_stop(app);
    blob_store_close(app->blobs);
    net_stop();
}

/* Lets what runs come to its end: for stop_timeout seconds, or until somebody asks again. */
static void
drain(const struct config *config, struct front *front, const sigset_t *signals)
{
    const struct timespec moment = { .tv_nsec = 20000000 };
    int64_t until = time_monotonic() + config->stop_timeout * 1000000;
    int signal_number;

    sd_notify(0, "STOPPING=1");
    front_quiesce(front);
    while (!front_idle(front) && time_monotonic() < until) {
        signal_number = sigtimedwait(signals, NULL, &moment);
        if (signal_number == SIGTERM || signal_number == SIGINT)
            break;
    }
}

/*
 * Until somebody asks for it (true), or until it cannot go on (false). Meanwhile looks after what
 * may change.
 */
static bool
wait_for_end(struct front *front, const sigset_t *signals, struct helpers *helpers)
{
    uint64_t watchdog = 0;
    struct timespec turn = { .tv_sec = front_turn(front) };

    if (sd_watchdog_enabled(0, &watchdog) > 0 && (time_t)(watchdog / 2000000) < turn.tv_sec)
        turn.tv_sec = (time_t)(watchdog / 2000000);
    for (;;) {
        int signal_number = sigtimedwait(signals, NULL, &turn);
        if (signal_number == SIGTERM || signal_number == SIGINT)
            return true;
        if (!helpers_can_be_made(helpers)) {
            LOG(LOG_ERROR_, "zygote_gone", "remedy", "this daemon ends, to be started again");
            return false;
        }
        front_look(front, signal_number == SIGHUP);
        if (watchdog > 0)
            sd_notify(0, "WATCHDOG=1");
    }
}

static int
serve(struct arena *arena, struct app *app)
{
    struct parts parts = { 0 };
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGCHLD); /* of the zygote, our only child */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    struct error *e = start(arena, app, &parts);
    if (e != NULL)
        return refuse_to_start(e);
    LOG(LOG_NOTICE_, "started", "version", VERSION);
    sd_notify(0, "READY=1");
    bool asked = wait_for_end(parts.front, &signals, app->helpers);
    drain(app->config, parts.front, &signals);
    stop(app, &parts);
    LOG(LOG_NOTICE_, "stopped", "version", VERSION);
    return asked ? 0 : 1;
}

/* Serves with the settings of that file; without helpers it only checks them. */
static int
run_in(struct arena *arena, const char *file, struct helpers *helpers)
{
    const struct config *config = config_read(arena, file, stderr);

    if (config == NULL || !config_check(config, stderr))
        return 1;
    if (helpers == NULL)
        return 0;
    keep_secrets(config);
    log_start(log_level(config->log_level), getenv("JOURNAL_STREAM") != NULL);
    atomic_llong requests = 0;
    struct app app = {
        .config = config,
        .modules = modules,
        .routes = tables_routes(arena),
        .areas = tables_areas(),
        .lang = lang_find(config->language),
        .helpers = helpers,
        .helpers_answer = helpers_answer,
        .requests = &requests,
        .render_error = render_error,
    };
    return serve(arena, &app);
}

static int
run(const char *file, struct helpers *helpers)
{
    struct arena *arena = arena_new();
    int status = run_in(arena, file, helpers);

    arena_free(arena);
    return status;
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "check", no_argument, NULL, 'k' },
        { "routes", no_argument, NULL, 'r' },
        { "version", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    const char *file = "/etc/chapterd/chapterd.conf";
    bool check = false;
    int c;

    while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1)
        switch (c) {
        case 'c':
            file = optarg;
            break;
        case 'k':
            check = true;
            break;
        case 'r':
            tables_print_routes(stdout);
            return 0;
        case 'v':
            puts("chapterd " VERSION);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 2;
        }

    if (check)
        return run(file, NULL);
    /* Before there is a thread or a secret that these processes would inherit. */
    struct helpers *helpers = helpers_start(helper_tasks, HELPERS, stderr);
    if (helpers == NULL)
        return 1;
    int status = run(file, helpers);
    helpers_stop(helpers);
    return status;
}
