#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "jobs/helper_faults.h"
#include "jobs/helpers.h"
#include "tests/check.h"

/* Each replacement is logged; here they are what is tested. */
static struct helpers *
start(int n)
{
    log_start(LOG_ERROR_ - 1, false);
    struct helpers *h = helpers_start(helper_tasks, n, stderr);

    CHECK(h != NULL);
    if (h == NULL)
        abort();
    return h;
}

TEST(helpers_echo_what_they_get)
{
    struct helpers *h = start(2);
    struct arena *a = arena_new();
    struct helper_answer answer;
    size_t sizes[] = { 0, 1, 5, 65536, MB(1), HELPER_BYTES_MAX };

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *in = arena_alloc(a, sizes[i] + 1);
        memset(in, 'x', sizes[i]);
        if (CHECK(helper_call(h, a, &helper_echo, in, sizes[i], &answer) == NULL))
            CHECK(!answer.refused && answer.n == sizes[i] && memcmp(answer.p, in, sizes[i]) == 0 &&
                  answer.p[answer.n] == '\0');
    }
    struct error *e = helper_call(h, a, &helper_echo, "", HELPER_BYTES_MAX + 1, &answer);
    CHECK(e != NULL && e->cond == &TOO_LARGE);
    CHECK(helpers_answer(h));
    CHECK_INT(helpers_replaced(h), 0);
    helpers_stop(h);
    arena_free(a);
}

/* The zygote and all helpers are gone afterwards, and nothing stays open. */
TEST(helpers_end_with_the_daemon)
{
    int before = dup(STDIN_FILENO);

    close(before);
    helpers_stop(start(3));
    CHECK(waitpid(-1, NULL, WNOHANG) < 0);
    int after = dup(STDIN_FILENO);
    CHECK_INT(after, before);
    close(after);
}

/* They do old age: HELPER_LIFE requests, then another one, unnoticed. */
TEST(helpers_are_renewed)
{
    struct helpers *h = start(1);
    struct arena *a = arena_new();
    struct helper_answer answer;
    size_t mark = arena_mark(a);

    for (int i = 0; i < 450; i++) {
        CHECK(helper_call(h, a, &helper_echo, "abc", 3, &answer) == NULL && answer.n == 3);
        arena_rewind(a, mark);
    }
    CHECK_INT(helpers_replaced(h), 0);
    helpers_stop(h);
    arena_free(a);
}

#ifdef TEST_FAULTS

TEST(helper_refuses_an_input)
{
    struct helpers *h = start(1);
    struct arena *a = arena_new();
    struct helper_answer answer;

    CHECK(helper_call(h, a, &helper_refuse, "x", 1, &answer) == NULL && answer.refused);
    CHECK_TEXT(answer.p, "Line 3 is wrong.");
    CHECK_INT(helpers_replaced(h), 0);
    helpers_stop(h);
    arena_free(a);
}

TEST(helper_has_one_descriptor)
{
    struct helpers *h = start(2);
    struct arena *a = arena_new();
    struct helper_answer answer;

    if (CHECK(helper_call(h, a, &helper_descriptors, "", 0, &answer) == NULL))
        CHECK_TEXT(answer.p, "1");
    helpers_stop(h);
    arena_free(a);
}

