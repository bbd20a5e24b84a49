#include "jobs/helpers.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "jobs/zygote.h"

const struct condition HELPER_OVERRAN = { 403, .title = "This content takes too long to read." },
                       HELPER_DIED = { 400, .title = "This content cannot be read." };

struct helper {
    int fd; /* -1: has to be made */
    pid_t pid;
    bool busy, extracts;
};

struct helpers {
    const struct helper_task *const *tasks;
    pthread_mutex_t lock; /* of helper[].busy */
    pthread_cond_t freed;
    pthread_mutex_t ordering; /* of control: one order at a time */
    int control;              /* -1: the zygote is gone */
    pid_t zygote;
    atomic_llong replaced;
    pthread_mutex_t extracting; /* of extractor */
    atomic_int lookers;         /* between helper_page_begin() and _end() */
    struct helper extractor;
    int n;
    struct helper helper[];
};

/* ---------------------------------------------------------------- the zygote */

static _Noreturn void
be_zygote(int control, const struct helper_task *const *tasks)
{
    /* A Ctrl-C reaches all processes of a terminal; the daemon still needs us until it closes. */
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2 };

    for (size_t i = 0; i < COUNT_OF(ignored); i++)
        signal(ignored[i], SIG_IGN);
    if (dup2(control, STDERR_FILENO + 1) < 0 || close_range(STDERR_FILENO + 2, ~0U, 0) != 0)
        _exit(1);
    zygote_run(STDERR_FILENO + 1, tasks);
}

static bool
start_zygote(struct helpers *h)
{
    int end[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end) != 0)
        return false;
    h->zygote = fork();
    if (h->zygote == 0)
        be_zygote(end[1], h->tasks);
    close(end[1]);
    h->control = end[0];
    return h->zygote > 0;
}

/* Sends an order, with a descriptor unless fd is -1, and waits for its answer. */
static bool
exchange_orders(int control, struct order *order, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } ancillary = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS } };
    struct iovec bytes = { .iov_base = order, .iov_len = sizeof *order };
    struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
    struct pollfd ready = { .fd = control, .events = POLLIN };

    if (fd >= 0) {
        memcpy(CMSG_DATA(&ancillary.head), &fd, sizeof fd);
        message.msg_control = &ancillary;
        message.msg_controllen = sizeof ancillary;
    }
    return sendmsg(control, &message, MSG_NOSIGNAL) == sizeof *order &&
           poll(&ready, 1, HELPER_WALL_MS) == 1 &&
           recv(control, order, sizeof *order, 0) == sizeof *order;
}

/* A zygote that does not answer is given up: what it would say later answers another order. */
static bool
tell_zygote(struct helpers *h, struct order *order, int fd)
{
    pthread_mutex_lock(&h->ordering);
    bool done = h->control >= 0 && exchange_orders(h->control, order, fd);
    if (!done && h->control >= 0) {
        close_fd(&h->control);
        kill(getpid(), SIGCHLD); /* one that is stuck tells nobody */
    }
    pthread_mutex_unlock(&h->ordering);
    return done;
}

/* ---------------------------------------------------------------- one helper */

static bool
make_helper(struct helpers *h, struct helper *one)
{
    struct order order = { .what = one->extracts ? MAKE_EXTRACTOR : MAKE };
    int end[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) != 0)
        return false;
    bool made =
        tell_zygote(h, &order, end[1]) && order.pid > 0 && fcntl(end[0], F_SETFL, O_NONBLOCK) == 0;
    close(end[1]);
    if (!made) {
        close(end[0]);
        return false;
    }
    one->fd = end[0];
    one->pid = order.pid;
    return true;
}

/* Kills it, if it still lives; returns how it ended, as waitpid() tells. */
static int
end_helper(struct helpers *h, struct helper *one)
{
    struct order order = { .what = END, .pid = one->pid };

    if (one->fd < 0)
        return 0;
    close_fd(&one->fd);
    return tell_zygote(h, &order, -1) ? order.status : 0;
}

/* One that waits has nothing to say: if it has, or is gone, it is replaced. */
static bool
is_usable(const struct helper *one)
{
    struct pollfd quiet = { .fd = one->fd, .events = POLLIN };

    return one->fd >= 0 && poll(&quiet, 1, 0) == 0;
}

enum outcome { FINISHED, LATE, LOST, WRONG };

