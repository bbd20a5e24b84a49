#include "mail/mailer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/thread.h"
#include "base/time.h"
#include "base/token.h"
#include "db/db.h"
#include "http/app.h"
#include "jobs/jobs.h"
#include "mail/compose.h"
#include "mail/mail.h"
#include "mail/relay.h"
#include "mail/routes.h"
#include "net/net.h"
#include "q/mail.h"

#define LOOK_SECONDS 1 /* between two looks into an empty queue */
#define BYTES_MAX    MB(2)
#define PAUSE_LEAST  1   /* seconds while the relay does not work: twice as long each time ... */
#define PAUSE_MOST   300 /* ... and at most */
#define SETTLE_TRIES                                                                               \
    20 /* how often what has become of a mail is told the database, a second apart */

struct mailer {
    const struct app *app;
    struct net_relay *relay;
    struct db *db;
    struct db_news news;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping;
    int64_t
        next;  /* time_monotonic(): not before, so that there are no more than smtp_rate a minute */
    int pause; /* seconds; 0: the relay works */
};

/* What is written down of a mail. */
struct verdict {
    const char *outcome; /* of mail_settle() */
    const char *problem;
    int pause;
};

/* Waits; false: it is to end. */
static bool
wait_until(struct mailer *m, int64_t time)
{
    const struct timespec until = { time / 1000000, time % 1000000 * 1000 };
    int waited = 0;

    pthread_mutex_lock(&m->mutex);
    while (!m->stopping && waited == 0 && time_monotonic() < time)
        waited = pthread_cond_timedwait(&m->wake, &m->mutex, &until);
    bool go_on = !m->stopping;
    pthread_mutex_unlock(&m->mutex);
    return go_on;
}

/* ---------------------------------------------------------------- the queue */

static const struct db_scope nobody = { .chapters = "" };

/* What no process can be at any more: a mail, leave-taking, and what is written down of it take no longer. */
static int32_t
patience(const struct mailer *m)
{
    return (int32_t)m->app->config->smtp_timeout * 3;
}

static fallible
take(struct mailer *m, struct arena *arena, struct rows *rows)
{
    TRY(db_begin(m->db, arena, READ_WRITE, &nobody));
    return db_end(m->db, arena, q_mail_take(m->db, arena, patience(m), rows));
}

static fallible
settle_once(
    struct mailer *m, struct arena *arena, const struct mail_take_row *row, const struct verdict *v)
{
    struct rows rows;

    TRY(db_begin(m->db, arena, READ_WRITE, &nobody));
    return db_end(m->db, arena,
        q_mail_settle(m->db, arena, row->id, row->tries, v->outcome, v->problem, v->pause, &rows));
}

/* The relay may have it by now, so a database that is away for a moment is waited for. */
static void
settle(
    struct mailer *m, struct arena *arena, const struct mail_take_row *row, const struct verdict *v)
{
    struct error *e = settle_once(m, arena, row, v);

    for (int i = 1; e != NULL && i < SETTLE_TRIES; i++) {
        (void)wait_until(m, time_monotonic() + 1000000);
        e = settle_once(m, arena, row, v);
    }
    if (e != NULL)
        LOG(LOG_WARNING_, "mail_not_noted", "outcome", v->outcome, "cause",
            e->cause != NULL ? e->cause : e->cond->title);
}

/* ---------------------------------------------------------------- one mail */

/* Longer each time, and a little by chance, so that they do not all come back at once. */
static int
pause_after(int tries)
{
    static const int minutes[] = { 1, 5, 15, 30, 60, 120, 240, 360 };
    const int last = COUNT_OF(minutes) - 1;
    int seconds = 60 * minutes[tries < 1 ? 0 : tries - 1 > last ? last : tries - 1];
    uint8_t chance;

    random_bytes(&chance, sizeof chance);
    return seconds + seconds * chance / 1280;
}

/* "450 4.2.0", or a word: what a row of the queue says of why. */
static const char *
problem_of(struct arena *arena, const struct net_outcome *o)
{
    if (o->delivery == NET_UNKNOWN)
        return "silence";
    if (o->status < 400)
        return "relay";
    return arena_printf(arena, "%d%s%s", o->status, *o->enhanced == '\0' ? "" : " ", o->enhanced);
}

