/*
 * lg: a closed-loop HTTP/1.1 load generator for `make bench`.
 *
 *   lg [options] HOST:PORT METHOD TARGET [[options] METHOD TARGET]...
 *
 * Every connection has a thread, sends a request, reads the whole answer, checks it, sends the
 * next. "{n}" in target, headers and body is the number of the request (six digits); with -m M it
 * is scattered over 0..M-1. An answer that fails a check is an error; errors make the exit
 * status 1. The result is one JSON object on standard output.
 *
 *   -c N         connections (1)            -n N    requests in all (no limit)
 *   -d SECONDS   how long (no limit)        -m M    scatter {n} over 0..M-1
 *   -s N         first number of {n} (0)    -u USER:PASSWORD  Basic, with {n}
 *   -g BYTES     a body of so many bytes
 *   -r CHUNK,TOTAL  asks for scattered ranges of CHUNK bytes of a file of TOTAL
 *
 * Of a request, and of those after it unless they say otherwise:
 *
 *   -H 'A: b'    a header (repeatable)      -e 201,204  statuses that are right (any 2xx)
 *   -b FILE      the body, with {n}; with {n} in its name the file of that number is sent as it is
 *   -z BYTES     the answer has this size   -k TEXT=N   TEXT is N times in the answer
 *   -k TEXT=@FILE  TEXT is there as often as the line of FILE says that {n} counts to, from 0
 *   -l FILE      "{l}" in the target is such a line of it
 *   -t N         of the requests in turn, this one so many times in a row (1)
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lg.h"

#define HEAD_MAX   65536
#define ERRORS_MAX 20

static struct settings set = {
    .connections = 1, .requests = UINT64_MAX, .seconds = 1e9, .kind[0].times = 1
};

static _Atomic uint64_t next_number, errors;
static double started;

struct worker {
    pthread_t thread;
    int fd;
    char *in; /* what has been read and not used yet: in[used..have) */
    size_t used, have;
    char *out; /* the request being made */
    size_t out_max;
    size_t answers;          /* over this connection */
    bool in_answer;          /* its first bytes have come */
    const struct kind *kind; /* of the request being made */
    uint64_t number;         /* its {n} */
    uint64_t done, bytes;
    float *latency; /* milliseconds */
    size_t latency_max;
    long found;      /* occurrences of count_text in this answer */
    char carry[256]; /* the end of the last piece, in case the text is cut in two */
    size_t carried;
};

void
die(const char *what)
{
    fprintf(stderr, "lg: %s: %s\n", what, strerror(errno));
    exit(2);
}

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
complain(const struct worker *w, const char *what, long n, const char *more)
{
    if (atomic_fetch_add(&errors, 1) < ERRORS_MAX)
        fprintf(stderr, "lg: %s %s (%llu): %s %ld%s%s\n", w->kind->method, w->kind->target,
            (unsigned long long)w->number, what, n, *more == '\0' ? "" : ": ", more);
}

static void
reach(struct worker *w)
{
    struct addrinfo *found, hints = { .ai_socktype = SOCK_STREAM };
    if (getaddrinfo(set.host, set.port, &hints, &found) != 0)
        die("address");
    w->fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (w->fd < 0 || connect(w->fd, found->ai_addr, found->ai_addrlen) != 0)
        die("connect");
    freeaddrinfo(found);
    int one = 1;
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    w->used = w->have = w->answers = 0;
}

static void
renew(struct worker *w)
{
    close(w->fd);
    reach(w);
}

/* Copies a template, with numbers in place of {n} and a line in place of {l}; returns the length.
 */
static size_t
fill(char *to, size_t max, const char *from, size_t length, uint64_t n, const struct lines *lines)
{
    size_t at = 0;
    for (size_t i = 0; i < length;) {
        if (at + 32 > max) {
            errno = E2BIG;
            die("template");
        }
        if (length - i >= sizeof NUMBER - 1 && memcmp(from + i, NUMBER, sizeof NUMBER - 1) == 0) {
            at += (size_t)sprintf(to + at, "%06llu", (unsigned long long)n);
            i += sizeof NUMBER - 1;
        } else if (lines != NULL && lines->count > 0 && length - i >= sizeof LINE - 1 &&
                   memcmp(from + i, LINE, sizeof LINE - 1) == 0) {
            size_t take = strlen(lines->line[n % lines->count]);
            if (at + take > max) {
                errno = E2BIG;
                die("template");
            }
            memcpy(to + at, lines->line[n % lines->count], take);
            at += take;
            i += sizeof LINE - 1;
        } else {
            to[at++] = from[i++];
        }
    }
    return at;
}

