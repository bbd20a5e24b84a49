/* Requests to the S3 store: signed, repeated when that helps, given up in time when it does not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "blob/s3.h"

#define HEADERS     8
#define ATTEMPTS    4
#define PAUSE_MS    100              /* before the second attempt; then twice as long each time */
#define BEGIN_UNTIL INT64_C(8000000) /* no further attempt is begun after that */
#define DOWN_FOR    INT64_C(5000000) /* who did not answer is left alone for so long */
#define SECRET_MAX  1024

/* ---------------------------------------------------------------- begin and end */

struct key {
    char text[SECRET_MAX];
    char *user, *password;
};

/* The access key in the first line, the secret in the second. */
static fallible
read_key(struct arena *arena, const char *path, struct key *key)
{
    FILE *f = fopen(path, "re");
    char *rest;

    if (f == NULL)
        return FAIL(arena, CONFLICT, "s3_key_file: %s: %s", path, strerrordesc_np(errno));
    size_t n = fread(key->text, 1, sizeof key->text - 1, f);
    fclose(f);
    key->text[n] = '\0';
    key->user = strtok_r(key->text, "\r\n", &rest);
    key->password = strtok_r(NULL, "\r\n", &rest);
    if (key->user == NULL || key->password == NULL)
        return FAIL(arena, CONFLICT,
            "s3_key_file: %s must have the access key in its first line and the secret in its "
            "second",
            path);
    return NULL;
}

struct error *
s3_open(struct arena *arena, const struct config *config, struct s3 **result)
{
    struct key key;

    struct error *e = read_key(arena, config->s3_key_file, &key);
    if (e != NULL) {
        forget(&key, sizeof key);
        return e;
    }
    struct s3 *s3 = calloc(1, sizeof *s3);
    if (s3 == NULL || (s3->bucket = strdup(config->s3_bucket)) == NULL)
        abort();
    s3->busy_max = (int)(config->workers * 3 / 4 > 0 ? config->workers * 3 / 4 : 1);
    s3->server = net_server_new(&(struct net_server_options){
        .url = config->s3_endpoint,
        .ca_file = config->outbound_ca_file,
        .sigv4 = arena_printf(arena, "aws:amz:%s:s3", config->s3_region),
        .user = key.user,
        .password = key.password,
    });
    forget(&key, sizeof key);
    *result = s3;
    return NULL;
}

void
s3_close(struct s3 *s3)
{
    if (s3 == NULL)
        return;
    net_server_free(s3->server);
    free(s3->bucket);
    free(s3);
}

/* ---------------------------------------------------------------- one request */

const char *
s3_key(struct arena *arena, const struct blob_place *place)
{
    return arena_printf(arena, "/objects/%s/%s/%s", place->owner, place->fan, place->name);
}

struct error *
s3_refused(struct arena *arena, const struct net_answer *answer, const char *where)
{
    const char *at = answer->body == NULL ? "" : answer->body;
    const char *code = s3_element(arena, &at, "Code");

    return error_cause(error_plain(arena, &TRY_LATER, where), arena, "S3 store: status %d %s",
        answer->status, code == NULL ? "" : code);
}

static bool
is_busy(int status)
{
    return status >= 500 || status == 429 || status == 408;
}

/* Half the pause for sure, the rest by chance, so that those who wait do not come all at once. */
static void
pause_before(int attempt)
{
    int64_t most = (int64_t)PAUSE_MS << (attempt - 1);
    uint16_t chance;

    random_bytes(&chance, sizeof chance);
    int64_t ms = most / 2 + most / 2 * chance / UINT16_MAX;
    const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&pause, NULL);
}

static fallible
once(struct s3 *s3, struct arena *arena, const struct net_ask *ask, struct net_answer *answer)
{
    struct error *e = net_ask(s3->server, arena, ask, answer);

    if (e == NULL && !is_busy(answer->status))
        return NULL;
    if (e == NULL)
        return s3_refused(arena, answer, HERE);
    if (e->cond != &NET_UNREACHABLE && e->cond != &NET_BAD_ANSWER)
        return e; /* of the sink */
    return error_cause(REFUSE(arena, TRY_LATER), arena, "S3 store: %s",
        e->cause != NULL ? e->cause : e->cond->title);
}

static fallible
insist(struct s3 *s3, struct arena *arena, enum s3_pace pace, const struct net_ask *ask,
    struct net_answer *answer)
{
    int attempts = pace == S3_HASTE ? 1 : ATTEMPTS;
    int64_t begun = time_monotonic();
    struct error *e = NULL;

    if (begun < atomic_load(&s3->down_until))
        return error_cause(
            REFUSE(arena, TRY_LATER), arena, "S3 store: it did not answer a moment ago");
    for (int i = 1; i <= attempts; i++) {
        e = once(s3, arena, ask, answer);
        /* A sink that has had something cannot begin again: fetch goes on where it was. */
        if (e == NULL || e->cond != &TRY_LATER || ask->sink != NULL)
            break;
        if (time_monotonic() - begun > BEGIN_UNTIL)
            break;
        if (i < attempts)
            pause_before(i);
    }
    if (e != NULL && e->cond == &TRY_LATER && ask->sink == NULL)
        atomic_store(&s3->down_until, time_monotonic() + DOWN_FOR);
    return e;
}

struct error *
s3_ask(struct s3 *s3, struct arena *arena, enum s3_pace pace, const struct net_ask *ask,
    const char *sha256_hex, struct net_answer *answer)
{
    struct net_header header[HEADERS];
    struct net_ask signed_ask = *ask;
    unsigned char digest[SHA256_SIZE];

    if (sha256_hex == NULL) {
        sha256(ask->p == NULL ? "" : ask->p, ask->p == NULL ? 0 : (size_t)ask->n, digest);
        sha256_hex = hex_encode(arena, digest, sizeof digest);
    }
    for (int i = 0; i < ask->n_headers; i++)
        header[i] = ask->header[i];
    header[ask->n_headers] = (struct net_header){ "x-amz-content-sha256", sha256_hex };
    signed_ask.header = header;
    signed_ask.n_headers = ask->n_headers + 1;
    signed_ask.path = arena_printf(arena, "/%s%s", s3->bucket, ask->path);
    if (signed_ask.patience == 0)
        signed_ask.patience = pace == S3_HASTE ? 3 : 5;
    TRY(insist(s3, arena, pace, &signed_ask, answer));
    if (answer->status / 100 == 2 || answer->status == 404 || answer->status == 416)
        return NULL;
    return s3_refused(arena, answer, HERE);
}

struct error *
s3_head(struct s3 *s3, struct arena *arena, enum s3_pace pace, const struct blob_place *place,
    int64_t *size, int64_t *modified)
{
    const struct net_ask ask = { .method = "HEAD", .path = s3_key(arena, place) };
    struct net_answer answer;

    TRY(s3_ask(s3, arena, pace, &ask, NULL, &answer));
    *size = -1;
    *modified = 0;
    if (answer.status != 200)
        return NULL;
    const char *length = net_header(&answer, "Content-Length");
    const char *when = net_header(&answer, "Last-Modified");
    if (length == NULL || !text_to_int(length, INT64_MAX, size) || when == NULL ||
        !time_from_http(when, modified))
        return s3_refused(arena, &answer, HERE);
    return NULL;
}