static enum outcome
wait_for(int fd, short events, int64_t until)
{
    struct pollfd ready = { .fd = fd, .events = events };
    int64_t left = until - time_monotonic();

    if (left <= 0)
        return LATE;
    int n = poll(&ready, 1, (int)(left / 1000) + 1);
    return n > 0 || (n < 0 && errno == EINTR) ? FINISHED : LATE;
}

static enum outcome
send_all(int fd, const void *p, size_t n, int64_t until)
{
    for (const char *from = p; n > 0;) {
        ssize_t done = send(fd, from, n, MSG_NOSIGNAL);
        if (done < 0 && errno == EAGAIN) {
            enum outcome o = wait_for(fd, POLLOUT, until);
            if (o != FINISHED)
                return o;
        } else if (done < 0 && errno != EINTR) {
            return LOST;
        } else if (done > 0) {
            from += done;
            n -= (size_t)done;
        }
    }
    return FINISHED;
}

static enum outcome
receive_all(int fd, void *p, size_t n, int64_t until)
{
    for (char *to = p; n > 0;) {
        ssize_t got = recv(fd, to, n, 0);
        if (got < 0 && errno == EAGAIN) {
            enum outcome o = wait_for(fd, POLLIN, until);
            if (o != FINISHED)
                return o;
        } else if (got == 0 || (got < 0 && errno != EINTR)) {
            return LOST;
        } else if (got > 0) {
            to += got;
            n -= (size_t)got;
        }
    }
    return FINISHED;
}

static enum outcome
converse(const struct helper *one, struct arena *arena, uint32_t task, const char *in, size_t n,
    struct helper_answer *answer, bool *last)
{
    const struct request_head request = { .task = task, .n = (uint32_t)n };
    int64_t until =
        time_monotonic() + (one->extracts ? EXTRACT_WALL_MS : HELPER_WALL_MS) * INT64_C(1000);
    struct answer_head head;
    enum outcome o;

    if ((o = send_all(one->fd, &request, sizeof request, until)) != FINISHED ||
        (o = send_all(one->fd, in, n, until)) != FINISHED ||
        (o = receive_all(one->fd, &head, sizeof head, until)) != FINISHED)
        return o;
    if (head.magic != ANSWER_MAGIC || head.n > HELPER_BYTES_MAX ||
        (head.verdict != TAKEN && head.verdict != REFUSED))
        return WRONG;
    char *bytes = arena_alloc(arena, (size_t)head.n + 1);
    *last = head.last != 0;
    *answer = (struct helper_answer){ .p = bytes, .n = head.n, .refused = head.verdict == REFUSED };
    return receive_all(one->fd, bytes, head.n, until);
}

/* ---------------------------------------------------------------- all of them */

struct helpers *
helpers_start(const struct helper_task *const *tasks, int n, FILE *report)
{
    struct helpers *h = calloc(1, sizeof *h + (size_t)n * sizeof h->helper[0]);
    pthread_condattr_t monotonic;
    bool good = true;

    if (h == NULL)
        abort();
    h->tasks = tasks;
    h->n = n;
    pthread_mutex_init(&h->lock, NULL);
    pthread_mutex_init(&h->ordering, NULL);
    pthread_mutex_init(&h->extracting, NULL);
    h->extractor = (struct helper){ .fd = -1, .extracts = true };
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&h->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (int i = 0; i < n; i++)
        h->helper[i].fd = -1;
    good = start_zygote(h);
    for (int i = 0; i < n && good; i++)
        good = make_helper(h, &h->helper[i]);
    if (good && helpers_answer(h))
        return h;
    fprintf(report,
        "chapterd: the helper processes do not start (%s); does this system allow "
        "fork and seccomp?\n",
        strerror(errno));
    helpers_stop(h);
    return NULL;
}

bool
helpers_can_be_made(struct helpers *h)
{
    pthread_mutex_lock(&h->ordering);
    if (h->zygote > 0 && waitpid(h->zygote, NULL, WNOHANG) == h->zygote) {
        h->zygote = 0;
        close_fd(&h->control);
    }
    bool there = h->control >= 0;
    pthread_mutex_unlock(&h->ordering);
    return there;
}