/* security F33, decisions 2.7: whatever a helper does, the next request is served by another. */
TEST(helpers_that_misbehave_are_replaced)
{
    static const struct {
        const struct helper_task *task;
        const struct condition *cond;
        const char *why; /* NULL: depends on the sanitizer */
    } cases[] = {
        { &helper_open, &HELPER_DIED, "forbidden call" },
        { &helper_socket, &HELPER_DIED, "forbidden call" },
        { &helper_execve, &HELPER_DIED, "forbidden call" },
        { &helper_fork, &HELPER_DIED, "forbidden call" },
        { &helper_kill, &HELPER_DIED, "forbidden call" },
        { &helper_exec_memory, &HELPER_DIED, "forbidden call" },
        { &helper_rubbish, &HELPER_DIED, "rubbish" },
        { &helper_flood, &HELPER_DIED, "rubbish" },
        { &helper_crash, &HELPER_DIED, NULL },
        { &helper_overflow, &HELPER_DIED, NULL },
#ifndef __SANITIZE_ADDRESS__
        { &helper_eat, &HELPER_DIED, "signal 6" },
#endif
        { &helper_hang, &HELPER_OVERRAN, "time" },
        { &helper_spin, &HELPER_OVERRAN, NULL },
    };
    struct helpers *h = start(1);
    struct arena *a = arena_new();
    struct helper_answer answer;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t began = time_monotonic();
        struct error *e = helper_call(h, a, cases[i].task, "12345678", 8, &answer);
        CHECK(time_monotonic() - began < 2500000);
        if (!CHECK(e != NULL && e->cond == cases[i].cond))
            CHECK_TEXT(cases[i].task->name, e == NULL ? "refused" : e->cause);
        else if (cases[i].why != NULL)
            CHECK_TEXT(
                e->cause, arena_printf(a, "helper %s: %s", cases[i].task->name, cases[i].why));
        CHECK_INT(helpers_replaced(h), (int64_t)i + 1);
        CHECK(helper_call(h, a, &helper_echo, "abc", 3, &answer) == NULL && answer.n == 3);
    }
    CHECK(helpers_answer(h));
    helpers_stop(h);
    arena_free(a);
}

struct caller {
    struct helpers *h;
    pthread_t thread;
    int which;
    atomic_int *good;
};

static void *
call_often(void *what)
{
    struct caller *c = what;
    struct arena *a = arena_new();
    struct helper_answer answer;

    for (int i = 0; i < 40; i++) {
        char *in = arena_printf(a, "%d of %d", i, c->which);
        bool bad = i % 10 == c->which;
        struct error *e =
            helper_call(c->h, a, bad ? &helper_open : &helper_echo, in, strlen(in), &answer);
        if (bad ? e != NULL && e->cond == &HELPER_DIED : e == NULL && strcmp(answer.p, in) == 0)
            atomic_fetch_add(c->good, 1);
    }
    arena_free(a);
    return NULL;
}

/* Nobody gets another's answer, and a bad input hurts nobody else. */
TEST(helpers_serve_many_threads)
{
    struct helpers *h = start(2);
    struct caller callers[6];
    atomic_int good = 0;

    for (int i = 0; i < 6; i++) {
        callers[i] = (struct caller){ .h = h, .which = i, .good = &good };
        pthread_create(&callers[i].thread, NULL, call_often, &callers[i]);
    }
    for (int i = 0; i < 6; i++)
        pthread_join(callers[i].thread, NULL);
    CHECK_INT(good, 6 * 40);
    CHECK_INT(helpers_replaced(h), 6 * 4);
    helpers_stop(h);
}

static void *
hang(void *what)
{
    struct caller *c = what;
    struct arena *a = arena_new();
    struct helper_answer answer;
    struct error *e = helper_call(c->h, a, &helper_hang, "", 0, &answer);

    if (e != NULL && e->cond == &HELPER_OVERRAN)
        atomic_fetch_add(c->good, 1);
    arena_free(a);
    return NULL;
}

/* All are busy: they count as answering, and who waits too long is told to come again. */
TEST(helpers_that_are_all_busy)
{
    struct helpers *h = start(1);
    struct arena *a = arena_new();
    struct helper_answer answer;
    struct caller callers[3];
    atomic_int good = 0;

    for (int i = 0; i < 2; i++) {
        callers[i] = (struct caller){ .h = h, .good = &good };
        pthread_create(&callers[i].thread, NULL, hang, &callers[i]);
    }
    usleep(300000);
    int64_t began = time_monotonic();
    CHECK(helpers_answer(h));
    CHECK(time_monotonic() - began < 200000);
    for (int i = 0; i < 2; i++)
        pthread_join(callers[i].thread, NULL);
    CHECK(helper_call(h, a, &helper_echo, "abc", 3, &answer) == NULL);
    CHECK(good >= 1);
    helpers_stop(h);
    arena_free(a);
}

#endif