/* The header of a Basic login (RFC 7617). */
static size_t
fill_login(char *to, uint64_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char pair[256] = { 0 };
    size_t length = fill(pair, sizeof pair, set.login, strlen(set.login), n, NULL);
    size_t at = (size_t)sprintf(to, "Authorization: Basic ");
    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)(unsigned char)pair[i] << 16;
        if (i + 1 < length)
            three |= (uint32_t)(unsigned char)pair[i + 1] << 8;
        if (i + 2 < length)
            three |= (unsigned char)pair[i + 2];
        to[at++] = digit[three >> 18];
        to[at++] = digit[three >> 12 & 63];
        to[at++] = i + 1 < length ? digit[three >> 6 & 63] : '=';
        to[at++] = i + 2 < length ? digit[three & 63] : '=';
    }
    return at + (size_t)sprintf(to + at, "\r\n");
}

/* The bytes of the file whose number this is. */
static size_t
read_numbered(char *to, const struct kind *kind, uint64_t n)
{
    char path[1024] = { 0 };
    fill(path, sizeof path - 1, kind->body_files, strlen(kind->body_files), n, NULL);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        die(path);
    size_t length = fread(to, 1, CHUNK, file);
    fclose(file);
    return length;
}

static size_t
make_body(char *to, const struct kind *kind, uint64_t n)
{
    if (kind->body_files != NULL)
        return read_numbered(to, kind, n);
    return fill(to, CHUNK, kind->body, kind->body_length, n, NULL);
}

/* Which request it is the turn of, and the number it has. */
static void
choose(struct worker *w, uint64_t turn)
{
    uint64_t in_round = turn % set.round;
    w->kind = set.kind;
    while (in_round >= w->kind->times)
        in_round -= w->kind++->times;
    w->number = set.scatter > 0 ? (turn * 7919 + 13) % set.scatter : set.first + turn;
}

static size_t
make_request(struct worker *w, uint64_t turn)
{
    choose(w, turn);
    const struct kind *kind = w->kind;
    uint64_t n = w->number;
    size_t at = (size_t)sprintf(w->out, "%s ", kind->method);
    at += fill(w->out + at, w->out_max - at, kind->target, strlen(kind->target), n, &kind->lines);
    at += (size_t)sprintf(w->out + at, " HTTP/1.1\r\nHost: %s:%s\r\n", set.host, set.port);
    for (int i = 0; i < kind->headers; i++) {
        at += fill(w->out + at, w->out_max - at, kind->header[i], strlen(kind->header[i]), n, NULL);
        at += (size_t)sprintf(w->out + at, "\r\n");
    }
    if (set.login != NULL)
        at += fill_login(w->out + at, n);
    if (set.range_chunk > 0) {
        uint64_t pieces = set.range_total / set.range_chunk;
        uint64_t from = (turn * 7919 + 13) % pieces * set.range_chunk;
        at += (size_t)sprintf(w->out + at, "Range: bytes=%llu-%llu\r\n", (unsigned long long)from,
            (unsigned long long)(from + set.range_chunk - 1));
    }
    if (set.generate > 0) {
        at += (size_t)sprintf(w->out + at, "Content-Length: %zu\r\n\r\n", set.generate);
    } else if (kind->body != NULL || kind->body_files != NULL) {
        static __thread char body[CHUNK];
        size_t length = make_body(body, kind, n);
        at += (size_t)sprintf(w->out + at, "Content-Length: %zu\r\n\r\n", length);
        memcpy(w->out + at, body, length);
        at += length;
    } else {
        at += (size_t)sprintf(w->out + at, "\r\n");
    }
    return at;
}

