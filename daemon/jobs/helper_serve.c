/* What a helper does once it is locked in: it answers requests until nobody asks any more. */
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "jobs/sandbox.h"
#include "jobs/zygote.h"

static bool
read_all(void *p, size_t n)
{
    for (char *to = p; n > 0;) {
        ssize_t got = read(HELPER_SOCKET, to, n);
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
        ssize_t done = write(HELPER_SOCKET, from, n);
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
serve_one(const struct helper_task *const *tasks, uint32_t n_tasks,
    const struct helper_limits *limits, bool last)
{
    struct request_head head;

    if (!read_all(&head, sizeof head) || head.task >= n_tasks || head.n > limits->bytes)
        return false;
    struct arena *arena = arena_new();
    struct buf out = buf_new(arena, HELPER_BYTES_MAX);
    char *in = arena_alloc(arena, (size_t)head.n + 1);
    bool alive = read_all(in, head.n);
    if (alive) {
        sandbox_cpu_limit(limits->cpu_ms);
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

_Noreturn void
helper_serve(const struct helper_task *const *tasks, const struct helper_limits *limits)
{
    uint32_t n_tasks = 0;

    while (tasks[n_tasks] != NULL)
        n_tasks++;
    for (int i = 1; i <= HELPER_LIFE; i++)
        if (!serve_one(tasks, n_tasks, limits, i == HELPER_LIFE))
            break;
    _exit(0);
}
