#include "jobs/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/macros.h"

#define MEMORY_MAX MB(512)
#define CPU_MAX    600 /* of a whole life, in seconds: sandbox_cpu_limit() is about one request */

/* No call here names a file, an address or another process. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(setitimer),
};

/* With FILES_REFUSED these fail; none is carried out either. */
static const int refused[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(readlink),
    SCMP_SYS(getcwd),
    SCMP_SYS(ioctl),
    SCMP_SYS(lseek),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(prctl),
    SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(getpriority),
    SCMP_SYS(setpriority),
};

/*
 * Threads of this process and nothing else: libvips makes one when it has none that rests. What is asked with a pointer
 * (clone3) cannot be looked at, so it is not there, and the C library asks in the other way.
 */
static bool
allow_threads(scmp_filter_ctx filter)
{
    static const scmp_datum_t thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
    static const int besides[] = { SCMP_SYS(set_robust_list), SCMP_SYS(rseq) };
    bool good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
                seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                    SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread)) == 0;

    for (size_t i = 0; good && i < COUNT_OF(besides); i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, besides[i], 0) == 0;
    return good;
}

struct sandbox *
sandbox_prepare(enum sandbox_files files)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool good = filter != NULL;

    for (size_t i = 0; good && i < COUNT_OF(allowed); i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    /* Memory, but none that can be run. */
    good = good && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    good = good && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    for (size_t i = 0; good && files == FILES_REFUSED && i < COUNT_OF(refused); i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0) == 0;
    if (good && files == FILES_REFUSED)
        good = allow_threads(filter);
    if (!good) {
        seccomp_release(filter);
        return NULL;
    }
    return (struct sandbox *)filter;
}

static bool
limit(__rlimit_resource_t what, rlim_t most)
{
    return setrlimit(what, &(struct rlimit){ most, most }) == 0;
}

bool
sandbox_enter(struct sandbox *sandbox)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* shadows have no limit */
    if (!limit(RLIMIT_AS, MEMORY_MAX))
        return false;
#endif
    /* abort() signals itself: let it, so that its end says what it was. */
    if (seccomp_rule_add(sandbox, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) != 0)
        return false;
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 0) &&
           limit(RLIMIT_CPU, CPU_MAX) && seccomp_load(sandbox) == 0;
}

void
sandbox_cpu_limit(int milliseconds)
{
    struct itimerval timer = { .it_value = { .tv_sec = milliseconds / 1000,
                                   .tv_usec = milliseconds % 1000 * 1000 } };

    setitimer(ITIMER_PROF, &timer, NULL);
}
