#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "base/time.h"

#define VALUE_MAX 512
#define LINE_MAX_ 4096 /* PIPE_BUF: a pipe takes it in one piece or not at all */

/* Set before threads start; only `dropped` changes afterwards. */
static struct {
    enum log_level most;
    bool for_journal;
    atomic_ulong dropped;
    pthread_mutex_t writing;
} state = { .most = LOG_INFO_, .writing = PTHREAD_MUTEX_INITIALIZER };

struct line {
    char text[LINE_MAX_];
    size_t n;
};

void
log_start(enum log_level most, bool for_journal)
{
    state.most = most;
    state.for_journal = for_journal;
}

static void
put(struct line *line, const char *s, size_t n)
{
    size_t room = sizeof line->text - 1 - line->n; /* keeps one byte for the newline */

    if (n > room)
        n = room;
    memcpy(line->text + line->n, s, n);
    line->n += n;
}

static void
put_text(struct line *line, const char *s)
{
    put(line, s, strlen(s));
}

/* As much of s as the log takes, without a character cut in two. */
static size_t
value_length(const char *s)
{
    size_t n = strnlen(s, VALUE_MAX);

    if (n == VALUE_MAX)
        while (n > VALUE_MAX - 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
            n--;
    return n;
}

static void
put_value(struct line *line, const char *s)
{
    size_t n = value_length(s);
    bool utf8 = text_is_utf8(s, n), quoted = n == 0;

    for (size_t i = 0; i < n && !quoted; i++)
        quoted = (unsigned char)s[i] <= ' ' || strchr("\"=\\", s[i]) != NULL || s[i] == 0x7f;
    if (quoted)
        put(line, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        /* C1 controls are C2 80 to C2 9F in UTF-8: some terminals obey them. */
        bool c1 = i > 0 && (unsigned char)s[i - 1] == 0xc2 && c >= 0x80 && c < 0xa0;
        char escape[8];
        if (c == '"' || c == '\\') {
            snprintf(escape, sizeof escape, "\\%c", c);
            put_text(line, escape);
        } else if (c < ' ' || c == 0x7f || c1 || (c >= 0x80 && !utf8)) {
            snprintf(escape, sizeof escape, "\\x%02x", c);
            put_text(line, escape);
        } else {
            put(line, s + i, 1);
        }
    }
    if (quoted)
        put(line, "\"", 1);
}

static void
put_time(struct line *line)
{
    char text[32];
    int64_t now = time_now();

    snprintf(text, sizeof text, "%lld.%03d ", (long long)(now / 1000000), (int)(now / 1000 % 1000));
    put_text(line, text);
}

/* False when standard error would have kept us waiting. */
static bool
write_line(const struct line *line)
{
    ssize_t n = send(STDERR_FILENO, line->text, line->n, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n >= 0 || errno != ENOTSOCK)
        return n >= 0;
    /* Nobody else in this process fills the pipe between poll and write. */
    struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
    pthread_mutex_lock(&state.writing);
    bool done = poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0 &&
                write(STDERR_FILENO, line->text, line->n) >= 0;
    pthread_mutex_unlock(&state.writing);
    return done;
}

void
log_event(enum log_level level, const char *event, ...)
{
    static const char *const names[] = { [LOG_ERROR_] = "error",
        [LOG_WARNING_] = "warning",
        [LOG_NOTICE_] = "notice",
        [LOG_INFO_] = "info",
        [LOG_DEBUG_] = "debug" };
    struct line line = { .n = 0 };
    const char *name, *value;
    char number[40];
    va_list ap;

    if (level > state.most)
        return;
    if (state.for_journal) {
        snprintf(number, sizeof number, "<%d>", (int)level);
        put_text(&line, number);
    } else {
        put_time(&line);
        put_text(&line, names[level]);
        put(&line, " ", 1);
    }
    put_text(&line, event);
    va_start(ap, event);
    while ((name = va_arg(ap, const char *)) != NULL) {
        value = va_arg(ap, const char *);
        put(&line, " ", 1);
        put_text(&line, name);
        put(&line, "=", 1);
        put_value(&line, value == NULL ? "-" : value);
    }
    va_end(ap);

    unsigned long dropped = atomic_exchange(&state.dropped, 0);
    if (dropped > 0) {
        snprintf(number, sizeof number, " dropped=%lu", dropped);
        put_text(&line, number);
    }
    line.text[line.n++] = '\n';
    if (!write_line(&line))
        atomic_fetch_add(&state.dropped, dropped + 1);
}
