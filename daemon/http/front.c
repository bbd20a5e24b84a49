/*
 * The front: libmicrohttpd's event threads. They never wait: a request that
 * needs a decision, a disk or a handler is suspended and handed over.
 */
#include "http/front.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "base/token.h"
#include "http/app.h"
#include "http/body_in.h"
#include "http/front_in.h"
#include "http/mhd.h"
#include "http/reaper.h"
#include "http/response_out.h"
#include "http/spool.h"
#include "http/stream.h"
#include "http/tls.h"
#include "http/worker.h"

#define STREAM_THREADS 4

/* ---------------------------------------------------------------- handing over */

static void
suspend(struct exchange *ex)
{
    atomic_store(&ex->connection->phase, BUSY);
    MHD_suspend_connection(ex->mhd);
}

/* Room in the spool again; from a spool thread. */
static void
resume_body(struct exchange *ex)
{
    atomic_store(&ex->connection->phase, BODY);
    MHD_resume_connection(ex->mhd);
}

/* A worker is done with it. After the resume it is the event thread's, and may be gone. */
static void
give_back(struct exchange *ex)
{
    struct MHD_Connection *mhd = ex->mhd;

    atomic_store(&ex->step, atomic_load(&ex->step) == ADMITTING ? ADMITTED : READY);
    MHD_resume_connection(mhd);
}

/* A worker has made the reply; what it is made of may have to be fetched first. */
static void
worked(struct exchange *ex)
{
    if (ex->stream != NULL && ex->rq.method != HEAD)
        stream_begin(ex->stream, give_back);
    else
        give_back(ex);
}

static void
queue(struct exchange *ex)
{
    const struct front *front = ex->front;

    if (workers_take(front->crew[ex->rq.route->crew], ex))
        return;
    exchange_refuse(ex, error_cause(REFUSE(ex->rq.arena, TRY_LATER), ex->rq.arena,
                            "the queue for workers is full"));
    give_back(ex);
}

/* The order is: suspend, change the step, queue. Then the worker's resume comes last. */
static void
hand_over(struct exchange *ex, enum step next)
{
    suspend(ex);
    atomic_store(&ex->step, next);
    queue(ex);
}

/* ---------------------------------------------------------------- a request arrives */

static enum MHD_Result
add_field(void *cls, enum MHD_ValueKind kind UNUSED, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
    struct exchange *ex = cls;
    struct field *field = (struct field *)(uintptr_t)ex->head.field;

    if (ex->head.n_fields > GUARD_FIELDS)
        return MHD_NO;
    field[ex->head.n_fields++] =
        (struct field){ name, value == NULL ? "" : value, name_n, value_n };
    return MHD_YES;
}

static const char *
request_id(struct front *front, struct arena *arena)
{
    unsigned long long n = atomic_fetch_add_explicit(&front->requests, 1, memory_order_relaxed);

    return arena_printf(arena, "%s-%llx", front->boot, n);
}

static struct exchange *
new_exchange(
    struct listener *listener, struct MHD_Connection *mhd, const char *method, const char *version)
{
    struct front *front = listener->front;
    struct arena *arena = arena_new();
    struct exchange *ex = NEW(arena, struct exchange);
    struct connection *c =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    int n = MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, NULL, NULL);

    ex->rq.arena = arena;
    ex->rq.app = front->app;
    ex->rq.started = time_monotonic();
    ex->rq.id = request_id(front, arena);
    ex->rs = response_new(arena);
    ex->front = front;
    ex->mhd = mhd;
    ex->connection = c;
    ex->peer = ex->real = c->peer;
    ex->head = (struct head){
        .method = method,
        .target = arena_copy(
            arena, c->target == NULL ? "" : c->target, c->target == NULL ? 0 : strlen(c->target)),
        .version = version,
        .field = NEW_ARRAY(arena, struct field, (size_t)(n > GUARD_FIELDS ? GUARD_FIELDS + 1 : n)),
    };
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, add_field, ex);
    ex->head.size =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    atomic_fetch_add(&front->running, 1);
    atomic_fetch_add(&c->requests, 1);
    return ex;
}

