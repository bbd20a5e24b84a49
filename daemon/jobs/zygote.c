#include "jobs/zygote.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "jobs/sandbox.h"

#define SOCKET 0 /* the one descriptor of a helper */

/* ---------------------------------------------------------------- the helper */

static bool
read_all(void *p, size_t n)
{
    for (char *to = p; n > 0;) {
        ssize_t got = read(SOCKET, to, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        n -= (size_t)got;
    }
    return true;
}

static bool
write_all(const void *p, size_t n)
{
    for (const char *from = p; n > 0;) {
        ssize_t done = write(SOCKET, from, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        from += done;
        n -= (size_t)done;
    }
    return true;
}

static bool
serve_one(const struct helper_task *const *tasks, uint32_t n_tasks, bool last)
{
    struct request_head head;

    if (!read_all(&head, sizeof head) || head.task >= n_tasks || head.n > HELPER_BYTES_MAX)
        return false;
    struct arena *arena = arena_new();
    struct buf out = buf_new(arena, HELPER_BYTES_MAX);
    char *in = arena_alloc(arena, (size_t)head.n + 1);
    bool alive = read_all(in, head.n);
    if (alive) {
        sandbox_cpu_limit(HELPER_CPU_MS);
        bool taken = tasks[head.task]->run(arena, in, head.n, &out);
        sandbox_cpu_limit(0);
        struct answer_head answer = { .magic = ANSWER_MAGIC,
            .verdict = out.over ? TOO_LONG
                       : taken  ? TAKEN
                                : REFUSED,
            .n = out.over ? 0 : (uint32_t)out.n,
            .last = last };
        alive = write_all(&answer, sizeof answer) && write_all(out.p, answer.n);
    }
    arena_free(arena);
    return alive;
}

static _Noreturn void
helper_run(
    int socket, pid_t zygote, struct sandbox *sandbox, const struct helper_task *const *tasks)
{
    uint32_t n_tasks = 0;

    prctl(PR_SET_NAME, "chapterd-helper");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(socket, SOCKET) < 0 || close_range(SOCKET + 1, ~0U, 0) != 0 || getppid() != zygote ||
        !sandbox_enter(sandbox))
        _exit(1);
    while (tasks[n_tasks] != NULL)
        n_tasks++;
    for (int i = 1; i <= HELPER_LIFE; i++)
        if (!serve_one(tasks, n_tasks, i == HELPER_LIFE))
            break;
    _exit(0);
}

/* ---------------------------------------------------------------- the zygote */

/* One order; *fd is the descriptor that came with it, or -1. False when nobody is there any more.
 */
static bool
receive(int control, struct order *order, int *fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } ancillary;
    struct iovec bytes = { .iov_base = order, .iov_len = sizeof *order };
    struct msghdr message = { .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = &ancillary,
        .msg_controllen = sizeof ancillary };
    ssize_t n;

    do
        n = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n != sizeof *order)
        return false;
    *fd = -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(c), sizeof *fd);
    return true;
}

/* Children that nobody has waited for yet: their numbers cannot be others'. */
struct children {
    pid_t pid[HELPERS_MAX];
    int n;
};

static pid_t
make_helper(struct children *children, int socket, struct sandbox *sandbox,
    const struct helper_task *const *tasks)
{
    if (socket < 0 || children->n == HELPERS_MAX)
        return 0;
    pid_t zygote = getpid(), pid = fork();
    if (pid == 0)
        helper_run(socket, zygote, sandbox, tasks);
    if (pid < 0)
        return 0;
    children->pid[children->n++] = pid;
    return pid;
}

static int
end_helper(struct children *children, pid_t pid)
{
    int status = 0, i = 0;

    while (i < children->n && children->pid[i] != pid)
        i++;
    if (i == children->n)
        return 0;
    children->pid[i] = children->pid[--children->n];
    if (waitpid(pid, &status, WNOHANG) == 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    return status;
}

_Noreturn void
zygote_run(int control, const struct helper_task *const *tasks)
{
    struct sandbox *sandbox = sandbox_prepare();
    struct children children = { .n = 0 };
    struct order order;
    int fd;

    prctl(PR_SET_NAME, "chapterd-zygote");
    while (sandbox != NULL && receive(control, &order, &fd)) {
        if (order.what == MAKE)
            order.pid = make_helper(&children, fd, sandbox, tasks);
        else
            order.status = end_helper(&children, order.pid);
        if (fd >= 0)
            close(fd);
        if (send(control, &order, sizeof order, MSG_NOSIGNAL) != sizeof order)
            break;
    }
    while (children.n > 0)
        end_helper(&children, children.pid[0]);
    _exit(0);
}