static bool
send_all(struct worker *w, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(w->fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool
send_generated(struct worker *w)
{
    static __thread char block[CHUNK];
    for (size_t left = set.generate; left > 0;) {
        size_t n = left < sizeof block ? left : sizeof block;
        for (size_t i = 0; i < n; i += 4096)
            memcpy(block + i, &left, sizeof left); /* no two blocks are the same */
        if (!send_all(w, block, n))
            return false;
        left -= n;
    }
    return true;
}

static bool
more(struct worker *w)
{
    if (w->used == w->have)
        w->used = w->have = 0;
    if (w->have == CHUNK) {
        memmove(w->in, w->in + w->used, w->have - w->used);
        w->have -= w->used;
        w->used = 0;
        if (w->have == CHUNK)
            return false;
    }
    ssize_t n = recv(w->fd, w->in + w->have, CHUNK - w->have, 0);
    if (n <= 0)
        return false;
    w->have += (size_t)n;
    return true;
}

/* Looks for count_text in a piece of the body, also where two pieces meet. */
static void
look(struct worker *w, const char *p, size_t n)
{
    if (w->kind->count_text == NULL || n == 0)
        return;
    size_t keep = w->kind->count_length - 1;
    char seam[512];
    size_t head = n < keep ? n : keep;
    memcpy(seam, w->carry, w->carried);
    memcpy(seam + w->carried, p, head);
    for (int round = 0; round < 2; round++) {
        const char *at = round == 0 ? seam : p,
                   *end = round == 0 ? seam + w->carried + head : p + n;
        while ((at = memmem(at, (size_t)(end - at), w->kind->count_text, w->kind->count_length)) !=
               NULL) {
            w->found++;
            at += w->kind->count_length;
        }
    }
    if (n >= keep) {
        memcpy(w->carry, p + n - keep, keep);
        w->carried = keep;
    } else {
        size_t total = w->carried + n, drop = total > keep ? total - keep : 0;
        memmove(w->carry, seam + drop, total - drop);
        w->carried = total - drop;
    }
}

static bool
take(struct worker *w, size_t n)
{
    while (n > 0) {
        if (w->used == w->have && !more(w))
            return false;
        size_t piece = w->have - w->used < n ? w->have - w->used : n;
        look(w, w->in + w->used, piece);
        w->used += piece;
        n -= piece;
    }
    return true;
}

/* A line or the head, up to and including `mark`; NULL when the connection ends. */
static char *
until(struct worker *w, const char *mark)
{
    size_t length = strlen(mark);
    for (;;) {
        char *end = memmem(w->in + w->used, w->have - w->used, mark, length);
        if (end != NULL) {
            char *start = w->in + w->used;
            *end = '\0';
            w->used = (size_t)(end - w->in) + length;
            return start;
        }
        if (w->used == w->have)
            w->used = w->have = 0;
        if (!more(w))
            return NULL;
    }
}

static const char *
header(const char *head, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return line + n + 1 + strspn(line + n + 1, " ");
    }
    return NULL;
}

/* How often the text has to be in this answer. */
static long
right_count(const struct worker *w)
{
    const struct lines *counts = &w->kind->counts;
    return counts->count > 0 ? atol(counts->line[w->number % counts->count]) : w->kind->count;
}

static void
judge(struct worker *w, int status, size_t size)
{
    const struct kind *kind = w->kind;
    bool right = kind->expected == 0 && status / 100 == 2;
    for (int i = 0; i < kind->expected; i++)
        right = right || kind->expect[i] == status;
    if (!right)
        complain(w, "status", status, "");
    else if (kind->check_size && size != kind->size)
        complain(w, "size", (long)size, "");
    else if (set.range_chunk > 0 && (status != 206 || size != set.range_chunk))
        complain(w, "range", (long)size, "");
    else if (kind->count_text != NULL && w->found != right_count(w))
        complain(w, "count", w->found, kind->count_text);
}

static bool
read_answer(struct worker *w)
{
    char *head;
    int status;
    do {
        head = until(w, "\r\n\r\n");
        w->in_answer = w->in_answer || w->have > 0;
        if (head == NULL || sscanf(head, "HTTP/1.%*d %d", &status) != 1)
            return false;
    } while (status < 200);

    const char *length = header(head, "Content-Length"),
               *coding = header(head, "Transfer-Encoding"),
               *connection = header(head, "Connection");
    bool closes = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    size_t size = 0;
    w->found = 0;
    w->carried = 0;
    if (coding != NULL) {
        for (size_t n = 1; n > 0; size += n) {
            char *line = until(w, "\r\n");
            if (line == NULL)
                return false;
            n = strtoull(line, NULL, 16);
            if (!take(w, n) || until(w, "\r\n") == NULL)
                return false;
        }
    } else if (length != NULL && status != 204 && status != 304) {
        size = strtoull(length, NULL, 10);
        if (!take(w, size))
            return false;
    } else if (length == NULL && status != 204 && status != 304) {
        for (closes = true; w->used < w->have || more(w); w->used = w->have) {
            look(w, w->in + w->used, w->have - w->used);
            size += w->have - w->used;
        }
    }
    w->bytes += size;

    judge(w, status, size);
    w->answers++;
    if (closes)
        renew(w);
    return true;
}

/* Sends the request and reads the answer: once more when the server had closed the connection
   after the answer before, without saying so (RFC 9112, 9.3.1). */
static bool
exchange(struct worker *w, size_t length)
{
    for (;;) {
        bool kept = w->answers > 0;
        w->in_answer = false;
        if (send_all(w, w->out, length) && (set.generate == 0 || send_generated(w)) &&
            read_answer(w))
            return true;
        if (!kept || w->in_answer)
            return false;
        renew(w);
    }
}

static void *
work(void *own)
{
    struct worker *w = own;
    reach(w);
    while (atomic_load(&errors) < ERRORS_MAX && now() - started < set.seconds) {
        uint64_t turn = atomic_fetch_add(&next_number, 1);
        if (turn >= set.requests)
            break;
        size_t length = make_request(w, turn);
        double begun = now();
        if (!exchange(w, length)) {
            complain(w, "connection ended in request", (long)turn, "");
            renew(w);
            continue;
        }
        if (w->done == w->latency_max) {
            w->latency_max = w->latency_max == 0 ? 4096 : w->latency_max * 2;
            w->latency = realloc(w->latency, w->latency_max * sizeof *w->latency);
            if (w->latency == NULL)
                die("memory");
        }
        w->latency[w->done++] = (float)((now() - begun) * 1e3);
    }
    close(w->fd);
    return NULL;
}

static int
by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void
report(struct worker *all, double took)
{
    uint64_t done = 0, bytes = 0;
    for (int i = 0; i < set.connections; i++) {
        done += all[i].done;
        bytes += all[i].bytes;
    }
    float *latency = malloc((done + 1) * sizeof *latency);
    if (latency == NULL)
        die("memory");
    uint64_t at = 0;
    for (int i = 0; i < set.connections; i++) {
        if (all[i].done > 0)
            memcpy(latency + at, all[i].latency, all[i].done * sizeof *latency);
        at += all[i].done;
    }
    qsort(latency, done, sizeof *latency, by_value);
    latency[done] = 0;
    printf("{\"requests\":%llu,\"errors\":%llu,\"seconds\":%.6f,\"bytes\":%llu,\"p50\":%.3f,"
           "\"p99\":%.3f}\n",
        (unsigned long long)done, (unsigned long long)errors, took, (unsigned long long)bytes,
        (double)latency[done / 2], (double)latency[done * 99 / 100]);
}

int
main(int argc, char **argv)
{
    if (!read_command(argc, argv, &set)) {
        fprintf(stderr, "usage: lg [options] HOST:PORT METHOD TARGET [[options] METHOD TARGET]...; "
                        "see the top of lg.c\n");
        return 2;
    }

    struct worker *all = calloc((size_t)set.connections, sizeof *all);
    if (all == NULL)
        die("memory");
    started = now();
    for (int i = 0; i < set.connections; i++) {
        all[i].in = malloc(CHUNK + 1);
        all[i].out_max = HEAD_MAX + CHUNK;
        all[i].out = malloc(all[i].out_max);
        if (all[i].in == NULL || all[i].out == NULL ||
            pthread_create(&all[i].thread, NULL, work, &all[i]) != 0)
            die("thread");
    }
    for (int i = 0; i < set.connections; i++)
        pthread_join(all[i].thread, NULL);
    report(all, now() - started);
    return errors > 0;
}
