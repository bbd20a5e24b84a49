/* What somebody typed: one connection for each address, and only to the public internet. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "net/net_in.h"

/* The address that is about to be connected to: the name has been looked up, nothing is in between.
 */
static curl_socket_t
open_socket(void *cls, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = cls;

    if (purpose != CURLSOCKTYPE_IPCXN || !net_is_public(&address->addr)) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void
drop_easy(void *easy)
{
    curl_easy_cleanup(easy);
}

static void
set_login(CURL *easy, const struct net_login *login)
{
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, login->user);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, login->password);
}

static fallible
once(const struct config *config, struct arena *arena, const char *url,
    const struct net_login *login, size_t bytes, int64_t until, struct net_answer *answer)
{
    int64_t left = (until - time_monotonic()) / 1000;
    CURL *easy = curl_easy_init();
    struct transfer t;

    if (easy == NULL)
        abort();
    arena_defer(arena, drop_easy, easy);
    if (left <= 0)
        return error_cause(REFUSE(arena, NET_UNREACHABLE), arena, "no time is left");
    transfer_begin(&t, easy, arena, url);
    t.body = buf_new(arena, bytes);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, config->outbound_plain ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &t);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)bytes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, config->outbound_ca_file);
    if (login != NULL && text_starts(url, "https://"))
        set_login(easy, login);
    struct error *e = transfer_run(&t, answer);
    transfer_end(&t);
    return e;
}

static bool
is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void
drop_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

/* Where an answer leads to, checked like an address that was typed; only further on the same host,
 * and never from https to http. */
static fallible
follow(const struct config *config, struct arena *arena, const char *from, const char *location,
    const char **to)
{
    CLEANUP(drop_url) CURLU *url = curl_url();
    struct uri old, new;
    char *whole = NULL;

    if (url == NULL)
        abort();
    if (curl_url_set(url, CURLUPART_URL, from, 0) != CURLUE_OK ||
        curl_url_set(url, CURLUPART_URL, location, 0) != CURLUE_OK ||
        curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK)
        return error_cause(REFUSE(arena, NET_MOVED), arena, "to no address");
    const char *copy = arena_copy(arena, whole, strlen(whole));
    curl_free(whole);
    if (net_url(arena, copy, config->outbound_plain, to) != NULL || !uri_parse(arena, from, &old) ||
        !uri_parse(arena, *to, &new))
        return error_cause(REFUSE(arena, NET_MOVED), arena, "to an address that is not asked");
    if (strcmp(old.host, new.host) != 0)
        return error_cause(REFUSE(arena, NET_MOVED), arena, "to another host");
    if (strcmp(old.scheme, "https") == 0 && strcmp(new.scheme, "https") != 0)
        return error_cause(REFUSE(arena, NET_MOVED), arena, "from https to http");
    return NULL;
}

/* What is packed could be a thousand times as large as it looks: we have not asked for it. */
static fallible
check_encoding(struct arena *arena, const struct net_answer *answer)
{
    const char *encoding = net_header(answer, "Content-Encoding");

    if (encoding == NULL || text_same_nocase(encoding, "identity"))
        return NULL;
    return error_cause(REFUSE(arena, NET_BAD_ANSWER), arena, "it is compressed");
}

struct error *
net_fetch(const struct config *config, struct arena *arena, const char *typed,
    const struct net_login *login, const struct net_limits *limits, struct net_answer *answer)
{
    int64_t until = time_monotonic() + limits->time * 1000000;
    const char *url;

    TRY(net_url(arena, typed, config->outbound_plain, &url));
    for (int hops = 0;; hops++) {
        *answer = (struct net_answer){ 0 };
        TRY(once(config, arena, url, login, limits->bytes, until, answer));
        TRY(check_encoding(arena, answer));
        const char *location = net_header(answer, "Location");
        if (!is_redirect(answer->status) || location == NULL)
            return NULL;
        if (hops == limits->redirects)
            return error_cause(REFUSE(arena, NET_MOVED), arena, "too many times");
        TRY(follow(config, arena, url, location, &url));
    }
}