static struct verdict
judge(struct arena *arena, const struct net_outcome *o, int tries)
{
    const char *problem = problem_of(arena, o);

    switch (o->delivery) {
    case NET_TAKEN:
        return (struct verdict){ "sent", NULL, 0 };
    case NET_LATER:
        return (struct verdict){ "later", problem, pause_after(tries) };
    case NET_REFUSED:
        return (struct verdict){ "failed", problem, 0 };
    case NET_UNKNOWN:
        return (struct verdict){ "unsure", problem, pause_after(tries) };
    case NET_RELAY_FAILS:
        break;
    }
    return (struct verdict){ "relay", problem, 0 };
}

/* Says when the relay ceases to work and when it does again, not each time. */
static void
note_relay(struct mailer *m, struct arena *arena, const struct net_outcome *o)
{
    if (o->delivery != NET_RELAY_FAILS) {
        if (m->pause > 0)
            LOG(LOG_NOTICE_, "mail_relay_works");
        m->pause = 0;
        return;
    }
    if (m->pause == 0)
        LOG(LOG_WARNING_, "mail_relay_fails", "status", arena_printf(arena, "%d", o->status),
            "cause", o->cause);
    m->pause = m->pause == 0 ? PAUSE_LEAST : m->pause * 2 < PAUSE_MOST ? m->pause * 2 : PAUSE_MOST;
}

static void
send_mail(struct mailer *m, struct arena *arena, const struct mail_take_row *row)
{
    struct buf bytes = buf_new(arena, BYTES_MAX);
    struct error *e = db_begin(m->db, arena, READ_ONLY, &nobody);

    if (e == NULL)
        e = db_end(m->db, arena, mail_compose(m->app, m->db, arena, row, &bytes));
    if (e != NULL) {
        const bool large = e->cond == &TOO_LARGE;
        settle(m, arena, row,
            &(struct verdict){ large ? "failed" : "relay", large ? "large" : "database", 0 });
        return;
    }
    struct net_outcome o = net_relay_send(
        m->relay, arena, m->app->config->mail_from, row->address, buf_string(&bytes), bytes.n);
    struct verdict v = judge(arena, &o, row->tries);
    settle(m, arena, row, &v);
    note_relay(m, arena, &o);
}

/* ---------------------------------------------------------------- the thread */

/* Sends one mail, if one is due. Returns when to look again. */
static int64_t
turn(struct mailer *m, struct arena *arena)
{
    struct rows rows = { .n = 0 };
    struct error *e = take(m, arena, &rows);

    if (e != NULL && e->cond != &TRY_LATER)
        LOG(LOG_WARNING_, "mail_queue", "cause", e->cause != NULL ? e->cause : e->cond->title);
    if (e != NULL || rows.n == 0)
        return time_monotonic() + LOOK_SECONDS * 1000000;

    const struct mail_take_row row = mail_take_row(&rows, 0);
    const int64_t began = time_monotonic();
    send_mail(m, arena, &row);
    return m->pause > 0 ? time_monotonic() + m->pause * INT64_C(1000000)
                        : began + 60000000 / m->app->config->smtp_rate;
}

static void *
work(void *own)
{
    struct mailer *m = own;

    pthread_setname_np(pthread_self(), "mail");
    while (wait_until(m, m->next)) {
        struct arena *arena = arena_new();
        m->next = turn(m, arena);
        arena_free(arena);
    }
    return NULL;
}

struct error *
mailer_start(const struct app *app, struct arena *arena, struct mailer **mailer)
{
    pthread_condattr_t monotonic;
    struct net_relay *relay;

    *mailer = NULL;
    if (!mail_is_on(app->config))
        return NULL;
    TRY(mail_relay_open(app->config, arena, &relay));
    struct mailer *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    m->app = app;
    m->relay = relay;
    m->db = db_new(app->config->database, "chapterd mail");
    db_join(m->db, &m->news);
    pthread_mutex_init(&m->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&m->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    thread_begin(&m->thread, work, m);
    *mailer = m;
    return NULL;
}

void
mailer_stop(struct mailer *m)
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&m->mutex);
    m->stopping = true;
    pthread_cond_broadcast(&m->wake);
    pthread_mutex_unlock(&m->mutex);
    pthread_join(m->thread, NULL);
    db_free(m->db);
    net_relay_free(m->relay);
    pthread_cond_destroy(&m->wake);
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

/* ---------------------------------------------------------------- forgetting */

static fallible
clear(const struct app *app UNUSED, struct db *db, struct arena *arena)
{
    struct rows rows;

    TRY(db_begin(db, arena, READ_WRITE, &nobody));
    return db_end(db, arena, q_mail_tend(db, arena, "clear", &rows));
}

const struct job mail_jobs[] = { { "mail-clear", 86400, clear }, { .name = NULL } };