static enum MHD_Result
send_reply(struct exchange *ex)
{
    atomic_store(&ex->step, SENDING);
    atomic_store(&ex->connection->phase, REPLYING);
    return reply_send(ex);
}

/*
 * An answer with a body of theirs still on its way: thrown away up to a limit,
 * because a proxy makes 502 of an answer that comes with a closed connection
 * (deps 1.2.1). Who asked first (Expect) has sent nothing and is told at once.
 */
static enum MHD_Result
refuse_body(struct exchange *ex)
{
    if (ex->close || ex->framing.expects_continue || ex->framing.length > ex->drain_max) {
        ex->close = true;
        return send_reply(ex);
    }
    if (exchange_has_body(ex))
        atomic_store(&ex->connection->phase, DRAINING);
    return MHD_YES;
}

/* The head is there. Answering now would end the connection, so most answers wait for the next
 * call. */
static enum MHD_Result
on_head(struct exchange *ex)
{
    struct error *e = exchange_open(ex);

    if (e != NULL)
        exchange_refuse(ex, e);
    if (ex->refused)
        return refuse_body(ex);
    if (ex->rq.body == NULL)
        return MHD_YES;
    atomic_store(&ex->connection->phase, BODY);
    if (body_needs_admission(ex))
        hand_over(ex, ADMITTING);
    return MHD_YES;
}

/* The call for the head comes again after the worker has decided. */
static enum MHD_Result
on_admitted(struct exchange *ex)
{
    atomic_store(&ex->step, ARRIVING);
    if (ex->entered && ex->rq.route->login != LOGIN_NONE)
        ex->drain_max = (int64_t)ex->rq.app->config->drain_max;
    struct error *e = ex->reply == NULL ? body_admitted(ex, ex->front->spool) : NULL;
    if (e != NULL)
        exchange_refuse(ex, e);
    if (ex->reply != NULL) {
        ex->refused = true;
        return refuse_body(ex);
    }
    atomic_store(&ex->connection->phase, BODY);
    return MHD_YES;
}

static enum MHD_Result
on_data(struct exchange *ex, const char *p, size_t *n)
{
    size_t taken = *n;

    if (!ex->refused && ex->rq.body != NULL) {
        struct error *e = body_take(ex, p, *n, &taken);
        if (e != NULL) {
            exchange_refuse(ex, e);
            atomic_store(&ex->connection->phase, DRAINING);
        }
    } else {
        ex->drained += (int64_t)*n;
        if (ex->drained > ex->drain_max)
            return MHD_NO;
    }
    atomic_fetch_add_explicit(&ex->connection->received, taken, memory_order_relaxed);
    *n -= taken;
    return MHD_YES;
}

/* The request is complete. */
static enum MHD_Result
on_end(struct exchange *ex)
{
    if (ex->refused || ex->reply != NULL)
        return send_reply(ex);
    struct error *e = body_end(ex);
    if (e != NULL) {
        exchange_refuse(ex, e);
        return send_reply(ex);
    }
    if (ex->rq.body == NULL || ex->rq.body->upload == NULL) {
        hand_over(ex, RUNNING);
        return MHD_YES;
    }
    suspend(ex);
    atomic_store(&ex->step, RUNNING);
    upload_end(ex->rq.body->upload);
    return MHD_YES;
}

static enum MHD_Result
on_access(void *cls, struct MHD_Connection *mhd, const char *url UNUSED, const char *method,
    const char *version, const char *data, size_t *n, void **own)
{
    struct exchange *ex = *own;

    if (ex == NULL) {
        ex = *own = new_exchange(cls, mhd, method, version);
        return on_head(ex);
    }
    switch (atomic_load(&ex->step)) {
    case ARRIVING:
        return *n > 0 ? on_data(ex, data, n) : on_end(ex);
    case ADMITTED:
        return on_admitted(ex);
    case READY:
        return send_reply(ex);
    case ADMITTING:
    case RUNNING:
    case SENDING:
        break;
    }
    assert(!"called while somebody else has the request");
    return MHD_NO;
}

