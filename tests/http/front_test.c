/*
 * The front with a few toy routes and neither database nor directory: what
 * tests/http/test_front.py talks to. Prints its port, ends with SIGTERM.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/time.h"
#include "blob/blob.h"
#include "html/lang.h"
#include "html/out.h"
#include "http/app.h"
#include "http/body.h"
#include "http/conditional.h"
#include "http/form.h"
#include "http/front.h"
#include "http/response.h"

static const struct blob_owner owner = { 'c', 1 };

static fallible
show_hello(struct request *rq, struct response *rs)
{
    struct out *o = response_text(rs, "text/html; charset=utf-8");

    out_text(o, "hello ");
    out_text(o, rq->href);
    return NULL;
}

static fallible
show_client(struct request *rq, struct response *rs)
{
    struct out *o = response_text(rs, "text/plain");

    out_text(o, request_origin(rq));
    out_text(o, " ");
    out_text(o, rq->client.network);
    return NULL;
}

static fallible
wait_a_little(struct request *rq, struct response *rs)
{
    usleep(700000);
    return show_hello(rq, rs);
}

static fallible
show_fixed(struct request *rq, struct response *rs)
{
    static const char text[] = "0123456789abcdefghij";
    const int64_t modified = INT64_C(1700000000) * 1000000;
    bool not_modified;

    response_etag(rs, "v1");
    response_modified(rs, modified);
    TRY(conditional_check(rq, &(struct state){ true, "v1", modified }, &not_modified));
    if (not_modified)
        response_status(rs, 304);
    else
        response_bytes(rs, "text/plain", text, sizeof text - 1);
    return NULL;
}

static fallible
show_large(struct request *rq, struct response *rs)
{
    const char *size = request_query(rq, "n");
    size_t n = size == NULL ? MB(64) : (size_t)atoll(size);
    struct out *o = response_text(rs, "application/octet-stream");
    char piece[1024];

    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < n; i += sizeof piece)
        out_raw(o, piece, n - i < sizeof piece ? n - i : sizeof piece);
    return NULL;
}

static fallible
echo(struct request *rq, struct response *rs)
{
    size_t n;
    const char *p = body_text(rq, &n);

    response_bytes(rs, "text/plain", p, n);
    return NULL;
}

/* Who may, decided before the body is taken: nobody may write "refused". */
static fallible
refuse_by_name(struct request *rq)
{
    if (strcmp(rq->param[0], "refused") == 0) {
        usleep(50000);
        return REFUSE(rq->arena, FORBIDDEN);
    }
    return NULL;
}

struct stored {
    const struct blob_content *content;
    const char *inline_bytes;
};

static fallible
settle_upload(struct request *rq)
{
    struct stored *stored = NEW(rq->arena, struct stored);

    rq->own = stored;
    return body_settle(rq, owner, rq->app->config->inline_max, &stored->content, &stored->inline_bytes);
}

static fallible
put_upload(struct request *rq, struct response *rs)
{
    const struct stored *stored = rq->own;
    struct out *o = response_text(rs, "text/plain");

    response_status(rs, 201);
    out_text(o, hex_encode(rq->arena, stored->content->sha256, SHA256_SIZE));
    out_text(o, " ");
    out_int(o, stored->content->size);
    out_text(o, stored->inline_bytes == NULL ? " store" : " inline");
    return NULL;
}

/* A content by its hash and size: one part, or the same part `times` over. */
static fallible
get_upload(struct request *rq, struct response *rs)
{
    const char *size = request_query(rq, "size"), *times = request_query(rq, "times");
    int n = times == NULL ? 1 : atoi(times);
    struct blob_part *part = NEW_ARRAY(rq->arena, struct blob_part, (size_t)n);
    struct blob_content content = { .n_parts = n, .parts = part };

    if (size == NULL || !hex_decode(rq->param[0], part[0].sha256, SHA256_SIZE))
        return REFUSE(rq->arena, NOT_FOUND);
    part[0].size = atoll(size);
    for (int i = 1; i < n; i++)
        part[i] = part[0];
    content.size = part[0].size * n;
    response_etag(rs, rq->param[0]);
    return response_blob(rq, rs, "application/octet-stream", owner, &content);
}