void
helpers_stop(struct helpers *h)
{
    if (h->control < 0 && h->zygote > 0)
        kill(h->zygote, SIGKILL);
    for (int i = 0; i < h->n; i++) {
        assert(!h->helper[i].busy);
        close_fd(&h->helper[i].fd);
    }
    close_fd(&h->extractor.fd);
    close_fd(&h->control);
    if (h->zygote > 0)
        while (waitpid(h->zygote, NULL, 0) < 0 && errno == EINTR)
            ;
    pthread_mutex_destroy(&h->lock);
    pthread_mutex_destroy(&h->ordering);
    pthread_mutex_destroy(&h->extracting);
    pthread_cond_destroy(&h->freed);
    free(h);
}

/* A helper of one's own; NULL when all stay busy until then. */
static struct helper *
take(struct helpers *h, int64_t until)
{
    const struct timespec end = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };
    struct helper *free_one = NULL;

    pthread_mutex_lock(&h->lock);
    for (int waited = 0; free_one == NULL && waited == 0;) {
        for (int i = 0; i < h->n && free_one == NULL; i++)
            if (!h->helper[i].busy)
                free_one = &h->helper[i];
        if (free_one == NULL)
            waited = pthread_cond_timedwait(&h->freed, &h->lock, &end);
    }
    if (free_one != NULL)
        free_one->busy = true;
    pthread_mutex_unlock(&h->lock);
    return free_one;
}

static void
give_back(struct helpers *h, struct helper *one)
{
    pthread_mutex_lock(&h->lock);
    one->busy = false;
    pthread_cond_signal(&h->freed);
    pthread_mutex_unlock(&h->lock);
}

static bool
ready(struct helpers *h, struct helper *one)
{
    if (is_usable(one))
        return true;
    if (one->fd >= 0)
        atomic_fetch_add(&h->replaced, 1);
    end_helper(h, one);
    return make_helper(h, one);
}

/* Ends one that did not do its task, makes another, and says what became of it. */
static struct error *
replace(struct helpers *h, struct helper *one, struct arena *arena, const struct helper_task *task,
    enum outcome outcome)
{
    int status = end_helper(h, one);
    bool cpu = WIFSIGNALED(status) && (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGXCPU);
    bool caged = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    const char *why = outcome == LATE    ? "time"
                      : cpu              ? "cpu"
                      : outcome == WRONG ? "rubbish"
                      : caged
                          ? "forbidden call"
                          : arena_printf(arena, "%s %d", WIFSIGNALED(status) ? "signal" : "exit",
                                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));

    atomic_fetch_add(&h->replaced, 1);
    LOG(caged ? LOG_ERROR_ : LOG_WARNING_, "helper_replaced", "task", task->name, "why", why);
    if (!one->extracts)
        make_helper(h, one);
    return error_cause(
        outcome == LATE || cpu ? REFUSE(arena, HELPER_OVERRAN) : REFUSE(arena, HELPER_DIED), arena,
        "helper %s: %s", task->name, why);
}

/* With a helper of one's own. */
static fallible
ask(struct helpers *h, struct helper *one, struct arena *arena, const struct helper_task *task,
    uint32_t number, const char *in, size_t n, struct helper_answer *answer)
{
    bool last = false;
    enum outcome outcome = converse(one, arena, number, in, n, answer, &last);

    if (outcome != FINISHED)
        return replace(h, one, arena, task, outcome);
    if (last)
        end_helper(h, one);
    return NULL;
}

static uint32_t
number_of(const struct helpers *h, const struct helper_task *task)
{
    uint32_t i = 0;

    while (h->tasks[i] != task) {
        assert(h->tasks[i] != NULL);
        i++;
    }
    return i;
}

static fallible
call(struct helpers *h, struct helper *one, struct arena *arena, const struct helper_task *task,
    const char *in, size_t n, struct helper_answer *answer)
{
    if (!ready(h, one))
        return error_cause(REFUSE(arena, TRY_LATER), arena, "no helper can be started");
    return ask(h, one, arena, task, number_of(h, task), in, n, answer);
}

fallible
helper_call(struct helpers *h, struct arena *arena, const struct helper_task *task, const char *in,
    size_t n, struct helper_answer *answer)
{
    if (n > HELPER_BYTES_MAX)
        return REFUSE(arena, TOO_LARGE);
    struct helper *one = take(h, time_monotonic() + HELPER_WALL_MS * 1000);
    if (one == NULL)
        return error_cause(REFUSE(arena, TRY_LATER), arena, "all helpers are busy");
    struct error *e = call(h, one, arena, task, in, n, answer);
    give_back(h, one);
    return e;
}

