/* What is counted, the line each request leaves in the log, and the pages for monitors. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/time.h"
#include "blob/blob.h"
#include "html/out.h"
#include "http/app.h"
#include "http/exchange.h"
#include "http/front.h"
#include "http/front_in.h"
#include "http/reaper.h"
#include "http/response.h"
#include "http/route.h"
#include "http/tls.h"
#include "http/worker.h"
#include "q/system.h"

static const char *const class_names[ROUTE_CLASSES] = {
    [LOGIN_NONE] = "open",
    [LOGIN_PAGE] = "page",
    [LOGIN_DAV] = "dav",
    [ROUTE_CLASSES - 1] = "none",
};

static const char *const status_names[STATUS_CLASSES] = { "cut", "1xx", "2xx", "3xx", "4xx",
    "5xx" };

/* One chapter or none: never a list, never a person. */
static const char *
chapter_of(const struct request *rq)
{
    const char *slugs = rq->scope.chapters;

    if (route_chapter(rq) != NULL)
        return route_chapter(rq);
    return slugs == NULL || strpbrk(slugs, ",*") != NULL ? "" : slugs;
}

static const char *
number(struct arena *arena, int64_t n)
{
    return arena_printf(arena, "%lld", (long long)n);
}

/* Which route, never which path; which chapter, never who (security 4.5). */
static void
log_request(const struct exchange *ex, bool complete, int64_t took, int64_t received)
{
    const struct request *rq = &ex->rq;
    bool debug = time_now() < rq->app->debug_log_until && !route_is_secret(rq);
    const char *path = debug ? rq->href : "";
    const char *status = complete ? number(rq->arena, ex->status) : "cut";
    const char *in = number(rq->arena, received), *us = number(rq->arena, took);
    const char *out = number(rq->arena, complete ? ex->sent : 0);
    const char *route = rq->route == NULL ? "" : rq->route->pattern;

    LOG(LOG_INFO_, "request", "id", rq->id, "method", method_names[rq->method], "route", route,
        "chapter", chapter_of(rq), "path", path, "status", status, "us", us, "in", in, "out", out);
}

void
metrics_count(struct exchange *ex, bool complete)
{
    struct metrics *m = &ex->front->metrics;
    const struct request *rq = &ex->rq;
    bool routed = rq->route != NULL && rq->route->pattern[0] != '\0';
    int route_class = routed ? (int)rq->route->login : ROUTE_CLASSES - 1;
    int status = complete ? ex->status / 100 : 0;
    int64_t took = time_monotonic() - rq->started;
    int64_t received = rq->body == NULL ? ex->drained : rq->body->received + ex->drained;

    atomic_fetch_add_explicit(
        &m->requests[route_class][status < STATUS_CLASSES ? status : 0], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->duration_us[route_class], (uint64_t)took, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->received, (uint64_t)received, memory_order_relaxed);
    if (complete)
        atomic_fetch_add_explicit(&m->sent, (uint64_t)ex->sent, memory_order_relaxed);
    log_request(ex, complete, took, received);
}

/* ---------------------------------------------------------------- pages */

static bool
may_see(const struct request *rq)
{
    const struct exchange *ex = exchange_of(rq);

    return ex->real.local || networks_have(ex->front->metrics_networks, &ex->real);
}

static void
line(struct arena *arena, struct out *o, const char *name, const char *labels, int64_t value)
{
    const char *text = arena_printf(arena, "%s%s %lld\n", name, labels, (long long)value);

    out_raw(o, text, strlen(text));
}

static void
title(struct arena *arena, struct out *o, const char *name, const char *type, const char *help)
{
    const char *text = arena_printf(arena, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);

    out_raw(o, text, strlen(text));
}

static void
show_certificate(struct arena *arena, struct out *o, const struct tls *tls)
{
    if (tls == NULL)
        return;
    title(arena, o, "chapterd_certificate_end_seconds", "gauge",
        "When the certificate of the listeners with TLS ends, in seconds since 1970.");
    line(arena, o, "chapterd_certificate_end_seconds", "", tls_ends(tls));
    title(arena, o, "chapterd_certificate_stale", "gauge",
        "1 when the last certificate found in its file could not be used.");
    line(arena, o, "chapterd_certificate_stale", "", tls_stale(tls));
}

static void
show_requests(struct arena *arena, struct out *o, struct metrics *m)
{
    title(arena, o, "chapterd_requests_total", "counter", "Requests by kind of route and status.");
    for (int c = 0; c < ROUTE_CLASSES; c++) {
        for (int s = 0; s < STATUS_CLASSES; s++) {
            if (s == 1)
                continue;
            line(arena, o, "chapterd_requests_total",
                arena_printf(
                    arena, "{class=\"%s\",status=\"%s\"}", class_names[c], status_names[s]),
                (int64_t)atomic_load(&m->requests[c][s]));
        }
    }
    title(arena, o, "chapterd_request_microseconds_total", "counter",
        "Time from the head of a request to the last byte of its answer.");
    for (int c = 0; c < ROUTE_CLASSES; c++)
        line(arena, o, "chapterd_request_microseconds_total",
            arena_printf(arena, "{class=\"%s\"}", class_names[c]),
            (int64_t)atomic_load(&m->duration_us[c]));
}