static fallible
show_form(struct request *rq, struct response *rs)
{
    struct out *o = response_text(rs, "text/plain");
    struct form_file file;
    const char *text;
    int64_t number;

    TRY(form_text(rq, "text", 100, &text));
    TRY(form_int(rq, "number", &number));
    out_text(o, text);
    out_text(o, " ");
    out_int(o, number);
    TRY(form_maybe(rq, "with_file", 10, &text));
    if (text != NULL) {
        TRY(form_file(rq, "file", 0, &file));
        out_text(o, " ");
        out_text(o, file.name);
        out_text(o, " ");
        out_int(o, (int64_t)file.n);
    }
    return NULL;
}

static fallible
lose_race(struct request *rq, struct response *rs UNUSED)
{
    return REFUSE(rq->arena, LOST_RACE);
}

static const struct route routes[] = {
    { .method = GET, .pattern = "/", .tx = NO_TX, .run = show_hello },
    { .method = GET, .pattern = "/client", .tx = NO_TX, .run = show_client },
    { .method = GET, .pattern = "/slow", .tx = NO_TX, .run = wait_a_little },
    { .method = GET, .pattern = "/fixed", .tx = NO_TX, .run = show_fixed },
    { .method = GET, .pattern = "/large", .tx = NO_TX, .run = show_large },
    { .method = GET, .pattern = "/race", .tx = NO_TX, .run = lose_race },
    { .method = GET, .pattern = "/c/{chapter}/**", .tx = NO_TX, .run = show_hello },
    { .method = POST,
        .pattern = "/echo",
        .tx = NO_TX,
        .body = BODY_MEMORY,
        .body_max = KB(64),
        .run = echo },
    { .method = POST,
        .pattern = "/form",
        .tx = NO_TX,
        .body = BODY_MEMORY,
        .body_max = KB(256),
        .run = show_form },
    { .method = PUT,
        .pattern = "/up/{name}",
        .tx = NO_TX,
        .body = BODY_BLOB,
        .scope = refuse_by_name,
        .prepare = settle_upload,
        .run = put_upload },
    { .method = GET, .pattern = "/up/{name}", .tx = NO_TX, .run = get_upload },
    { .method = PUT,
        .pattern = "/dav/{name}",
        .login = LOGIN_DAV,
        .tx = NO_TX,
        .body = BODY_BLOB,
        .prepare = settle_upload,
        .run = put_upload },
    { .method = PROPFIND,
        .pattern = "/dav/**",
        .login = LOGIN_DAV,
        .tx = NO_TX,
        .body = BODY_MEMORY,
        .run = echo },
    ROUTES_END,
};

static const struct route *const tables[] = { routes, http_routes, NULL };

static bool
wait_for_signal(const sigset_t *set, int64_t us)
{
    struct timespec timeout = { us / 1000000, us % 1000000 * 1000 };

    return sigtimedwait(set, NULL, &timeout) > 0;
}

static void
run_until_signal(struct front *front, const struct config *config, const sigset_t *set)
{
    while (!wait_for_signal(set, INT64_C(3600000000)))
        continue;
    front_quiesce(front);
    int64_t until = time_monotonic() + config->stop_timeout * INT64_C(1000000);
    while (!front_idle(front) && time_monotonic() < until) {
        if (wait_for_signal(set, 50000))
            break;
    }
    front_stop(front);
}

int
main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    atomic_llong requests = 0;
    struct app app = { .routes = tables, .lang = languages[0], .requests = &requests };
    struct front *front;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    log_start(LOG_INFO_, false);
    if (argc != 2 || (app.config = config_read(arena, argv[1], stderr)) == NULL)
        return 2;
    struct error *e = blob_store_open(arena, app.config->blob_dir, &app.blobs);
    if (e == NULL)
        e = front_start(arena, &app, &front);
    if (e != NULL) {
        fprintf(stderr, "%s %s\n", e->detail == NULL ? e->cond->title : e->detail,
            e->cause == NULL ? "" : e->cause);
        return 1;
    }
    printf("%d\n", front_port(front, 0));
    fflush(stdout);
    run_until_signal(front, app.config, &set);
    blob_store_close(app.blobs);
    arena_free(arena);
    return 0;
}
