#include "jobs/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/program.h"
#include "jobs/sandbox.h"

/* ---------------------------------------------------------------- the child */

static _Noreturn void
helper_run(
    int socket, pid_t zygote, struct sandbox *sandbox, const struct helper_task *const *tasks)
{
    static const struct helper_limits limits = { HELPER_BYTES_MAX, HELPER_CPU_MS };

    prctl(PR_SET_NAME, "chapterd-helper");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(socket, HELPER_SOCKET) < 0 || close_range(HELPER_SOCKET + 1, ~0U, 0) != 0 ||
        getppid() != zygote || !sandbox_enter(sandbox))
        _exit(1);
    helper_serve(tasks, &limits);
}

/* The libraries of the extractor are no business of the daemon, so it is a program; it locks itself in. */
static _Noreturn void
extractor_run(int socket, pid_t zygote, const char *program)
{
    char name[] = "chapterd-extract", locale[] = "LC_ALL=C.UTF-8";
    char modules[] = "VIPSHOME=/nonexistent"; /* no loaders from elsewhere, least of all ImageMagick's */
    char *const argv[] = { name, NULL }, *const environment[] = { locale, modules, NULL };
    int nowhere = open("/dev/null", O_WRONLY);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    if (dup2(socket, HELPER_SOCKET) < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
        dup2(nowhere, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) != 0 ||
        getppid() != zygote)
        _exit(1);
    execve(program, argv, environment);
    _exit(1);
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

/* program: NULL, or that of the extractor. */
static pid_t
make_helper(struct children *children, int socket, struct sandbox *sandbox,
    const struct helper_task *const *tasks, const char *program)
{
    if (socket < 0 || children->n == HELPERS_MAX || (program != NULL && *program == '\0'))
        return 0;
    pid_t zygote = getpid(), pid = fork();
    if (pid == 0 && program != NULL)
        extractor_run(socket, zygote, program);
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
    struct sandbox *sandbox = sandbox_prepare(FILES_KILL);
    struct children children = { .n = 0 };
    char extractor[PATH_MAX + 64];
    struct order order;
    int fd;

    prctl(PR_SET_NAME, "chapterd-zygote");
    program_find("chapterd-extract", extractor, sizeof extractor);
    while (sandbox != NULL && receive(control, &order, &fd)) {
        if (order.what != END)
            order.pid = make_helper(
                &children, fd, sandbox, tasks, order.what == MAKE ? NULL : extractor);
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
