/* chapterctl check: are the addresses to listen on free, or is chapterd there already? */
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "ctl/check.h"

#define ANSWER_MAX 4096
#define TLS_PREFIX "tls:"

/* Where to listen, as the kernel takes it. */
struct address {
    struct sockaddr_storage storage;
    socklen_t n;
};

static bool
read_address(struct arena *arena, const char *word, struct address *address)
{
    struct sockaddr_un *local = (struct sockaddr_un *)&address->storage;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *found = NULL;
    const char *host;
    int port;

    *address = (struct address){ .n = sizeof *local };
    if (text_starts(word, "unix:")) {
        local->sun_family = AF_UNIX;
        if (strlen(word + 5) >= sizeof local->sun_path)
            return false;
        memcpy(local->sun_path, word + 5, strlen(word + 5));
        return true;
    }
    if (!uri_host(arena, word, &host, &port) || port < 0 ||
        getaddrinfo(host, arena_printf(arena, "%d", port), &hints, &found) != 0)
        return false;
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->n = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static int
new_socket(const struct address *address)
{
    const struct timeval patience = { .tv_sec = 3 };
    const int on = 1;
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    return fd;
}

static size_t
ask(int fd, const char *question, char *answer, size_t max)
{
    size_t n = 0;
    ssize_t got;

    if (send(fd, question, strlen(question), MSG_NOSIGNAL) != (ssize_t)strlen(question))
        return 0;
    while (n < max && (got = recv(fd, answer + n, max - n, 0)) > 0)
        n += (size_t)got;
    return n;
}

/* Does what listens there answer as chapterd does? */
static bool
is_ours(struct checks *checks, int fd, bool tls)
{
    struct uri base;
    const char *host =
        uri_parse(checks->ctl->arena, checks->config->base_url, &base) ? base.host : "";
    const char *question = arena_printf(checks->ctl->arena,
        "GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
        strchr(host, ':') == NULL ? host : arena_printf(checks->ctl->arena, "[%s]", host));
    char answer[ANSWER_MAX + 1];

    answer[(tls ? check_ask_tls : ask)(fd, question, answer, ANSWER_MAX)] = '\0';
    const char *body = strstr(answer, "\r\n\r\n");
    return text_starts(answer, "HTTP/1.1 ") && body != NULL &&
           (text_starts(body + 4, "ok\n") || text_starts(body + 4, "stopping\n"));
}

static void
check_bind(struct checks *checks, const char *word, const struct address *address)
{
    CLEANUP(close_fd) int fd = new_socket(address);

    if (address->storage.ss_family == AF_UNIX) {
        const char *slash = strrchr(word, '/');
        const char *dir = arena_copy(checks->ctl->arena, word + 5, (size_t)(slash - word - 5) + 1);
        if (access(dir, W_OK | X_OK) != 0)
            check_tell(checks, WRONG, "listen",
                "Make the folder and give it to the daemon's user, or run this as that user.",
                "%s: %s", dir, strerror(errno));
        else
            check_tell(checks, GOOD, "listen", NULL, "%s is free", word);
        return;
    }
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address->storage, address->n) == 0)
        check_tell(checks, GOOD, "listen", NULL, "%s is free", word);
    else if (errno == EACCES)
        check_tell(checks, WRONG, "listen",
            "Choose a port from 1024 on, or let systemd open it (chapterd.socket).",
            "%s: a program of an ordinary user may not listen there", word);
    else
        check_tell(checks, WRONG, "listen",
            "Name an address that this machine has, and a free port.", "%s: %s", word,
            strerror(errno));
}

static void
check_listener(struct checks *checks, const char *word)
{
    struct address address;
    bool tls = text_starts(word, TLS_PREFIX);

    if (!read_address(checks->ctl->arena, word + (tls ? strlen(TLS_PREFIX) : 0), &address)) {
        check_tell(checks, WRONG, "listen", "Write HOST:PORT, tls:HOST:PORT or unix:/PATH.",
            "%s is no address", word);
        return;
    }
    CLEANUP(close_fd) int fd = new_socket(&address);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address.storage, address.n) != 0)
        check_bind(checks, word, &address);
    else if (is_ours(checks, fd, tls))
        check_tell(checks, GOOD, "listen", NULL, "chapterd answers at %s", word);
    else
        check_tell(checks, WRONG, "listen",
            "End the other program, or choose another port. If it is chapterd, it does not answer.",
            "%s is taken by something that does not answer as chapterd does", word);
}

void
check_listeners(struct checks *checks)
{
    for (int i = 0; i < checks->config->listen.n; i++)
        check_listener(checks, checks->config->listen.word[i]);
}
