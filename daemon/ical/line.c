#include "ical/line.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"

static bool
refuse(struct ical_refusal *r, const char *why, bool beyond)
{
    *r = (struct ical_refusal){ .why = why, .beyond = beyond };
    return false;
}

/* ---------------------------------------------------------------- lines */

/* The end of what is left of a physical line, before CRLF or LF; *next stands behind these. */
static const char *
line_end(const char *from, const char *end, const char **next)
{
    const char *lf = memchr(from, '\n', (size_t)(end - from));

    *next = lf == NULL ? end : lf + 1;
    if (lf == NULL)
        lf = end;
    return lf > from && lf[-1] == '\r' ? lf - 1 : lf;
}

/* A line without its folds: a copy, since its parts are going to be cut out of it. */
static char *
unfold(struct ical_lines *l, size_t *length)
{
    const char *end = l->bytes + l->n, *first = l->bytes + l->at, *next;
    size_t whole = 0;

    for (const char *p = first;; p = next + 1) {
        whole += (size_t)(line_end(p, end, &next) - p);
        if (whole > l->limits->line)
            return NULL;
        if (next >= end || (*next != ' ' && *next != '\t'))
            break;
    }
    char *text = arena_alloc(l->arena, whole + 1), *to = text;
    for (const char *p = first;; p = next + 1) {
        size_t part = (size_t)(line_end(p, end, &next) - p);
        memcpy(to, p, part);
        to += part;
        l->number++;
        if (next >= end || (*next != ' ' && *next != '\t'))
            break;
    }
    l->at = (size_t)(next - l->bytes);
    *length = whole;
    return text;
}

/* ---------------------------------------------------------------- names and parameters */

static bool
in_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* Takes a name off *s, makes its letters capital; NULL when there is none. The end is cut later. */
static char *
take_name(char **s)
{
    char *name = *s;

    for (; in_name(**s); ++*s)
        if (**s >= 'a' && **s <= 'z')
            **s = (char)(**s - 'a' + 'A');
    return *s == name ? NULL : name;
}

/* In place (RFC 6868): ^n is a new line, ^' a quotation mark, ^^ itself. */
static void
decode_carets(char *s)
{
    char *to = s;

    for (; *s != '\0'; s++)
        if (*s == '^' && (s[1] == 'n' || s[1] == '\'' || s[1] == '^'))
            *to++ = *++s == 'n' ? '\n' : *s == '\'' ? '"' : '^';
        else
            *to++ = *s;
    *to = '\0';
}

/* A value of a parameter: up to one of ,;: or, when it is quoted, to the other quotation mark. */
static bool
skip_value(char **s, char **from, char **end)
{
    bool quoted = **s == '"';

    *from = *s + quoted;
    *s = *from + strcspn(*from, quoted ? "\"" : ",;:");
    *end = *s;
    if (quoted) {
        if (**s != '"')
            return false;
        ++*s;
    }
    return **s == ',' || **s == ';' || **s == ':';
}

static int
count_values(const char *s)
{
    int n = 1;

    for (bool quoted = false; *s != '\0' && (quoted || (*s != ';' && *s != ':')); s++)
        if (*s == '"')
            quoted = !quoted;
        else
            n += *s == ',' && !quoted;
    return n;
}

/* The values behind a "="; *s ends at what stands behind the last, which is not yet cut. */
static bool
take_values(struct ical_lines *l, struct ical_param *param, char **s, struct ical_refusal *r)
{
    int room = count_values(*s);
    const char **value;

    if (room > l->limits->values)
        return refuse(r, N_("A parameter has too many values."), true);
    param->value = value = NEW_ARRAY(l->arena, const char *, (size_t)room);
    for (char behind = ',';;) {
        char *from, *end;
        if (!skip_value(s, &from, &end) || param->n == room)
            return refuse(r, N_("A parameter has no end."), false);
        behind = **s;
        value[param->n++] = from;
        if (behind == ',')
            ++*s;
        *end =
            '\0'; /* the separator itself when it is not quoted: the caller knows it by `behind` */
        decode_carets(from);
        if (behind != ',') {
            **s = behind;
            return true;
        }
    }
}

static bool
take_params(struct ical_lines *l, struct ical_line *line, char **s, struct ical_refusal *r)
{
    int room = 0;

    for (const char *p = *s; *p != '\0' && *p != ':' && room <= l->limits->params; p++)
        if (*p == '"') {
            p += 1 + strcspn(p + 1, "\"");
            if (*p == '\0')
                break;
        } else {
            room += *p == ';';
        }
    if (room > l->limits->params)
        return refuse(r, N_("A property has too many parameters."), true);
    struct ical_param *param = NEW_ARRAY(l->arena, struct ical_param, (size_t)room + 1);
    line->param = param;
    while (**s == ';') {
        char *cut = (*s)++, *name = take_name(s);
        *cut = '\0';
        if (name == NULL || line->n_params == room)
            return refuse(r, N_("A parameter has no name."), false);
        param[line->n_params].name = name;
        if (**s == '=') {
            *(*s)++ = '\0';
            if (!take_values(l, &param[line->n_params], s, r))
                return false;
        } else if (**s == ';' || **s == ':') { /* vCard 2.1: "TEL;HOME:" is TYPE=HOME */
            const char **type = NEW(l->arena, const char *);
            *type = name;
            param[line->n_params] = (struct ical_param){ .name = "TYPE", .value = type, .n = 1 };
        } else {
            return refuse(r, N_("A parameter has no value."), false);
        }
        line->n_params++;
    }
    return true;
}

/* Cuts "group.NAME;PARAM=value:value" into its parts. */
static bool
cut(struct ical_lines *l, struct ical_line *line, char *s, struct ical_refusal *r)
{
    char *name = take_name(&s);

    if (name != NULL && *s == '.') {
        *s++ = '\0';
        line->group = name;
        name = take_name(&s);
    }
    if (name == NULL)
        return refuse(r, N_("A line does not begin with the name of a property."), false);
    line->name = name;
    if (*s == ';' && !take_params(l, line, &s, r))
        return false;
    if (*s != ':')
        return refuse(r, N_("A line has no colon before its value."), false);
    *s = '\0';
    line->value = s + 1;
    return true;
}

bool
ical_line_next(struct ical_lines *l, struct ical_line *line, struct ical_refusal *r)
{
    size_t length = 0, from;
    char *text;

    *r = (struct ical_refusal){ .why = NULL };
    do {
        if (l->at == l->n)
            return false;
        from = l->at;
        text = unfold(l, &length);
        if (text == NULL)
            return refuse(r, N_("A line is too long."), true);
    } while (length == 0);
    *line = (struct ical_line){ .from = from, .to = l->at };
    return cut(l, line, text, r);
}