static void
on_completed(void *cls UNUSED, struct MHD_Connection *mhd UNUSED, void **own,
    enum MHD_RequestTerminationCode why)
{
    struct exchange *ex = *own;

    if (ex == NULL)
        return;
    *own = NULL;
    assert(atomic_load(&ex->step) != ADMITTING && atomic_load(&ex->step) != RUNNING);
    metrics_count(ex, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    if (ex->reply != NULL)
        MHD_destroy_response(ex->reply);
    atomic_store(&ex->connection->rested, time_monotonic());
    atomic_store(&ex->connection->phase, IDLE);
    struct front *front = ex->front;
    arena_free(ex->rq.arena);
    atomic_fetch_sub(&front->running, 1);
}

/* ---------------------------------------------------------------- connections */

static void
on_connection(
    void *cls, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode what)
{
    struct listener *listener = cls;
    struct connection *c = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        c = *context = calloc(1, sizeof *c);
        if (c == NULL)
            abort();
        c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        c->peer = address_of(
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
        c->tls = listener->tls;
        if (c->tls)
            tls_prepare(listener->front->tls,
                MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session);
        reaper_add(listener->front->reaper, c);
    } else if (c != NULL) {
        reaper_remove(listener->front->reaper, c);
        free(c->target);
        free(c);
        *context = NULL;
    }
}

/*
 * The target as it was sent. Kept with the connection: what this function
 * returned would be lost after two errors in one head (deps 1.2.2).
 */
static void *
on_target(void *cls UNUSED, const char *target, struct MHD_Connection *mhd)
{
    struct connection *c =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    size_t n = strlen(target) + 1;

    if (n > c->target_room) {
        c->target = realloc(c->target, n);
        if (c->target == NULL)
            abort();
        c->target_room = n;
    }
    memcpy(c->target, target, n);
    return NULL;
}

/* Percent signs are read in base/uri.c alone. */
static size_t
leave_escaped(void *cls UNUSED, struct MHD_Connection *mhd UNUSED, char *s)
{
    return strlen(s);
}

static void __attribute__((format(printf, 2, 0)))
on_library_message(void *cls UNUSED, const char *format, va_list ap)
{
    char text[256];

    vsnprintf(text, sizeof text, format, ap);
    text[strcspn(text, "\r\n")] = '\0';
    LOG(LOG_DEBUG_, "http_library", "message", text);
}

/* ---------------------------------------------------------------- beginning */

static int64_t
event_threads(const struct config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->event_threads != 0)
        return config->event_threads;
    return processors < 1 ? 1 : processors > 4 ? 4 : processors;
}

static fallible
start_daemon(struct front *front, struct listener *listener)
{
    const struct config *config = front->app->config;
    int64_t threads = event_threads(config);
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_LISTEN_SOCKET, listener->fd, NULL },
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL },
        { MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, listener },
        { MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, NULL },
        { MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, NULL },
        /* All it would check besides is Host, with an answer that it sends twice. */
        { MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->connections, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->idle_timeout, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)config->connection_memory, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (intptr_t)KB(4), NULL },
        { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)(threads < 2 ? 0 : threads), NULL },
        { listener->tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, 0,
            (void *)(uintptr_t)tls_priorities },
        { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_certificate_callback() },
        { MHD_OPTION_TLS_NO_ALPN, 1, NULL }, /* tls_prepare() names less */
        { MHD_OPTION_END, 0, NULL },
    };

    listener->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG |
            (listener->tls ? MHD_USE_TLS : 0U),
        0, NULL, NULL, on_access, listener, MHD_OPTION_EXTERNAL_LOGGER, on_library_message, NULL,
        MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (listener->daemon == NULL)
        return FAIL(front->arena, INTERNAL,
            "The HTTP server cannot start; "
            "is the number of connections or threads above what the system allows (ulimit -n, ulimit "
            "-u)?");
    return NULL;
}

