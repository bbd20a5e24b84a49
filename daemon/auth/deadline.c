#include "auth/deadline.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/time.h"

static int
milliseconds_left(int64_t deadline)
{
    int64_t left = deadline - time_monotonic();

    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

/* Waits for a connect() under way. */
static bool
finish(int fd, int64_t deadline)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int ready, error = 0;
    socklen_t n = sizeof error;

    do {
        ready = poll(&p, 1, milliseconds_left(deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error != 0) {
        errno = ready <= 0 ? ETIMEDOUT : error;
        return false;
    }
    return true;
}

static bool
connect_address(int fd, const struct sockaddr *address, socklen_t n, int64_t deadline)
{
    int flags;

    if (connect(fd, address, n) < 0 && (errno != EINPROGRESS || !finish(fd, deadline)))
        return false;
    flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

/* So that a server that vanished is noticed on a connection nobody uses. */
static void
keep_alive(int fd)
{
    int on = 1, seconds = 30;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int
connect_first(const struct addrinfo *list, int64_t deadline)
{
    int fd = -1, error = EHOSTUNREACH;

    for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && !connect_address(fd, a->ai_addr, a->ai_addrlen, deadline)) {
            error = errno;
            close_fd(&fd);
            fd = -1;
        }
    }
    if (fd < 0)
        errno = error;
    else
        keep_alive(fd);
    return fd;
}

int
connect_by(const char *host, int port, int64_t deadline)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *list;
    char service[16];

    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0) {
        errno = EHOSTUNREACH;
        return -1;
    }
    int fd = connect_first(list, deadline);
    freeaddrinfo(list);
    return fd;
}

int
connect_unix_by(const char *path, int64_t deadline)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 &&
        !connect_address(fd, (const struct sockaddr *)&address, sizeof address, deadline)) {
        int error = errno;
        close_fd(&fd);
        errno = error;
        return -1;
    }
    return fd;
}

struct watchdog {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct watch *first;
    bool stopping;
};

/* Ends what is due; gives the time of the next deadline. */
static int64_t
end_due(struct watchdog *w)
{
    int64_t now = time_monotonic(), next = INT64_MAX;

    for (struct watch *it = w->first; it != NULL; it = it->next) {
        if (!it->ended && it->deadline <= now) {
            it->ended = true;
            shutdown(it->fd, SHUT_RDWR);
        } else if (!it->ended && it->deadline < next) {
            next = it->deadline;
        }
    }
    return next;
}

static void *
watch_thread(void *arg)
{
    struct watchdog *w = arg;

    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        int64_t next = end_due(w);
        if (next == INT64_MAX) {
            pthread_cond_wait(&w->changed, &w->lock);
        } else {
            struct timespec until = { next / 1000000, next % 1000000 * 1000 };
            pthread_cond_timedwait(&w->changed, &w->lock, &until);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct watchdog *
watchdog_new(void)
{
    struct watchdog *w = calloc(1, sizeof *w);
    pthread_condattr_t monotonic;

    if (w == NULL)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&w->thread, NULL, watch_thread, w) != 0) {
        free(w);
        return NULL;
    }
    return w;
}

void
watchdog_free(struct watchdog *w)
{
    if (w == NULL)
        return;
    assert(w->first == NULL);
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void
watchdog_on(struct watchdog *w, struct watch *it, int fd, int64_t deadline)
{
    pthread_mutex_lock(&w->lock);
    *it = (struct watch){ .fd = fd, .deadline = deadline, .next = w->first };
    w->first = it;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

bool
watchdog_off(struct watchdog *w, struct watch *it)
{
    pthread_mutex_lock(&w->lock);
    for (struct watch **p = &w->first; *p != NULL; p = &(*p)->next) {
        if (*p == it) {
            *p = it->next;
            break;
        }
    }
    pthread_mutex_unlock(&w->lock);
    return it->ended;
}
