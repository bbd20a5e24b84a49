#include "http/reaper.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/config.h"
#include "base/macros.h"
#include "base/thread.h"
#include "base/time.h"

#define SECOND     INT64_C(1000000)
#define TICK       SECOND
#define QUICK_TICK (SECOND / 4)
#define LAST_CALL  (SECOND / 2)

struct reaper {
    const struct config *config;
    atomic_ullong *count;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct connection *first;
    int n;
    bool quiescing, stopping;
    pthread_t thread;
};

/* What the kernel has received and what the other side has acknowledged; false on a unix socket. */
static bool
network_bytes(int fd, uint64_t *received, uint64_t *acknowledged)
{
    struct tcp_info info;
    socklen_t n = sizeof info;

    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0)
        return false;
    *received = info.tcpi_bytes_received;
    *acknowledged = info.tcpi_bytes_acked;
    return true;
}

/* The bytes that count as progress in a phase. */
static uint64_t
progress(const struct connection *c, enum phase phase)
{
    uint64_t received = 0, acknowledged = 0;

    if (phase == BODY || phase == DRAINING)
        return atomic_load_explicit(&c->received, memory_order_relaxed);
    network_bytes(c->fd, &received, &acknowledged);
    return phase == REPLYING ? acknowledged : received;
}

static void
cut(struct reaper *r, struct connection *c)
{
    c->cut = true;
    shutdown(c->fd, SHUT_RDWR);
    atomic_fetch_add(r->count, 1);
}

/*
 * Has the client closed, with nothing of what it sent unread, so that the rest of
 * its request can never come? The library misses it when the last bytes and the
 * end arrived together. Seen twice, because an event thread may be just at it.
 */
static bool
gone(struct connection *c)
{
    struct pollfd end = { .fd = c->fd, .events = POLLRDHUP };
    uint64_t received = atomic_load_explicit(&c->received, memory_order_relaxed);
    int unread = 0;
    bool closed = poll(&end, 1, 0) == 1 && (end.revents & POLLRDHUP) != 0 &&
                  ioctl(c->fd, FIONREAD, &unread) == 0 && unread == 0;

    if (!closed || !c->closed || received != c->closed_bytes) {
        c->closed = closed;
        c->closed_bytes = received;
        return false;
    }
    return true;
}

static bool
too_slow(const struct reaper *r, struct connection *c, enum phase phase, int64_t now)
{
    const struct config *config = r->config;

    if (now - c->window < config->progress_window * SECOND)
        return false;
    uint64_t bytes = progress(c, phase), most = bytes - c->window_bytes;
    c->window = now;
    c->window_bytes = bytes;
    return most < config->progress_bytes && !(phase == REPLYING && c->peer.local);
}

/* Has a head begun to arrive long ago? Bytes that came since the connection fell idle are one. */
static bool
head_too_slow(const struct reaper *r, struct connection *c, int64_t now)
{
    if (c->peer.local) /* a proxy of ours, which has its own time-outs */
        return false;
    if (c->head_since == 0) {
        if (progress(c, IDLE) != c->head_bytes)
            c->head_since = now;
        return false;
    }
    return now - c->head_since > r->config->header_timeout * SECOND;
}

static void
look_at(struct reaper *r, struct connection *c, int64_t now)
{
    enum phase phase = atomic_load(&c->phase);
    int requests = atomic_load(&c->requests);

    if (c->cut)
        return;
    if (phase != c->seen || requests != c->seen_requests) {
        c->seen = phase;
        c->seen_requests = requests;
        c->since = c->window = now;
        c->window_bytes = phase == BUSY ? 0 : progress(c, phase);
        c->head_bytes = c->window_bytes;
        c->head_since = 0;
        c->closed = false;
        return;
    }
    switch (phase) {
    case IDLE:
        if (r->quiescing && now - c->since >= LAST_CALL) {
            /* A request that is on its way right now is still read, and answered. */
            c->cut = true;
            shutdown(c->fd, SHUT_RD);
        } else if (head_too_slow(r, c, now) || gone(c)) {
            cut(r, c);
        }
        break;
    case DRAINING:
        if (now - c->since > r->config->drain_timeout * SECOND)
            cut(r, c);
        __attribute__((fallthrough));
    case BODY:
        if (!c->cut && gone(c))
            cut(r, c);
        __attribute__((fallthrough));
    case REPLYING:
        if (!c->cut && too_slow(r, c, phase, now))
            cut(r, c);
        break;
    case BUSY:
        break;
    }
}

