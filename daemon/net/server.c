/* Servers that the settings name: kept connections, signed requests, no rule about addresses. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "net/net_in.h"

#define KEPT         32 /* handles; each keeps a connection */
#define SLOW_BYTES   1024L
#define SLOW_SECONDS 20L
#define STEP         ((int64_t)MB(4))

struct net_server {
    char *url, *ca_file, *sigv4, *user, *password;
    pthread_mutex_t mutex;
    CURL *idle[KEPT];
    int n_idle;
};

static char *
keep(const char *s)
{
    char *copy = s == NULL ? NULL : strdup(s);

    if (s != NULL && copy == NULL)
        abort();
    return copy;
}

struct net_server *
net_server_new(const struct net_server_options *options)
{
    struct net_server *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    s->url = keep(options->url);
    s->url[strlen(s->url) - (text_ends(s->url, "/") ? 1 : 0)] = '\0';
    s->ca_file = keep(options->ca_file);
    s->sigv4 = keep(options->sigv4);
    s->user = keep(options->user);
    s->password = keep(options->password);
    pthread_mutex_init(&s->mutex, NULL);
    return s;
}

void
net_server_free(struct net_server *s)
{
    if (s == NULL)
        return;
    while (s->n_idle > 0)
        curl_easy_cleanup(s->idle[--s->n_idle]);
    pthread_mutex_destroy(&s->mutex);
    if (s->password != NULL)
        forget(s->password, strlen(s->password));
    free(s->url);
    free(s->ca_file);
    free(s->sigv4);
    free(s->user);
    free(s->password);
    free(s);
}

static CURL *
take_handle(struct net_server *s)
{
    CURL *easy = NULL;

    pthread_mutex_lock(&s->mutex);
    if (s->n_idle > 0)
        easy = s->idle[--s->n_idle];
    pthread_mutex_unlock(&s->mutex);
    if (easy != NULL)
        curl_easy_reset(easy); /* the connection stays */
    else
        easy = curl_easy_init();
    if (easy == NULL)
        abort();
    return easy;
}

static void
give_handle(struct net_server *s, CURL *easy, bool good)
{
    pthread_mutex_lock(&s->mutex);
    if (good && s->n_idle < KEPT) {
        s->idle[s->n_idle++] = easy;
        easy = NULL;
    }
    pthread_mutex_unlock(&s->mutex);
    if (easy != NULL)
        curl_easy_cleanup(easy);
}

static void
add_line(struct transfer *t, const char *line)
{
    struct curl_slist *lines = curl_slist_append(t->lines, line);

    if (lines == NULL)
        abort();
    t->lines = lines;
}

/* By method: libcurl's own options, so that it frames the body as it should. */
static void
set_method(struct transfer *t)
{
    const struct net_ask *ask = t->ask;

    if (strcmp(ask->method, "PUT") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)ask->n);
    } else if (strcmp(ask->method, "POST") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, ask->p == NULL ? "" : ask->p);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->n);
    } else if (strcmp(ask->method, "HEAD") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    } else if (strcmp(ask->method, "GET") != 0) {
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, ask->method);
    }
    if (ask->ranged)
        curl_easy_setopt(t->easy, CURLOPT_RANGE,
            arena_printf(t->arena, "%lld-%lld", (long long)ask->from, (long long)ask->to));
}

static void
set_up(struct net_server *s, struct transfer *t, const struct net_ask *ask)
{
    int64_t bytes = ask->ranged ? ask->to - ask->from + 1 : ask->n;

    t->ask = ask;
    t->sink = ask->sink;
    set_method(t);
    for (int i = 0; i < ask->n_headers; i++)
        add_line(t, arena_printf(t->arena, "%s: %s", ask->header[i].name, ask->header[i].value));
    curl_easy_setopt(
        t->easy, CURLOPT_TIMEOUT_MS, (long)(ask->patience * 1000 * (1 + bytes / STEP)));
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)KB(256));
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)KB(128));
    if (s->ca_file != NULL)
        curl_easy_setopt(t->easy, CURLOPT_CAINFO, s->ca_file);
    if (s->sigv4 == NULL)
        return;
    curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, s->sigv4);
    curl_easy_setopt(t->easy, CURLOPT_USERNAME, s->user);
    curl_easy_setopt(t->easy, CURLOPT_PASSWORD, s->password);
}

struct error *
net_ask(
    struct net_server *s, struct arena *arena, const struct net_ask *ask, struct net_answer *answer)
{
    CURL *easy = take_handle(s);
    struct transfer *t = NEW(arena, struct transfer);

    *answer = (struct net_answer){ 0 };
    transfer_begin(t, easy, arena, arena_printf(arena, "%s%s", s->url, ask->path));
    set_up(s, t, ask);
    struct error *e = transfer_run(t, answer);
    transfer_end(t);
    give_handle(s, easy, e == NULL);
    return e;
}
