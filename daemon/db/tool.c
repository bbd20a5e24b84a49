#include "db/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"

#define SAID_MOST 1500 /* bytes of its complaints that we pass on */

struct tool {
    const char *name;
    pid_t pid; /* 0: it has ended */
    int in, out, said;
};

static void
drop(void *cls)
{
    struct tool *t = cls;

    close_fd(&t->in);
    close_fd(&t->out);
    close_fd(&t->said);
    if (t->pid > 0) {
        kill(t->pid, SIGTERM);
        while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    t->pid = 0;
}

static void
free_options(void *options)
{
    PQconninfoFree(options);
}

/* What the connection string says, by the names that libpq looks for in the environment. */
static fallible
read_options(struct arena *arena, const char *conninfo, PQconninfoOption **options)
{
    char *why = NULL;

    *options = PQconninfoParse(conninfo, &why);
    PQfreemem(why);
    if (*options == NULL)
        return FAIL(arena, CONFLICT, "The connection string of the database cannot be read.");
    arena_defer(arena, free_options, *options);
    for (const PQconninfoOption *o = *options; o->keyword != NULL; o++)
        if (o->val != NULL && o->envvar == NULL && strcmp(o->keyword, "sslpassword") == 0)
            return FAIL(arena, CONFLICT,
                "The connection string of the database has an sslpassword, which cannot be passed "
                "to pg_dump and psql. Use a key without one, readable by root alone.");
    return NULL;
}

/* In the child: nothing but what may be done between fork and exec of a process without threads. */
static void __attribute__((noreturn))
become(struct tool *t, const PQconninfoOption *options, const char *const *argv, pid_t parent)
{
    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (o->val != NULL && o->envvar != NULL)
            setenv(o->envvar, o->val, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && dup2(t->in, STDIN_FILENO) >= 0 && dup2(t->out, STDOUT_FILENO) >= 0 &&
        dup2(t->said, STDERR_FILENO) >= 0)
        execvp(argv[0], (char *const *)(const void *)argv);
    const char *why = strerror(errno);
    (void)!write(t->said, why, strlen(why));
    _exit(127);
}

struct error *
tool_start(struct arena *arena, const char *conninfo, const char *const *argv, struct tool **result)
{
    struct tool *t = NEW(arena, struct tool), child;
    PQconninfoOption *options = NULL;
    int in[2], out[2];
    pid_t parent = getpid();

    if (conninfo != NULL)
        TRY(read_options(arena, conninfo, &options));
    *t = (struct tool){ .name = argv[0], .in = -1, .out = -1, .said = -1 };
    arena_defer(arena, drop, t);
    t->said = memfd_create("said", MFD_CLOEXEC);
    if (t->said < 0 || pipe2(in, O_CLOEXEC) != 0)
        return FAIL(arena, INTERNAL, "%s cannot be started: %s", argv[0], strerror(errno));
    child = (struct tool){ .in = in[0], .out = -1, .said = t->said };
    t->in = in[1];
    if (pipe2(out, O_CLOEXEC) != 0) {
        close_fd(&child.in);
        return FAIL(arena, INTERNAL, "%s cannot be started: %s", argv[0], strerror(errno));
    }
    child.out = out[1];
    t->out = out[0];
    signal(SIGPIPE, SIG_IGN); /* a program that ended early is told by its status */
    t->pid = fork();
    if (t->pid == 0)
        become(&child, options, argv, parent);
    close_fd(&child.in);
    close_fd(&child.out);
    if (t->pid < 0) {
        t->pid = 0;
        return FAIL(arena, INTERNAL, "%s cannot be started: %s", argv[0], strerror(errno));
    }
    *result = t;
    return NULL;
}

struct error *
tool_read(struct tool *t, struct arena *arena, char *p, size_t room, size_t *n)
{
    ssize_t got;

    while ((got = read(t->out, p, room)) < 0 && errno == EINTR)
        continue;
    if (got < 0)
        return FAIL(arena, INTERNAL, "%s: %s", t->name, strerror(errno));
    *n = (size_t)got;
    return NULL;
}

struct error *
tool_write(struct tool *t, struct arena *arena, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(t->in, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            TRY(tool_end(t, arena));
            return FAIL(arena, CONFLICT, "%s ended before it had read everything.", t->name);
        }
        p += done;
        n -= (size_t)done;
    }
    return NULL;
}

/* Its complaints, without blanks at the ends. */
static const char *
said(const struct tool *t, struct arena *arena)
{
    char *text = arena_alloc(arena, SAID_MOST + 1);
    ssize_t n = pread(t->said, text, SAID_MOST, 0);

    text[n < 0 ? 0 : n] = '\0';
    return text_trim(arena, text);
}

struct error *
tool_end(struct tool *t, struct arena *arena)
{
    int status = 0;

    close_fd(&t->in);
    close_fd(&t->out);
    while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    t->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return FAIL(arena, CONFLICT,
            "%s cannot be started: %s. It is in the Debian package postgresql-client.", t->name,
            said(t, arena));
    if (WIFSIGNALED(status))
        return FAIL(arena, CONFLICT, "%s was ended by signal %d. %s", t->name, WTERMSIG(status),
            said(t, arena));
    return FAIL(arena, CONFLICT, "%s failed: %s", t->name, said(t, arena));
}
