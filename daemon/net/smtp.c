/* Handing mails to the relay that the settings name (RFC 5321, 3207, 4954). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/token.h"
#include "net/net_in.h"

#define KEPT_SECONDS                                                                               \
    20L /* a connection without use: most relays wait for five minutes at least                    \
         */
#define SAID_MAX 500

struct net_relay {
    char *url, *ca_file, *user, *password;
    bool starttls;
    long patience;
    CURL *easy;
    int fd; /* of the connection, also of one that is kept; -1: there is none */
};

/* One mail on its way. */
struct dialogue {
    struct arena *arena;
    CURL *easy;
    const char *bytes;
    size_t n, sent;
    bool handed_over; /* the last byte has gone: from here on silence may mean that it was taken */
    bool at_receiver; /* the last thing we said was to whom it goes */
    bool leaving;     /* libcurl takes its leave, which is no answer to anything */
    char said[SAID_MAX]; /* the line of the server that came last */
};

static char *
keep(const char *s)
{
    char *copy = s == NULL ? NULL : strdup(s);

    if (s != NULL && copy == NULL)
        abort();
    return copy;
}

struct net_relay *
net_relay_new(const struct net_relay_options *options)
{
    struct net_relay *r = calloc(1, sizeof *r);
    struct arena *arena = arena_new();

    if (r == NULL)
        abort();
    /* libcurl takes the path for the name that EHLO says */
    r->url = keep(arena_printf(arena, "%s/%s", options->url, options->helo));
    r->ca_file = keep(options->ca_file);
    r->user = keep(options->user);
    r->password = keep(options->password);
    r->starttls = options->starttls;
    r->patience = (long)options->patience;
    r->fd = -1;
    r->easy = curl_easy_init();
    if (r->easy == NULL)
        abort();
    arena_free(arena);
    return r;
}

/* libcurl takes leave of the server and waits for its answer, for two minutes if need be: not of
 * one that is silent. */
static void
hang_up(struct net_relay *r)
{
    if (r->fd >= 0)
        shutdown(r->fd, SHUT_RDWR);
    curl_easy_cleanup(r->easy);
    r->easy = NULL;
    r->fd = -1;
}

/* After silence the next mail gets a connection of its own. */
static void
start_anew(struct net_relay *r)
{
    hang_up(r);
    r->easy = curl_easy_init();
    if (r->easy == NULL)
        abort();
}

void
net_relay_free(struct net_relay *r)
{
    if (r == NULL)
        return;
    hang_up(r);
    if (r->password != NULL)
        forget(r->password, strlen(r->password));
    free(r->url);
    free(r->ca_file);
    free(r->user);
    free(r->password);
    free(r);
}

/* ---------------------------------------------------------------- what goes and comes */

static size_t
on_send(char *p, size_t size, size_t count, void *cls)
{
    struct dialogue *d = cls;
    size_t n = size * count;

    if (n > d->n - d->sent)
        n = d->n - d->sent;
    memcpy(p, d->bytes + d->sent, n);
    d->sent += n;
    d->handed_over = d->sent == d->n; /* libcurl adds the end by itself */
    return n;
}

/* Lines of the server. */
static size_t
on_line(char *p, size_t size, size_t count, void *cls)
{
    struct dialogue *d = cls;
    size_t n = size * count, kept = n < SAID_MAX - 1 ? n : SAID_MAX - 1;

    if (d->leaving)
        return n;
    memcpy(d->said, p, kept);
    while (kept > 0 && (d->said[kept - 1] == '\n' || d->said[kept - 1] == '\r'))
        kept--;
    d->said[kept] = '\0';
    return n;
}

static size_t
on_body(char *p UNUSED, size_t size, size_t count, void *cls UNUSED)
{
    return size * count;
}

static int
on_open(void *cls, curl_socket_t fd, curlsocktype purpose UNUSED)
{
    struct net_relay *r = cls;

    r->fd = fd;
    return CURL_SOCKOPT_OK;
}

static int
on_close(void *cls, curl_socket_t fd)
{
    struct net_relay *r = cls;

    if (r->fd == fd)
        r->fd = -1;
    return close(fd);
}

/* What libcurl says to the server; among it a password, so nothing of it is kept. */
static int
on_talk(CURL *easy UNUSED, curl_infotype type, char *p, size_t n, void *cls)
{
    struct dialogue *d = cls;

    if (type == CURLINFO_HEADER_OUT && n > 4 && strncmp(p, "QUIT", 4) == 0)
        d->leaving = true;
    else if (type == CURLINFO_HEADER_OUT)
        d->at_receiver = n > 5 && strncmp(p, "RCPT ", 5) == 0;
    return 0;
}

