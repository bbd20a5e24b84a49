/* One exchange by libcurl, with the limits and callbacks that all have. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/version.h"
#include "net/net_in.h"

const struct condition
    NET_BAD_ADDRESS = { 400, .title = N_("This is no web address that can be asked.") },
    NET_PRIVATE = { 403,
        .title = N_("This address leads into a private network and is not asked.") },
    NET_MOVED = { 502,
        .title = N_("The other server points to another address. Please enter that one.") },
    NET_UNREACHABLE = { 503, .title = N_("The other server does not answer.") },
    NET_BAD_ANSWER = { 502, .title = N_("The other server's answer cannot be used.") };

struct error *
net_start(struct arena *arena)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    if (code == CURLE_OK)
        return NULL;
    return error_cause(REFUSE(arena, INTERNAL), arena, "libcurl: %s", curl_easy_strerror(code));
}

void
net_stop(void)
{
    curl_global_cleanup();
}

const char *
net_header(const struct net_answer *answer, const char *name)
{
    for (int i = 0; i < answer->n_headers; i++)
        if (text_same_nocase(answer->header[i].name, name))
            return answer->header[i].value;
    return NULL;
}

/* ---------------------------------------------------------------- what comes */

static size_t
too_much(struct transfer *t)
{
    t->too_much = true;
    return 0; /* which libcurl takes for an error */
}

/* A line of the head; an interim answer (100) begins it anew. */
static size_t
on_header(char *p, size_t size, size_t count, void *cls)
{
    struct transfer *t = cls;
    size_t n = size * count;
    const char *colon = memchr(p, ':', n);

    t->header_bytes += n;
    if (t->header_bytes > NET_HEADER_BYTES)
        return too_much(t);
    if (n > 5 && strncmp(p, "HTTP/", 5) == 0) {
        t->n_headers = 0;
        return n;
    }
    if (colon == NULL)
        return n;
    if (t->n_headers == NET_HEADERS_MAX)
        return too_much(t);
    const char *value = arena_copy(t->arena, colon + 1, n - (size_t)(colon + 1 - p));
    t->header[t->n_headers++] = (struct net_header){
        arena_copy(t->arena, p, (size_t)(colon - p)),
        text_trim(t->arena, value),
    };
    return n;
}

static size_t
on_body(char *p, size_t size, size_t count, void *cls)
{
    struct transfer *t = cls;
    size_t n = size * count;
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->taken += (int64_t)n;
    if (t->sink != NULL && status == (t->ask->ranged ? 206 : 200)) {
        t->error = t->sink->take(t->sink->cls, t->arena, p, n);
        return t->error == NULL ? n : 0;
    }
    buf_add(&t->body, p, n);
    return t->body.over ? too_much(t) : n;
}

/* ---------------------------------------------------------------- what goes */

static size_t
on_send(char *p, size_t size, size_t count, void *cls)
{
    struct transfer *t = cls;
    const struct net_ask *ask = t->ask;
    size_t n = size * count;

    if ((int64_t)n > ask->n - t->sent)
        n = (size_t)(ask->n - t->sent);
    if (ask->p != NULL) {
        memcpy(p, (const char *)ask->p + t->sent, n);
    } else if (n > 0) {
        ssize_t got;
        do
            got = pread(ask->fd, p, n, ask->first + t->sent);
        while (got < 0 && errno == EINTR);
        if (got <= 0)
            return CURL_READFUNC_ABORT;
        n = (size_t)got;
    }
    t->sent += (int64_t)n;
    return n;
}

/* libcurl begins again when a connection that it had kept turns out to be closed. */
static int
on_seek(void *cls, curl_off_t offset, int origin)
{
    struct transfer *t = cls;

    if (origin != SEEK_SET || offset < 0 || offset > t->ask->n)
        return CURL_SEEKFUNC_FAIL;
    t->sent = offset;
    return CURL_SEEKFUNC_OK;
}

/* ---------------------------------------------------------------- from begin to end */

void
transfer_begin(struct transfer *t, CURL *easy, struct arena *arena, const char *url)
{
    *t = (struct transfer){ .arena = arena, .easy = easy };
    t->body = buf_new(arena, NET_BODY_MAX);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, NET_USER_AGENT);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* also none of the environment's */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* does not wait for a silent name server */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, NET_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_READDATA, t);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
}

static fallible
failure(const struct transfer *t, CURLcode code)
{
    if (t->error != NULL)
        return t->error;
    if (t->refused)
        return REFUSE(t->arena, NET_PRIVATE);
    if (t->too_much)
        return error_cause(REFUSE(t->arena, NET_BAD_ANSWER), t->arena, "larger than allowed");
    switch (code) {
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:
        return error_cause(
            REFUSE(t->arena, NET_BAD_ANSWER), t->arena, "%s", curl_easy_strerror(code));
    default:
        return error_cause(
            REFUSE(t->arena, NET_UNREACHABLE), t->arena, "%s", curl_easy_strerror(code));
    }
}

struct error *
transfer_run(struct transfer *t, struct net_answer *answer)
{
    long status = 0;

    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->lines);
    CURLcode code = curl_easy_perform(t->easy);
    answer->sent = t->sent > 0;
    if (code != CURLE_OK)
        return failure(t, code);
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    struct net_header *header = NEW_ARRAY(t->arena, struct net_header, (size_t)t->n_headers + 1);
    memcpy(header, t->header, (size_t)t->n_headers * sizeof *header);
    answer->status = (int)status;
    answer->body = buf_string(&t->body);
    answer->n = t->body.n;
    answer->header = header;
    answer->n_headers = t->n_headers;
    return NULL;
}

void
transfer_end(struct transfer *t)
{
    curl_slist_free_all(t->lines);
    t->lines = NULL;
}