/* ---------------------------------------------------------------- the extractor */

/* Its tasks are in its own program: by their numbers in daemon/extract/main.c. */
enum { EXTRACTOR_ECHO, EXTRACTOR_EXTRACT, EXTRACTOR_PICTURE, EXTRACTOR_PAGE };
static const struct helper_task extract_task = { .name = "extract" };

/* One that has just been made answers before it is given a document: else that would be blamed. */
static fallible
start_extractor(struct helpers *h, struct arena *arena)
{
    struct helper_answer answer = { .n = 0 };

    if (is_usable(&h->extractor))
        return NULL;
    end_helper(h, &h->extractor);
    if (!make_helper(h, &h->extractor))
        return error_cause(
            REFUSE(arena, TRY_LATER), arena, "chapterd-extract is missing or cannot be started");
    struct error *e =
        ask(h, &h->extractor, arena, &extract_task, EXTRACTOR_ECHO, "ping", 4, &answer);
    return e == NULL ? NULL
                     : error_cause(REFUSE(arena, TRY_LATER), arena,
                           "chapterd-extract does not start: %s", e->cause);
}

/* With `extracting` locked, which this unlocks. */
static fallible
ask_locked(struct helpers *h, struct arena *arena, uint32_t task, const char *in, size_t n,
    struct helper_answer *answer)
{
    struct error *e = n > EXTRACT_BYTES_MAX ? REFUSE(arena, TOO_LARGE) : start_extractor(h, arena);

    if (e == NULL)
        e = ask(h, &h->extractor, arena, &extract_task, task, in, n, answer);
    pthread_mutex_unlock(&h->extracting);
    return e;
}

static fallible
ask_extractor(struct helpers *h, struct arena *arena, uint32_t task, const char *in, size_t n,
    struct helper_answer *answer)
{
    pthread_mutex_lock(&h->extracting);
    return ask_locked(h, arena, task, in, n, answer);
}

fallible
helper_extract(
    struct helpers *h, struct arena *arena, const char *in, size_t n, struct helper_answer *answer)
{
    return ask_extractor(h, arena, EXTRACTOR_EXTRACT, in, n, answer);
}

fallible
helper_picture(
    struct helpers *h, struct arena *arena, const char *in, size_t n, struct helper_answer *answer)
{
    return ask_extractor(h, arena, EXTRACTOR_PICTURE, in, n, answer);
}

bool
helper_page_begin(struct helpers *h)
{
    if (atomic_fetch_add(&h->lookers, 1) < HELPER_LOOKERS)
        return true;
    helper_page_end(h);
    return false;
}

fallible
helper_page(
    struct helpers *h, struct arena *arena, const char *in, size_t n, struct helper_answer *answer)
{
    int64_t until = time_monotonic() + HELPER_PAGE_MS * INT64_C(1000);
    const struct timespec end = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };

    if (pthread_mutex_clocklock(&h->extracting, CLOCK_MONOTONIC, &end) != 0)
        return error_cause(REFUSE(arena, TRY_LATER), arena, "the extractor is busy");
    return ask_locked(h, arena, EXTRACTOR_PAGE, in, n, answer);
}

void
helper_page_end(struct helpers *h)
{
    atomic_fetch_sub(&h->lookers, 1);
}

void
helper_extract_end(struct helpers *h)
{
    pthread_mutex_lock(&h->extracting);
    end_helper(h, &h->extractor);
    pthread_mutex_unlock(&h->extracting);
}

/* ---------------------------------------------------------------- how they are */

bool
helpers_answer(struct helpers *h)
{
    struct helper *one = take(h, 0);
    struct helper_answer answer = { .n = 0 };

    if (one == NULL)
        return true;
    struct arena *arena = arena_new();
    bool good = false;
    for (int i = 0; i < 2 && !good; i++) /* the first may have died unseen, and been replaced */
        good = call(h, one, arena, &helper_echo, "ping", 4, &answer) == NULL &&
               strcmp(answer.p, "ping") == 0;
    give_back(h, one);
    arena_free(arena);
    return good;
}

int64_t
helpers_replaced(const struct helpers *h)
{
    return atomic_load(&h->replaced);
}
