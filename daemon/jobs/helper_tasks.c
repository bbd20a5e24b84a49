#include "jobs/helpers.h"

#include "base/buf.h"
#include "jobs/helper_compare.h"
#include "jobs/helper_faults.h"
#include "jobs/helper_markdown.h"

static bool
echo(struct arena *arena, const char *in, size_t n, struct buf *out)
{
    (void)arena;
    buf_add(out, in, n);
    return true;
}

const struct helper_task helper_echo = { "echo", echo };

const struct helper_task *const helper_tasks[] = {
    &helper_echo,
    &helper_compare,
    &helper_markdown,
#ifdef TEST_FAULTS
    &helper_refuse,
    &helper_spin,
    &helper_hang,
    &helper_crash,
    &helper_eat,
    &helper_rubbish,
    &helper_flood,
    &helper_open,
    &helper_socket,
    &helper_execve,
    &helper_fork,
    &helper_kill,
    &helper_exec_memory,
    &helper_descriptors,
    &helper_overflow,
#endif
    NULL,
};
