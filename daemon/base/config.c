#include "base/config.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/config_table.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"

#define LINE_MAX_    4096
#define SETTINGS_MAX 128

/* One run over a file. */
struct reader {
    struct arena *arena;
    struct config *config;
    const char *path;
    FILE *report;
    int line;
    int set_in[SETTINGS_MAX]; /* the line in which each setting was set, 0 not yet */
    bool bad;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct reader *r, const char *name, const char *what, ...)
{
    va_list ap;

    va_start(ap, what);
    fprintf(r->report, "%s:%d: %s: ", r->path, r->line, name);
    vfprintf(r->report, what, ap);
    fputc('\n', r->report);
    va_end(ap);
    r->bad = true;
}

/* ---------------------------------------------------------------- names */

static int
find(const char *name)
{
    for (int i = 0; settings[i].name != NULL; i++)
        if (strcmp(settings[i].name, name) == 0)
            return i;
    return -1;
}

static int
least_of(int a, int b, int c)
{
    int least = a < b ? a : b;

    return least < c ? least : c;
}

/* How many letters must be added, taken away or changed to make b of a; names are short. */
static int
distance(const char *a, const char *b)
{
    int row[64];
    size_t n = strlen(b);

    if (n >= COUNT_OF(row) || strlen(a) >= COUNT_OF(row))
        return COUNT_OF(row);
    for (size_t j = 0; j <= n; j++)
        row[j] = (int)j;
    for (; *a != '\0'; a++) {
        int diagonal = row[0]++;
        for (size_t j = 1; j <= n; j++) {
            int cost = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            row[j] = least_of(cost, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[n];
}

static void
unknown_name(struct reader *r, const char *name)
{
    const char *nearest = NULL;
    int best = 1 + (int)strlen(name) / 3;

    for (int i = 0; settings[i].name != NULL; i++) {
        int d = distance(name, settings[i].name);
        if (d <= best) {
            best = d - 1;
            nearest = settings[i].name;
        }
    }
    if (nearest != NULL)
        complain(r, name, "there is no such setting; did you mean %s?", nearest);
    else
        complain(r, name, "there is no such setting; chapterd.conf(5) lists all");
}

/* ---------------------------------------------------------------- values */

static void *
member(struct config *config, const struct setting *s)
{
    return (char *)config + s->offset;
}

/* "30", "30 s", "5 min", "2 h", "1 d" */
static bool
to_seconds(struct arena *arena, const char *text, int64_t *seconds)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = { { "", 1 }, { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 } };
    size_t n = strspn(text, "0123456789");
    const char *unit = text + n + strspn(text + n, " \t");

    if (!text_to_int(arena_copy(arena, text, n), INT32_MAX, seconds))
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strcmp(unit, units[i].name) == 0) {
            *seconds *= units[i].seconds;
            return true;
        }
    return false;
}

static const char *
size_text(struct arena *arena, int64_t n)
{
    static const char *const units[] = { "", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB" };
    size_t unit = 0;

    while (n != 0 && n % 1024 == 0 && unit + 1 < COUNT_OF(units)) {
        n /= 1024;
        unit++;
    }
    return arena_printf(arena, "%lld%s", (long long)n, units[unit]);
}

static bool
is_size(const struct setting *s)
{
    return s->type == SETTING_SIZE || s->unit == UNIT_BYTES;
}

static void
set_number(struct reader *r, const struct setting *s, const char *value)
{
    int64_t n;
    size_t size;

    if (is_size(s)) {
        if (!text_to_size(value, &size)) {
            complain(r, s->name, "\"%s\" is not a size; write it like 500, 64 KiB, 10 MiB or 2 GiB",
                value);
            return;
        }
        n = (int64_t)size;
    } else if (s->unit == UNIT_SECONDS) {
        if (!to_seconds(r->arena, value, &n)) {
            complain(
                r, s->name, "\"%s\" is not a time; write it like 30, 30 s, 5 min or 2 h", value);
            return;
        }
    } else if (!text_to_int(value, INT64_MAX, &n)) {
        complain(r, s->name, "\"%s\" is not a number; write digits only", value);
        return;
    }

    if (n < s->least || n > s->most) {
        bool bytes = is_size(s);
        complain(r, s->name, "%s is out of range; write something from %s to %s%s", value,
            bytes ? size_text(r->arena, s->least)
                  : arena_printf(r->arena, "%lld", (long long)s->least),
            bytes ? size_text(r->arena, s->most)
                  : arena_printf(r->arena, "%lld", (long long)s->most),
            s->unit == UNIT_SECONDS ? " seconds" : "");
        return;
    }
    if (s->type == SETTING_SIZE)
        *(size_t *)member(r->config, s) = (size_t)n;
    else
        *(int64_t *)member(r->config, s) = n;
}

static void
set_bool(struct reader *r, const struct setting *s, const char *value)
{
    bool yes = strcmp(value, "yes") == 0, no = strcmp(value, "no") == 0;

    if (!yes && !no)
        complain(r, s->name, "\"%s\" is neither; write yes or no", value);
    *(bool *)member(r->config, s) = yes;
}

static void
set_text(struct reader *r, const struct setting *s, const char *value)
{
    bool allowed = s->only == NULL;

    for (const char *const *w = s->only; !allowed && *w != NULL; w++)
        allowed = strcmp(*w, value) == 0;
    if (!allowed) {
        const char *list = s->only[0];
        for (const char *const *w = s->only + 1; *w != NULL; w++)
            list = arena_printf(r->arena, "%s, %s", list, *w);
        complain(r, s->name, "\"%s\" is not known; write one of: %s", value, list);
    } else if ((s->unit == UNIT_FILE || s->unit == UNIT_FOLDER) && value[0] != '/') {
        complain(r, s->name,
            "\"%s\" depends on where the daemon is started; write the path from / on", value);
    }
    *(const char **)member(r->config, s) = value;
}

static void
set(struct reader *r, const struct setting *s, const char *value)
{
    struct words *words;

    switch (s->type) {
    case SETTING_BOOL:
        set_bool(r, s, value);
        break;
    case SETTING_NUMBER:
    case SETTING_SIZE:
        set_number(r, s, value);
        break;
    case SETTING_TEXT:
        set_text(r, s, value);
        break;
    case SETTING_WORDS:
        words = member(r->config, s);
        words->n = text_split(r->arena, value, " \t,", &words->word);
        break;
    }
}

/* ---------------------------------------------------------------- the file */

static void
read_line(struct reader *r, char *line)
{
    char *equals;
    const char *name, *value;

    line = line + strspn(line, " \t");
    if (*line == '#' || line[strspn(line, "\r\n")] == '\0')
        return;
    if (!text_is_utf8(line, strlen(line))) {
        complain(r, "line", "it is not UTF-8; save the file in that encoding");
        return;
    }
    equals = strchr(line, '=');
    if (equals == NULL) {
        complain(r, text_trim(r->arena, line), "has no \"=\"; write it as name = value");
        return;
    }
    *equals = '\0';
    name = text_trim(r->arena, line);
    value = text_trim(r->arena, equals + 1);
    value = arena_copy(r->arena, value, strlen(value));

    int i = find(name);
    if (i < 0)
        unknown_name(r, name);
    else if (r->set_in[i] != 0)
        complain(r, name, "is set twice, first in line %d; remove one", r->set_in[i]);
    else if (*value == '\0')
        complain(r, name, "has no value; write one, or remove the line");
    else
        set(r, &settings[i], value);
    if (i >= 0 && r->set_in[i] == 0)
        r->set_in[i] = r->line;
}

static void
read_lines(struct reader *r, FILE *file)
{
    char line[LINE_MAX_];

    while (fgets(line, sizeof line, file) != NULL) {
        r->line++;
        if (strlen(line) + 1 == sizeof line && line[sizeof line - 2] != '\n') {
            complain(r, "line", "it is longer than %d bytes; shorten it", LINE_MAX_ - 2);
            return;
        }
        read_line(r, line);
    }
    if (ferror(file))
        complain(r, "file", "cannot be read: %s", strerror(errno));
}

static void
set_defaults(struct reader *r)
{
    for (int i = 0; settings[i].name != NULL; i++)
        if (settings[i].standard != NULL)
            set(r, &settings[i], settings[i].standard);
}

/* On the machine itself the address to reach it is that on which it listens. */
static void
derive_base_url(struct reader *r)
{
    struct config *c = r->config;
    const char *host;
    int port;

    for (int i = 0; c->base_url == NULL && i < c->listen.n; i++)
        if (uri_host(r->arena, c->listen.word[i], &host, &port) && port > 0 &&
            (strcmp(host, "::1") == 0 || text_starts(host, "127.")))
            c->base_url = arena_printf(r->arena, "http://%s", c->listen.word[i]);
}

const struct config *
config_read(struct arena *arena, const char *path, FILE *report)
{
    struct reader r = { .arena = arena, .config = NEW(arena, struct config), .report = report };

    r.path = r.config->path = arena_copy(arena, path, strlen(path));
    set_defaults(&r);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        complain(&r, "file", "cannot be read: %s; name another with -c FILE", strerror(errno));
        return NULL;
    }
    read_lines(&r, file);
    fclose(file);
    derive_base_url(&r);
    return r.bad ? NULL : r.config;
}
