#include "jobs/helper_faults.h"

#ifdef TEST_FAULTS

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"

/* The function has "try_" before the task's name: most names are the C library's. */
#define TASK(title)                                                                                \
    static bool try_##title(struct arena *arena UNUSED, const char *in UNUSED, size_t n UNUSED,    \
        struct buf *out UNUSED);                                                                   \
    const struct helper_task helper_##title = { .name = #title, .run = try_##title };              \
    static bool try_##title(struct arena *arena UNUSED, const char *in UNUSED, size_t n UNUSED,    \
        struct buf *out UNUSED)

TASK(refuse)
{
    buf_text(out, "Line 3 is wrong.");
    return false;
}

TASK(spin)
{
    for (volatile unsigned i = 1; i != 0; i |= 1)
        ;
    return true;
}

/* Waits for a second request, which does not come. */
TASK(hang)
{
    char c;

    return read(STDIN_FILENO, &c, 1) == 1;
}

TASK(crash)
{
    return *(volatile char *)(uintptr_t)n == 0; /* the caller sends 8 bytes */
}

/* As a parser does that goes into what is nested as deep as the input says. */
static int
descend(volatile char *above, int depth)
{
    volatile char here[4096];

    here[0] = above[0];
    return depth == INT_MAX ? 0 : here[0] + descend(here, depth + 1);
}

TASK(overflow)
{
    char top = 0;

    return descend(&top, 0) == 0;
}

TASK(eat)
{
    for (int i = 0; i < 4096; i++)
        memset(arena_alloc(arena, MB(1)), 1, MB(1));
    return true;
}

static void
write_all(const char *p, size_t n)
{
    ssize_t done;

    for (; n > 0; p += done, n -= (size_t)done)
        if ((done = write(STDIN_FILENO, p, n)) <= 0)
            return;
}

TASK(rubbish)
{
    char bytes[64];

    memset(bytes, 0xff, sizeof bytes);
    write_all(bytes, sizeof bytes);
    return true;
}

/* More than one may answer. */
TASK(flood)
{
    char *bytes = arena_alloc(arena, MB(1));

    for (int i = 0; i < 17; i++)
        buf_add(out, bytes, MB(1));
    return true;
}

TASK(open)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

TASK(socket)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

TASK(execve)
{
    char *const none[] = { NULL };

    return execve("/bin/true", none, none) == 0;
}

TASK(fork)
{
    return fork() >= 0;
}

TASK(kill)
{
    return kill(getppid(), SIGKILL) == 0;
}

TASK(exec_memory)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
               0) != MAP_FAILED;
}

/* How many descriptors are open: one. */
TASK(descriptors)
{
    int open = 0;
    char c;

    for (int fd = 0; fd < 1024; fd++)
        open += write(fd, &c, 0) == 0;
    buf_printf(out, "%d", open);
    return true;
}

#endif
