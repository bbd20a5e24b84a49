#include "ical/card_line.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

/* The first n characters of a line in the bytes, without folds. */
static const char *
first_of(struct arena *arena, const char *bytes, const struct ical_line *line, size_t n)
{
    char *text = arena_alloc(arena, n + 1), *to = text;

    for (const char *p = bytes + line->from; to < text + n && p < bytes + line->to; p++) {
        while (*p == '\r' || *p == '\n' || (to > text && (*p == ' ' || *p == '\t')))
            p++;
        *to++ = *p;
    }
    return text;
}

struct card_line
card_line_copy(struct arena *arena, const struct ical_line *line, const char *bytes)
{
    struct card_line l = { .arena = arena, .line = *line };
    size_t group = line->group == NULL ? 0 : strlen(line->group) + 1;
    const char *names = first_of(arena, bytes, line, group + strlen(line->name));

    if (text_same_nocase(names + group, line->name)) {
        l.line.name = names + group;
        if (group > 0)
            l.line.group = arena_copy(arena, names, group - 1);
    }
    l.param = NEW_ARRAY(arena, struct ical_param, (size_t)line->n_params + CARD_LINE_ROOM);
    if (line->n_params > 0)
        memcpy(l.param, line->param, (size_t)line->n_params * sizeof *l.param);
    l.line.param = l.param;
    return l;
}

const char *
card_line_param(const struct card_line *l, const char *name)
{
    return ical_param(&l->line, name);
}

static void
remove_param(struct card_line *l, int i)
{
    l->line.n_params--;
    memmove(l->param + i, l->param + i + 1, (size_t)(l->line.n_params - i) * sizeof *l->param);
}

void
card_line_set(struct card_line *l, const char *name, const char *value)
{
    for (int i = l->line.n_params - 1; i >= 0; i--)
        if (strcmp(l->param[i].name, name) == 0)
            remove_param(l, i);
    if (value == NULL)
        return;
    const char **one = NEW(l->arena, const char *);
    *one = value;
    assert(l->line.n_params < 100 + CARD_LINE_ROOM);
    l->param[l->line.n_params++] = (struct ical_param){ .name = name, .value = one, .n = 1 };
}

void
card_line_unset(struct card_line *l, const char *name, const char *value)
{
    const char *now = card_line_param(l, name);

    if (now != NULL && text_same_nocase(now, value))
        card_line_set(l, name, NULL);
}

/* ---------------------------------------------------------------- types */

/* The list without the word; NULL when it is not in it. "" when nothing is left. */
static const char *
without(struct arena *arena, const char *list, const char *word)
{
    const char *const *part;
    int n = text_split(arena, list, ",", &part), left = 0;
    const char *rest = "";

    for (int i = 0; i < n; i++)
        if (!text_same_nocase(part[i], word)) {
            rest = left++ == 0 ? part[i] : arena_printf(arena, "%s,%s", rest, part[i]);
        }
    return left == n ? NULL : rest;
}

/* Of one TYPE parameter. */
static bool
take_from(struct card_line *l, struct ical_param *param, const char *type)
{
    const char **left = NEW_ARRAY(l->arena, const char *, (size_t)param->n);
    int n = 0;
    bool found = false;

    for (int i = 0; i < param->n; i++) {
        const char *rest = without(l->arena, param->value[i], type);
        found |= rest != NULL;
        if (rest == NULL)
            left[n++] = param->value[i];
        else if (*rest != '\0')
            left[n++] = rest;
    }
    if (found)
        *param = (struct ical_param){ .name = param->name, .value = left, .n = n };
    return found;
}

bool
card_line_take_type(struct card_line *l, const char *type)
{
    bool found = false;

    for (int i = l->line.n_params - 1; i >= 0; i--)
        if (strcmp(l->param[i].name, "TYPE") == 0 && take_from(l, &l->param[i], type)) {
            found = true;
            if (l->param[i].n == 0)
                remove_param(l, i);
        }
    return found;
}

void
card_line_add_type(struct card_line *l, const char *type)
{
    for (int i = 0; i < l->line.n_params; i++)
        if (strcmp(l->param[i].name, "TYPE") == 0) {
            struct ical_param *param = &l->param[i];
            const char **more = NEW_ARRAY(l->arena, const char *, (size_t)param->n + 1);
            memcpy(more, param->value, (size_t)param->n * sizeof *more);
            more[param->n] = type;
            *param = (struct ical_param){ .name = "TYPE", .value = more, .n = param->n + 1 };
            return;
        }
    card_line_set(l, "TYPE", type);
}