/*
 * One small query; LOST_RACE when the server was started anew since the last one, to be asked
 * again. *horizon: seconds since the oldest open transaction that writes began.
 */
static fallible
ask_database(struct request *rq, int64_t *horizon)
{
    const struct db_scope nothing = { .chapters = "" };
    struct rows rows;

    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &nothing));
    TRY(db_end(rq->db, rq->arena, q_sync_horizon(rq->db, rq->arena, &rows)));
    *horizon = sync_horizon_row(&rows, 0).seconds;
    return NULL;
}

fallible
metrics_show(struct request *rq, struct response *rs)
{
    struct front *front = exchange_of(rq)->front;
    struct metrics *m = &front->metrics;
    struct arena *arena = rq->arena;

    if (!may_see(rq))
        return REFUSE(arena, NOT_FOUND);
    int64_t horizon = 0;
    struct error *e = ask_database(rq, &horizon);
    if (e != NULL && e->cond == &LOST_RACE)
        return e;
    const struct {
        const char *name, *type, *help;
        int64_t value;
    } single[] = {
        { "chapterd_received_bytes_total", "counter", "Bytes of bodies received.",
            (int64_t)atomic_load(&m->received) },
        { "chapterd_sent_bytes_total", "counter", "Bytes of bodies sent.",
            (int64_t)atomic_load(&m->sent) },
        { "chapterd_lost_races_total", "counter", "Requests run again after losing a race.",
            (int64_t)atomic_load(&m->lost_races) },
        { "chapterd_reaped_connections_total", "counter", "Connections ended as too slow or idle.",
            (int64_t)atomic_load(&m->reaped) },
        { "chapterd_connections", "gauge", "Open connections.", reaper_connections(front->reaper) },
        { "chapterd_requests_running", "gauge", "Requests between head and last byte.",
            atomic_load(&front->running) },
        { "chapterd_workers", "gauge", "Worker threads.", front->app->config->workers },
        { "chapterd_workers_busy", "gauge", "Workers that run a request.",
            workers_busy(front->crew[CREW_COMMON]) },
        { "chapterd_queue_length", "gauge", "Requests that wait for a worker.",
            workers_queued(front->crew[CREW_COMMON]) },
        { "chapterd_blob_free_bytes", "gauge", "Free space where documents are kept.",
            blob_free_space(front->app->blobs) },
        { "chapterd_database_up", "gauge", "1 when the database answers.", e == NULL },
        { "chapterd_sync_horizon_age_seconds", "gauge",
            "Age of the oldest transaction that holds back sync tokens.", horizon },
    };
    struct out *o = response_text(rs, "text/plain; version=0.0.4; charset=utf-8");
    show_requests(arena, o, m);
    for (size_t i = 0; i < COUNT_OF(single); i++) {
        title(arena, o, single[i].name, single[i].type, single[i].help);
        line(arena, o, single[i].name, "", single[i].value);
    }
    show_certificate(arena, o, front->tls);
    return NULL;
}

/* Everybody may know whether it works; how busy it is, only those who may see the numbers. */
fallible
health_show(struct request *rq, struct response *rs)
{
    struct front *front = exchange_of(rq)->front;
    bool stopping = atomic_load(&front->quiescing);
    const char *state = "ok";
    int64_t horizon;

    struct error *e = stopping ? NULL : ask_database(rq, &horizon);
    if (e != NULL && e->cond == &LOST_RACE)
        return e;
    struct out *o = response_text(rs, "text/plain; charset=utf-8");
    if (stopping)
        state = "stopping";
    else if (e != NULL)
        state = "the database does not answer";
    else if (front->app->helpers != NULL && !front->app->helpers_answer(front->app->helpers))
        state = "the helper processes do not answer";
    else if (access(front->app->config->blob_dir, W_OK) != 0) /* also: mounted to be read only */
        state = "documents cannot be stored";
    if (strcmp(state, "ok") != 0)
        response_status(rs, 503);
    out_text(o, state);
    out_raw(o, "\n", 1);
    if (may_see(rq)) {
        line(rq->arena, o, "workers", "", front->app->config->workers);
        line(rq->arena, o, "busy", "", workers_busy(front->crew[CREW_COMMON]));
        line(rq->arena, o, "queued", "", workers_queued(front->crew[CREW_COMMON]));
        line(rq->arena, o, "connections", "", reaper_connections(front->reaper));
        line(rq->arena, o, "free bytes", "", blob_free_space(front->app->blobs));
    }
    return NULL;
}

const struct route http_routes[] = {
    { .method = GET,
        .pattern = "/healthz",
        .login = LOGIN_NONE,
        .tx = NO_TX,
        .crew = CREW_MONITORS,
        .run = health_show },
    { .method = GET,
        .pattern = "/metrics",
        .login = LOGIN_NONE,
        .tx = NO_TX,
        .crew = CREW_MONITORS,
        .run = metrics_show },
    { .method = GET,
        .pattern = "/static/{name}",
        .login = LOGIN_NONE,
        .tx = NO_TX,
        .run = static_show },
    ROUTES_END,
};