/* When somebody was last heard of: at the end of a request, else when it was seen to be there. */
static int64_t
heard(const struct connection *c)
{
    int64_t rested = atomic_load(&c->rested);

    return rested != 0 ? rested : c->since;
}

static int
by_age(const void *a, const void *b)
{
    int64_t one = heard(*(const struct connection *const *)a);
    int64_t other = heard(*(const struct connection *const *)b);

    return (one > other) - (one < other);
}

static bool
kept_alive(const struct connection *c, int64_t now UNUSED)
{
    return c->seen == IDLE && c->seen_requests > 0 && !c->cut;
}

static bool
idle(const struct connection *c, int64_t now)
{
    return c->seen == IDLE && !c->cut && now - heard(c) > SECOND;
}

/* Closes the oldest of those that are so, but for the youngest `kept` among them. */
static void
close_oldest(
    struct reaper *r, bool (*so)(const struct connection *, int64_t), int64_t now, int64_t kept)
{
    struct connection **all = calloc((size_t)r->n + 1, sizeof(struct connection *));
    int64_t n = 0;

    if (all == NULL)
        return;
    for (struct connection *c = r->first; c != NULL; c = c->next) {
        if (so(c, now))
            all[n++] = c;
    }
    qsort(all, (size_t)n, sizeof(struct connection *), by_age);
    for (int64_t i = 0; i < n - kept; i++)
        cut(r, all[i]);
    free(all);
}

/*
 * Each kept connection holds the memory of its last request (decisions 1.23). And
 * past the limit nobody new would get in, so who says nothing goes before that.
 */
static void
make_room(struct reaper *r, int64_t now)
{
    int64_t kept = 0, idlers = 0, crowd = r->config->connections - r->config->connections / 8;

    for (struct connection *c = r->first; c != NULL; c = c->next) {
        kept += kept_alive(c, now);
        idlers += idle(c, now);
    }
    if (kept > r->config->idle_connections)
        close_oldest(r, kept_alive, now, r->config->idle_connections);
    if (r->n > crowd && idlers > 0)
        close_oldest(r, idle, now, idlers > r->n - crowd ? idlers - (r->n - crowd) : 0);
}

static void
tick(struct reaper *r)
{
    int64_t now = time_monotonic();

    for (struct connection *c = r->first; c != NULL; c = c->next)
        look_at(r, c, now);
    make_room(r, now);
}

static void *
reaper_run(void *cls)
{
    struct reaper *r = cls;

    pthread_setname_np(pthread_self(), "reaper");
    pthread_mutex_lock(&r->mutex);
    while (!r->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        int64_t ns = until.tv_nsec + (r->quiescing ? QUICK_TICK : TICK) * 1000;
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        pthread_cond_timedwait(&r->wake, &r->mutex, &until);
        tick(r);
    }
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

struct reaper *
reaper_start(const struct config *config, atomic_ullong *count)
{
    struct reaper *r = calloc(1, sizeof *r);
    pthread_condattr_t attr;

    if (r == NULL)
        abort();
    r->config = config;
    r->count = count;
    pthread_mutex_init(&r->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &attr);
    pthread_condattr_destroy(&attr);
    thread_begin(&r->thread, reaper_run, r);
    return r;
}

static void
wake(struct reaper *r, bool *flag)
{
    pthread_mutex_lock(&r->mutex);
    *flag = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->mutex);
}

void
reaper_quiesce(struct reaper *r)
{
    wake(r, &r->quiescing);
}

void
reaper_stop(struct reaper *r)
{
    wake(r, &r->stopping);
    pthread_join(r->thread, NULL);
}

void
reaper_free(struct reaper *r)
{
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->mutex);
    free(r);
}

void
reaper_add(struct reaper *r, struct connection *c)
{
    c->since = c->window = time_monotonic();
    pthread_mutex_lock(&r->mutex);
    c->next = r->first;
    if (r->first != NULL)
        r->first->previous = c;
    r->first = c;
    r->n++;
    pthread_mutex_unlock(&r->mutex);
}

void
reaper_remove(struct reaper *r, struct connection *c)
{
    pthread_mutex_lock(&r->mutex);
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        r->first = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    r->n--;
    pthread_mutex_unlock(&r->mutex);
}

int
reaper_connections(struct reaper *r)
{
    pthread_mutex_lock(&r->mutex);
    int n = r->n;
    pthread_mutex_unlock(&r->mutex);
    return n;
}
