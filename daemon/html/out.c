#include "html/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/macros.h"

#define IN_MEMORY MB(1)
#define FIRST     KB(8)

struct out {
    int64_t max, length;
    char *memory;   /* until fd is opened; then what is not yet in the file */
    size_t n, room; /* of memory */
    int fd;
    bool failed;
};

/* Memory of an out is its own, not the arena's: growing there would keep every former size. */
static void
out_end(void *what)
{
    struct out *o = what;

    free(o->memory);
    close_fd(&o->fd);
}

struct out *
out_new(struct arena *arena, int64_t max)
{
    struct out *o = NEW(arena, struct out);

    *o = (struct out){ .max = max, .fd = -1 };
    arena_defer(arena, out_end, o);
    return o;
}

static void
flush(struct out *o)
{
    for (size_t done = 0; done < o->n;) {
        ssize_t n = write(o->fd, o->memory + done, o->n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            o->failed = true;
            break;
        }
        done += (size_t)n;
    }
    o->n = 0;
}

bool
out_failed(struct out *o)
{
    if (o->fd >= 0)
        flush(o);
    return o->failed;
}

int64_t
out_length(const struct out *o)
{
    return o->length;
}

const char *
out_memory(const struct out *o)
{
    if (o->fd >= 0)
        return NULL;
    return o->memory == NULL ? "" : o->memory;
}

int
out_fd(const struct out *o)
{
    return o->fd;
}

/* A file that has no name, so that nothing stays when the process dies. */
static int
nameless_file(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];

    if (folder == NULL || *folder != '/')
        folder = "/var/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    if (snprintf(path, sizeof path, "%s/chapterd-XXXXXX", folder) >= (int)sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static void
grow(struct out *o, size_t n)
{
    size_t room = o->room == 0 ? FIRST : o->room;

    while (room - 1 < o->n + n)
        room *= 2;
    if (room == o->room)
        return;
    char *memory = realloc(o->memory, room);
    if (memory == NULL)
        abort();
    o->memory = memory;
    o->room = room;
}

void
out_raw(struct out *o, const char *s, size_t n)
{
    if (o->failed || n == 0)
        return;
    if (o->length > o->max - (int64_t)n) {
        o->failed = true;
        return;
    }
    o->length += (int64_t)n;
    while (n > IN_MEMORY - o->n) {
        size_t part = IN_MEMORY - o->n;
        grow(o, part);
        memcpy(o->memory + o->n, s, part);
        o->n += part;
        s += part;
        n -= part;
        if (o->fd < 0 && (o->fd = nameless_file()) < 0) {
            o->failed = true;
            return;
        }
        flush(o);
    }
    grow(o, n);
    memcpy(o->memory + o->n, s, n);
    o->n += n;
    o->memory[o->n] = '\0';
}

void
out_text(struct out *o, const char *s)
{
    static const char special[] = "&<>\"'";

    if (s == NULL)
        return;
    for (;;) {
        size_t n = strcspn(s, special);
        out_raw(o, s, n);
        s += n;
        switch (*s++) {
        case '&':
            out_raw(o, "&amp;", 5);
            break;
        case '<':
            out_raw(o, "&lt;", 4);
            break;
        case '>':
            out_raw(o, "&gt;", 4);
            break;
        case '"':
            out_raw(o, "&quot;", 6);
            break;
        case '\'':
            out_raw(o, "&#39;", 5);
            break;
        default:
            return;
        }
    }
}

void
out_int(struct out *o, int64_t v)
{
    char digits[24];

    out_raw(o, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)v));
}

void
out_html(struct out *o, struct html h)
{
    out_raw(o, h.s, h.n);
}

/* Of an address without a scheme, or with one that runs nothing. Browsers skip blanks and controls.
 */
static bool
harmless(const char *s)
{
    static const char *const schemes[] = { "http:", "https:", "mailto:", "davx5:", "caldav:",
        "webcal:", "webcals:" };
    size_t n = strcspn(s, ":/?#");

    if ((unsigned char)*s <= ' ' && *s != '\0')
        return false;
    for (const char *c = s; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '\\')
            return false;
    if (s[n] != ':')
        return true;
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (strncasecmp(s, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

void
out_url(struct out *o, const char *s)
{
    if (s != NULL)
        out_text(o, harmless(s) ? s : "#");
}

void
out_line(struct out *o, const char *s)
{
    while (s != NULL && *s != '\0') {
        size_t n = 0;
        while ((unsigned char)s[n] >= ' ' && s[n] != 0x7f)
            n++;
        out_raw(o, s, n);
        s += n;
        if (*s != '\0') {
            out_raw(o, " ", 1);
            s++;
        }
    }
}

void
out_url_part(struct out *o, const char *s)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char escape[4];

    if (s == NULL)
        return;
    for (;;) {
        size_t n = strspn(s, plain);
        out_raw(o, s, n);
        s += n;
        if (*s == '\0')
            return;
        snprintf(escape, sizeof escape, "%%%02X", (unsigned char)*s++);
        out_raw(o, escape, 3);
    }
}

void
out_json(struct out *o, const char *s)
{
    static const char digits[] = "0123456789abcdef";

    out_raw(o, "\"", 1);
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        char escape[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };
        if (c < ' ' || c == 0x7f)
            out_raw(o, escape, sizeof escape);
        else if (c == '"' || c == '\\')
            out_raw(o, (const char[]){ '\\', (char)c }, 2);
        else
            out_raw(o, s, 1);
    }
    out_raw(o, "\"", 1);
}
