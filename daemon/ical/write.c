#include "ical/write.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

enum { FOLD = 75 };

/* A line on its way out. */
struct fold {
    struct buf *to;
    int room; /* octets left on the physical line */
};

/* Octets of the UTF-8 character that begins with c. */
static int
octets(char c)
{
    unsigned char u = (unsigned char)c;

    return u < 0xc0 ? 1 : u < 0xe0 ? 2 : u < 0xf0 ? 3 : 4;
}

static void
add(struct fold *f, const char *s, size_t n)
{
    const char *end = s + n;

    while (s < end) {
        const char *from = s;
        for (int next; s < end && (next = octets(*s)) <= f->room; f->room -= next)
            s += next < end - s ? next : end - s;
        buf_add(f->to, from, (size_t)(s - from));
        if (s < end) {
            buf_text(f->to, "\r\n ");
            f->room = FOLD - 1;
        }
    }
}

static void
add_text(struct fold *f, const char *s)
{
    add(f, s, strlen(s));
}

/* A value of a parameter: quoted where a character in it would end it (RFC 6868, 3). */
static void
add_param_value(struct fold *f, const char *s)
{
    bool quoted = strpbrk(s, ",;:") != NULL;

    if (quoted)
        add_text(f, "\"");
    for (size_t n; *s != '\0'; s += n) {
        n = strcspn(s, "^\"\n");
        add(f, s, n);
        if (s[n] != '\0') {
            add_text(f, s[n] == '^' ? "^^" : s[n] == '"' ? "^'" : "^n");
            n++;
        }
    }
    if (quoted)
        add_text(f, "\"");
}

static void
add_param(struct fold *f, const struct ical_param *param)
{
    add_text(f, ";");
    add_text(f, param->name);
    for (int i = 0; i < param->n; i++) {
        add_text(f, i == 0 ? "=" : ",");
        add_param_value(f, param->value[i]);
    }
}

void
ical_write_line(struct buf *to, const struct ical_line *line)
{
    struct fold f = { .to = to, .room = FOLD };

    if (line->group != NULL) {
        add_text(&f, line->group);
        add_text(&f, ".");
    }
    add_text(&f, line->name);
    for (int i = 0; i < line->n_params; i++)
        add_param(&f, &line->param[i]);
    add_text(&f, ":");
    add_text(&f, line->value);
    buf_text(to, "\r\n");
}

void
ical_write(struct buf *to, const char *name, const char *value)
{
    ical_write_line(to, &(struct ical_line){ .name = name, .value = value });
}

const char *
ical_escape(struct arena *arena, const char *text)
{
    char *escaped = arena_alloc(arena, 2 * strlen(text) + 1), *to = escaped;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\r' && p[1] == '\n')
            p++;
        if (strchr("\\;,\n\r", *p) != NULL)
            *to++ = '\\';
        *to++ = *p == '\n' || *p == '\r' ? 'n' : *p;
    }
    return escaped;
}

void
ical_begin(struct buf *b, const char *component)
{
    ical_write(b, "BEGIN", component);
}

void
ical_end(struct buf *b, const char *component)
{
    ical_write(b, "END", component);
}

void
ical_write_text(struct buf *to, const char *name, const char *text)
{
    ical_write(to, name, ical_escape(to->arena, text));
}

void
ical_write_when(struct buf *to, const char *name, struct ical_time t)
{
    static const char *const date[] = { "DATE" };
    static const struct ical_param value = { "VALUE", date, 1 };
    char text[ICAL_TIME_ROOM];

    ical_write_time(t, text);
    ical_write_line(to,
        &(struct ical_line){ .name = name, .param = &value, .n_params = t.date, .value = text });
}
