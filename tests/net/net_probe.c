/*
 * Asks addresses as the daemon would, for the tests in this folder.
 *   net_probe chapterd.conf   then lines on standard input, fields between tabs:
 *     fetch URL [USER PASSWORD] | check URL | both URL (twice at once, with two logins)
 * Each prints one line: what came of it, and the milliseconds it took.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "net/net.h"

static const struct net_limits limits = { .bytes = MB(2), .time = 20, .redirects = 3 };

static const char *
name_of(const struct condition *cond)
{
    static const struct {
        const struct condition *cond;
        const char *name;
    } names[] = { { &NET_BAD_ADDRESS, "bad_address" }, { &NET_PRIVATE, "private" },
        { &NET_MOVED, "moved" }, { &NET_UNREACHABLE, "unreachable" },
        { &NET_BAD_ANSWER, "bad_answer" } };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].cond == cond)
            return names[i].name;
    return "other";
}

struct question {
    const struct config *config;
    const char *url, *user, *password;
    char answer[512];
};

static void
fetch(struct question *q)
{
    struct arena *arena = arena_new();
    const struct net_login login = { q->user, q->password };
    int64_t from = time_monotonic();
    struct net_answer answer;

    struct error *e =
        net_fetch(q->config, arena, q->url, q->user == NULL ? NULL : &login, &limits, &answer);
    int ms = (int)((time_monotonic() - from) / 1000);
    if (e != NULL)
        snprintf(q->answer, sizeof q->answer, "%s %d %s", name_of(e->cond), ms,
            e->cause == NULL ? "" : e->cause);
    else
        snprintf(q->answer, sizeof q->answer, "%d %d %zu %.200s", answer.status, ms, answer.n,
            answer.body);
    q->answer[strcspn(q->answer, "\r\n")] = '\0';
    arena_free(arena);
}

static void *
fetch_thread(void *arg)
{
    fetch(arg);
    return NULL;
}

/* Two chapters ask the same address with different logins at the same time, again and again. */
static void
both(const struct config *config, const char *url)
{
    struct question q[8];
    pthread_t thread[COUNT_OF(q)];
    int right = 0;

    for (size_t i = 0; i < COUNT_OF(q); i++) {
        q[i] = (struct question){ config, url, i % 2 == 0 ? "jena" : "erfurt", "secret", "" };
        pthread_create(&thread[i], NULL, fetch_thread, &q[i]);
    }
    for (size_t i = 0; i < COUNT_OF(q); i++) {
        pthread_join(thread[i], NULL);
        right += strncmp(q[i].answer, "200 ", 4) == 0 && strstr(q[i].answer, q[i].user) != NULL;
    }
    printf("%d\n", right);
}

static void
check(const struct config *config, const char *url)
{
    struct arena *arena = arena_new();
    const char *written;
    struct error *e = net_url(arena, url, config->outbound_plain, &written);

    if (e == NULL)
        printf("good %s\n", written);
    else
        printf("%s %s\n", name_of(e->cond), e->cause);
    arena_free(arena);
}

static void
answer(const struct config *config, char *line)
{
    char *rest = NULL;
    const char *what = strtok_r(line, "\t\n", &rest);
    struct question q = { .config = config, .url = strtok_r(NULL, "\t\n", &rest) };

    if (what == NULL || q.url == NULL)
        return;
    if (strcmp(what, "fetch") == 0) {
        q.user = strtok_r(NULL, "\t\n", &rest);
        q.password = strtok_r(NULL, "\t\n", &rest);
        fetch(&q);
        puts(q.answer);
    } else if (strcmp(what, "check") == 0) {
        check(config, q.url);
    } else {
        both(config, q.url);
    }
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    const struct config *config = argc == 2 ? config_read(arena, argv[1], stderr) : NULL;
    char *line = NULL;
    size_t room = 0;

    log_start(LOG_ERROR_, false);
    if (config == NULL || net_start(arena) != NULL)
        return 2;
    while (getline(&line, &room, stdin) > 0)
        answer(config, line);
    free(line);
    net_stop();
    arena_free(arena);
    return 0;
}
