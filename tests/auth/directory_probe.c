/*
 * Asks a directory as the daemon would, for the tests in this folder.
 *   directory_probe chapterd.conf   then lines on standard input, fields between tabs:
 *     check | login NAME PASSWORD | list | many N NAME PASSWORD (N at once)
 * Each prints one line: what came of it, and the milliseconds it took.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/ldap.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/time.h"

struct question {
    struct directory *directory;
    const char *user, *password;
    char answer[512];
};

static void
login(struct question *q)
{
    struct arena *arena = arena_new();
    const struct directory_person *p;
    int64_t from = time_monotonic();
    struct error *e = directory_login(q->directory, arena, &q->user, 1, q->password, &p);
    int ms = (int)((time_monotonic() - from) / 1000);

    if (e != NULL)
        snprintf(q->answer, sizeof q->answer, "silent %d %s", ms, e->cause);
    else if (p == NULL)
        snprintf(q->answer, sizeof q->answer, "wrong %d", ms);
    else
        snprintf(q->answer, sizeof q->answer,
            "good %d uid=%s name=%s mail=%s id=%zu groups=%d first=%s%s", ms, p->uid, p->name,
            p->mail == NULL ? "-" : p->mail, strlen(p->id), p->groups.n,
            p->groups.n > 0 ? p->groups.s[0] : "-", p->state_admin ? " admin" : "");
    arena_free(arena);
}

static void *
login_thread(void *arg)
{
    login(arg);
    return NULL;
}

static void
many(struct directory *d, int n, const char *user, const char *password)
{
    pthread_t thread[64];
    struct question q[64];
    int good = 0, wrong = 0;
    int64_t from = time_monotonic();

    n = n > 64 ? 64 : n;
    for (int i = 0; i < n; i++) {
        q[i] = (struct question){ .directory = d, .user = user, .password = password };
        pthread_create(&thread[i], NULL, login_thread, &q[i]);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(thread[i], NULL);
        good += strncmp(q[i].answer, "good", 4) == 0;
        wrong += strncmp(q[i].answer, "wrong", 5) == 0;
    }
    printf("many %d good=%d wrong=%d silent=%d\n", (int)((time_monotonic() - from) / 1000), good,
        wrong, n - good - wrong);
}

static struct error *
list(struct directory *d, struct arena *arena, int *count)
{
    struct directory_listing *l;
    struct directory_person *page;
    int n;

    *count = 0;
    TRY(directory_list(d, arena, &l));
    do {
        TRY(directory_list_next(l, arena, &page, &n));
        *count += n;
    } while (n > 0);
    return NULL;
}

static void
answer(struct directory *d, char *line)
{
    struct arena *arena = arena_new();
    char *save = NULL, *what = strtok_r(line, "\t", &save);
    int64_t from = time_monotonic();
    struct error *e = NULL;
    int count = 0;

    if (strcmp(what, "login") == 0) {
        const char *user = strtok_r(NULL, "\t", &save), *password = save;
        struct question q = { .directory = d, .user = user, .password = password };
        login(&q);
        puts(q.answer);
    } else if (strcmp(what, "many") == 0) {
        int n = atoi(strtok_r(NULL, "\t", &save));
        const char *user = strtok_r(NULL, "\t", &save);
        many(d, n, user, save);
    } else {
        e = strcmp(what, "check") == 0 ? directory_check(d, arena) : list(d, arena, &count);
        printf("%s %d %s\n", e != NULL ? "silent" : what, (int)((time_monotonic() - from) / 1000),
            e != NULL ? e->cause : arena_printf(arena, "%d", count));
    }
    fflush(stdout);
    arena_free(arena);
}

int
main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    const struct config *config = argc == 2 ? config_read(arena, argv[1], stderr) : NULL;
    struct directory *d;
    char line[8192];

    log_start(LOG_DEBUG_, false);
    if (config == NULL || !directory_open(config, &d, stderr))
        return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        answer(d, line);
    }
    directory_close(d);
    arena_free(arena);
    return 0;
}
