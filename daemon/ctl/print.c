/* What chapterctl writes: sentences for people, one JSON object for programs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/time.h"
#include "ctl/ctl.h"

void
ctl_json(json_t *object)
{
    ctl_progress("%s", "");
    if (object == NULL)
        abort(); /* a wrong format or no memory */
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

json_t *
ctl_json_text(const char *s)
{
    return s == NULL ? json_null() : json_string(s);
}

json_t *
ctl_json_time(struct arena *arena, int64_t us)
{
    return us == 0 ? json_null() : json_string(time_rfc3339(arena, us));
}

void
ctl_say(const struct ctl *ctl, const char *format, ...)
{
    va_list ap;

    if (ctl->json)
        return;
    ctl_progress("%s", "");
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
}

void
ctl_complain(const struct ctl *ctl, const struct error *e)
{
    const char *text = e->detail == NULL ? e->cond->title : e->detail;

    ctl_progress("%s", "");
    fprintf(stderr, "chapterctl: %s\n", text);
    if (e->cause != NULL)
        fprintf(stderr, "  (%s; %s)\n", e->cause, e->where);
    if (ctl->json)
        ctl_json(json_pack("{s:b, s:s, s:s*}", "ok", 0, "error", text, "cause", e->cause));
}

/* Letters rather than bytes, so that columns stand straight under umlauts. */
static int
width(const char *s)
{
    int n = 0;

    for (; s != NULL && *s != '\0'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

void
ctl_table(struct arena *arena, const char *const *cells, int rows, int columns)
{
    int *widest = NEW_ARRAY(arena, int, (size_t)columns);

    for (int i = 0; i < rows * columns; i++)
        if (width(cells[i]) > widest[i % columns])
            widest[i % columns] = width(cells[i]);
    for (int row = 0; row < rows; row++) {
        int owed = 0; /* blanks before the next cell: none at the end of a line */
        for (int c = 0; c < columns; c++) {
            const char *cell = cells[row * columns + c];
            if (cell != NULL && *cell != '\0') {
                printf("%*s%s", owed, "", cell);
                owed = 0;
            }
            owed += widest[c] - width(cell) + 2;
        }
        putchar('\n');
    }
}

void
ctl_progress(const char *format, ...)
{
    va_list ap;

    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fflush(stderr);
}