static fallible
start_tls(struct arena *arena, struct front *front)
{
    const struct config *config = front->app->config;
    bool wanted = false;

    for (int i = 0; i < front->n_listeners; i++)
        wanted = wanted || front->listener[i].tls;
    if (!wanted)
        return NULL;
    if (config->tls_certificate == NULL || config->tls_key == NULL)
        return FAIL(arena, INTERNAL, "listen: tls: needs tls_certificate and tls_key");
    return tls_start(arena, config->tls_certificate, config->tls_key, &front->tls);
}

/* Each connection is a descriptor: takes as many as the system gives. */
static void
raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

fallible
front_start(struct arena *arena, const struct app *app, struct front **started)
{
    const struct config *config = app->config;
    struct front *front = NEW(arena, struct front);

    front->app = app;
    front->arena = arena;
    front->boot = token_random(arena, 6);
    front->reads_leniently = strcmp(MHD_get_version(), "0.9.75") == 0;
    TRY(networks_read(arena, &config->trusted_proxies, "trusted_proxies", &front->trusted));
    TRY(networks_read(
        arena, &config->metrics_networks, "metrics_networks", &front->metrics_networks));
    TRY(listen_open(arena, front));
    TRY(start_tls(arena, front));
    raise_limits();
    static_start(front);
    front->reaper = reaper_start(config, &front->metrics.reaped);
    front->crew[CREW_COMMON] = workers_start(app, (int)config->workers, &front->news, worked);
    front->crew[CREW_MONITORS] = workers_start(app, 1, &front->news, worked);
    front->crew[CREW_EXPORTS] = workers_start(app, 2, &front->news, worked);
    front->spool = spool_start(app->blobs, (int)config->spool_threads, suspend, resume_body, queue);
    front->streams = streams_start(app, &front->news, STREAM_THREADS);
    for (int i = 0; i < front->n_listeners; i++)
        TRY(start_daemon(front, &front->listener[i]));
    *started = front;
    return NULL;
}

void
front_look(struct front *front, bool now)
{
    if (front->tls != NULL)
        tls_look(front->tls, now);
}

int
front_turn(const struct front *front)
{
    return front->tls != NULL ? 2 : 10;
}

int
front_port(const struct front *front, int listener)
{
    return front->listener[listener].port;
}

/* ---------------------------------------------------------------- ending */

/*
 * libmicrohttpd 0.9.75 calls this one. Its MHD_quiesce_daemon() and an event thread that wakes at that
 * moment both take the listening socket out of the thread's set, and whoever comes second ends the
 * process: to it, what is gone has been removed.
 */
int
epoll_ctl(int set, int what, int fd, struct epoll_event *event)
{
    int status = (int)syscall(SYS_epoll_ctl, set, what, fd, event);

    return status != 0 && what == EPOLL_CTL_DEL && errno == ENOENT ? 0 : status;
}

void
front_quiesce(struct front *front)
{
    if (atomic_exchange(&front->quiescing, true))
        return;
    for (int i = 0; i < front->n_listeners; i++) {
        struct listener *l = &front->listener[i];
        MHD_quiesce_daemon(l->daemon);
        /* Closed later: an event thread may be about to use the descriptor. */
        if (l->ours)
            shutdown(l->fd, SHUT_RDWR);
        if (l->path != NULL)
            unlink(l->path);
    }
    reaper_quiesce(front->reaper);
}

bool
front_idle(const struct front *front)
{
    return atomic_load(&front->running) == 0;
}

void
front_stop(struct front *front)
{
    front_quiesce(front);
    for (int i = 0; i < CREWS; i++)
        workers_stop(front->crew[i]);
    spool_stop(front->spool);
    streams_stop(front->streams);
    /* What has just been answered with 503 still has to leave. */
    for (int i = 0; i < 20 && !front_idle(front); i++)
        usleep(10000);
    for (int i = 0; i < front->n_listeners; i++) {
        MHD_stop_daemon(front->listener[i].daemon);
        close_fd(&front->listener[i].fd);
    }
    reaper_stop(front->reaper);
    reaper_free(front->reaper);
    for (int i = 0; i < CREWS; i++)
        workers_free(front->crew[i]);
    spool_free(front->spool);
    streams_free(front->streams);
    tls_stop(front->tls);
}