/* ---------------------------------------------------------------- one exchange */

static void
set_up(struct net_relay *r, struct dialogue *d)
{
    CURL *easy = d->easy;

    curl_easy_reset(easy); /* the connection stays */
    curl_easy_setopt(easy, CURLOPT_URL, r->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, NET_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, r->patience);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, r->patience);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, r);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, r);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, KEPT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(r->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (r->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, r->ca_file);
    if (r->user != NULL) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, r->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, r->password);
    }
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, d);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, d);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_talk);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, d);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

/* "550"; 0: there was no answer */
static int
status_of(const char *said)
{
    return strspn(said, "0123456789") == 3
               ? (said[0] - '0') * 100 + (said[1] - '0') * 10 + said[2] - '0'
               : 0;
}

/* "5.1.1" behind the number of an answer (RFC 2034). */
static const char *
enhanced_of(struct arena *arena, const char *said)
{
    const char *s = strlen(said) > 4 ? said + 4 : "";
    size_t n = strspn(s, "0123456789.");

    return n >= 5 && n <= 11 && isdigit((unsigned char)s[0]) && s[1] == '.' &&
                   isdigit((unsigned char)s[n - 1])
               ? arena_copy(arena, s, n)
               : "";
}

/* 421: it closes, whatever we were at. An answer to anything but the receiver or the mail is about
 * us. */
static enum net_delivery
delivery_of(const struct dialogue *d, CURLcode code, int status)
{
    if (code == CURLE_OK)
        return NET_TAKEN;
    if (d->handed_over && status < 400)
        return NET_UNKNOWN;
    if (status < 400 || status == 421 || !(d->handed_over || d->at_receiver))
        return NET_RELAY_FAILS;
    return status < 500 ? NET_LATER : NET_REFUSED;
}

static struct net_outcome
run(struct dialogue *d)
{
    CURLcode code = curl_easy_perform(d->easy);
    int status = status_of(d->said);

    return (struct net_outcome){
        .delivery = delivery_of(d, code, status),
        .status = status,
        .enhanced = enhanced_of(d->arena, d->said),
        .said = arena_copy(d->arena, d->said, strlen(d->said)),
        .cause = code == CURLE_OK ? "" : curl_easy_strerror(code),
    };
}

static struct net_outcome
send_once(struct net_relay *r, struct dialogue *d, const char *from, const char *to)
{
    struct curl_slist *receivers = curl_slist_append(NULL, arena_printf(d->arena, "<%s>", to));

    if (receivers == NULL)
        abort();
    set_up(r, d);
    curl_easy_setopt(d->easy, CURLOPT_MAIL_FROM, arena_printf(d->arena, "<%s>", from));
    curl_easy_setopt(d->easy, CURLOPT_MAIL_RCPT, receivers);
    curl_easy_setopt(d->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(d->easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(d->easy, CURLOPT_READDATA, d);
    curl_easy_setopt(d->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)d->n);
    struct net_outcome outcome = run(d);
    curl_slist_free_all(receivers);
    return outcome;
}

struct net_outcome
net_relay_send(struct net_relay *r, struct arena *arena, const char *from, const char *to,
    const char *bytes, size_t n)
{
    struct dialogue d = { .arena = arena, .easy = r->easy, .bytes = bytes, .n = n };
    struct net_outcome outcome = send_once(r, &d, from, to);
    long connects = 0;

    /* a connection that was kept may have ended; nothing has been said on it then */
    curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &connects);
    if (outcome.delivery == NET_RELAY_FAILS && connects == 0 && d.sent == 0) {
        d = (struct dialogue){ .arena = arena, .easy = r->easy, .bytes = bytes, .n = n };
        outcome = send_once(r, &d, from, to);
    }
    if (outcome.delivery == NET_UNKNOWN || outcome.delivery == NET_RELAY_FAILS)
        start_anew(r);
    return outcome;
}

struct net_outcome
net_relay_try(struct net_relay *r, struct arena *arena)
{
    struct dialogue d = { .arena = arena, .easy = r->easy };

    set_up(r, &d);
    curl_easy_setopt(r->easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, "NOOP");
    struct net_outcome outcome = run(&d);
    if (outcome.delivery != NET_TAKEN)
        outcome.delivery = NET_RELAY_FAILS;
    return outcome;
}
