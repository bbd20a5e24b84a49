/* The sockets we listen on: from systemd, or our own. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "http/app.h"
#include "http/front_in.h"

#define BACKLOG       1024
#define LISTENERS_MAX 16
#define TLS_PREFIX    "tls:"

static fallible
failed(struct arena *arena, const char *word, const char *what)
{
    return FAIL(arena, INTERNAL, "listen: %s: %s: %s", word, what, strerror(errno));
}

static int
port_of(int fd)
{
    struct sockaddr_storage sa = { 0 };
    socklen_t n = sizeof sa;

    if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0)
        return 0;
    if (sa.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&sa)->sin_port);
    if (sa.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&sa)->sin6_port);
    return 0;
}

static fallible
add(struct arena *arena, struct front *front, int fd, bool tls, bool ours, const char *path)
{
    if (front->n_listeners == LISTENERS_MAX) {
        close(fd);
        return FAIL(arena, INTERNAL, "listen: at most %d sockets", LISTENERS_MAX);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    front->listener[front->n_listeners++] = (struct listener){
        .front = front, .fd = fd, .tls = tls, .ours = ours, .port = port_of(fd), .path = path
    };
    return NULL;
}

/* Removes a socket that nobody listens on any more; leaves one that somebody does. */
static void
remove_stale(const struct sockaddr_un *sa)
{
    struct stat st;
    CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (stat(sa->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
        connect(fd, (const struct sockaddr *)sa, sizeof *sa) != 0 && errno == ECONNREFUSED)
        unlink(sa->sun_path);
}

static fallible
open_unix(struct arena *arena, struct front *front, const char *word, const char *path)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof sa.sun_path)
        return FAIL(arena, INTERNAL, "listen: %s: the path is too long; at most %zu bytes", word,
            sizeof sa.sun_path - 1);
    memcpy(sa.sun_path, path, strlen(path));
    remove_stale(&sa);
    CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0)
        return failed(arena, word,
            "cannot make the socket; is another daemon running, "
            "does the folder exist and belong to us?");
    if (chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0)
        return failed(arena, word, "cannot listen");
    int taken = fd;
    fd = -1;
    return add(arena, front, taken, false, true, path);
}

static fallible
open_address(struct arena *arena, struct front *front, const char *word, bool tls,
    const struct addrinfo *ai)
{
    const int on = 1;
    CLEANUP(close_fd) int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return failed(arena, word, "no socket of this kind");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ai->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
        return failed(arena, word,
            "cannot listen there; is something else using the port, "
            "is it an address of this machine?");
    int taken = fd;
    fd = -1;
    return add(arena, front, taken, tls, true, NULL);
}

static void
free_addresses(struct addrinfo **list)
{
    if (*list != NULL)
        freeaddrinfo(*list);
}

/* "127.0.0.1:8080", "[::1]:8080"; "0.0.0.0:8080" and "[::]:8080" for all addresses. */
static fallible
open_tcp(struct arena *arena, struct front *front, const char *word, bool tls)
{
    const char *colon = strrchr(word, ':');
    const struct addrinfo hints = { .ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    CLEANUP(free_addresses) struct addrinfo *list = NULL;

    if (colon == NULL)
        return FAIL(arena, INTERNAL, "listen: %s: write it as address:port or unix:/path", word);
    size_t n = (size_t)(colon - word);
    const char *host = n > 1 && word[0] == '[' && word[n - 1] == ']'
                           ? arena_copy(arena, word + 1, n - 2)
                           : arena_copy(arena, word, n);
    int e = getaddrinfo(host, colon + 1, &hints, &list);
    if (e != 0)
        return FAIL(arena, INTERNAL, "listen: %s: %s", word, gai_strerror(e));
    for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
        TRY(open_address(arena, front, word, tls, ai));
    return NULL;
}

static void
free_names(char ***names)
{
    for (char **name = *names; name != NULL && *name != NULL; name++)
        free(*name);
    free(*names);
}

/* The sockets that systemd hands over; those with FileDescriptorName=tls have TLS. */
static fallible
take_given(struct arena *arena, struct front *front)
{
    CLEANUP(free_names) char **name = NULL;
    int given = sd_listen_fds_with_names(1, &name);

    for (int i = 0; i < given; i++)
        TRY(add(arena, front, SD_LISTEN_FDS_START + i, strcmp(name[i], "tls") == 0, false, NULL));
    return NULL;
}

fallible
listen_open(struct arena *arena, struct front *front)
{
    const struct words *words = &front->app->config->listen;

    front->listener = NEW_ARRAY(arena, struct listener, LISTENERS_MAX);
    TRY(take_given(arena, front));
    bool given = front->n_listeners > 0;
    for (int i = 0; !given && i < words->n; i++) {
        const char *word = words->word[i];
        bool tls = text_starts(word, TLS_PREFIX);
        if (text_starts(word, "unix:"))
            TRY(open_unix(arena, front, word, word + 5));
        else
            TRY(open_tcp(arena, front, word + (tls ? strlen(TLS_PREFIX) : 0), tls));
    }
    if (front->n_listeners == 0)
        return FAIL(
            arena, INTERNAL, "listen: nothing is named; write e.g. listen = 127.0.0.1:8080");
    return NULL;
}
