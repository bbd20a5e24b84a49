#include "modules/chapters/apply.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"

static const struct {
    const char *name;
    bool several;
} keys[] = {
    { "kind", false },
    { "name", false },
    { "parent", false },
    { "number", false },
    { "contact", false },
    { "language", false },
    { "quota", false },
    { "members_go_up", false },
    { "member_group", true },
    { "board_group", true },
    { "chair_group", true },
};

struct reader {
    struct arena *arena;
    struct apply_plan *plan;
    int line, room;
};

#define WRONG(r, ...)                                                                              \
    FAIL((r)->arena, BAD_REQUEST, "%s:%d: %s", (r)->plan->path, (r)->line,                         \
        arena_printf((r)->arena, __VA_ARGS__))

static const char *
part(struct reader *r, const char *from, const char *to)
{
    return text_trim(r->arena, arena_copy(r->arena, from, (size_t)(to - from)));
}

static fallible
read_section(struct reader *r, const char *text)
{
    struct apply_plan *plan = r->plan;
    size_t n = strlen(text);

    if (n < 3 || text[n - 1] != ']')
        return WRONG(
            r, "this is no section. Write the short name of a chapter in brackets: [jena]");
    const char *slug = part(r, text + 1, text + n - 1);
    if (!text_is_slug(slug))
        return WRONG(
            r, "“%s” cannot be the short name of a chapter: small letters, digits, hyphens", slug);
    for (int i = 0; i < plan->n; i++)
        if (strcmp(plan->chapter[i].slug, slug) == 0)
            return WRONG(r, "[%s] stands in line %d already. Put both together", slug,
                plan->chapter[i].line);
    if (plan->n == APPLY_CHAPTERS_MAX)
        return WRONG(r, "more than %d chapters. Make two files of it", APPLY_CHAPTERS_MAX);
    if (plan->n == r->room) {
        int room = r->room == 0 ? 64 : r->room * 2;
        struct apply_chapter *more = NEW_ARRAY(r->arena, struct apply_chapter, (size_t)room);
        if (plan->n > 0)
            memcpy(more, plan->chapter, (size_t)plan->n * sizeof *more);
        plan->chapter = more;
        r->room = room;
    }
    plan->chapter[plan->n++] = (struct apply_chapter){ .slug = slug,
        .line = r->line,
        .set = NEW_ARRAY(r->arena, struct apply_setting, APPLY_SETTINGS_MAX) };
    return NULL;
}

static fallible
check_key(struct reader *r, const struct apply_chapter *c, const char *key)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (strcmp(keys[i].name, key) != 0)
            continue;
        const struct apply_setting *before = keys[i].several ? NULL : apply_get(c, key);
        if (before != NULL)
            return WRONG(r, "%s stands in line %d already. Remove one of them", key, before->line);
        return NULL;
    }
    return WRONG(r,
        "“%s” is no setting of a chapter. There are: kind, name, parent, number, contact, "
        "language, quota, members_go_up, member_group, board_group, chair_group",
        key);
}

static fallible
read_setting(struct reader *r, const char *text)
{
    const char *is = strchr(text, '=');

    if (is == NULL)
        return WRONG(r, "neither a [section] nor a setting. Write: name = value");
    if (r->plan->n == 0)
        return WRONG(r, "a setting of which chapter? Write [its short name] in a line before");
    struct apply_chapter *c = &r->plan->chapter[r->plan->n - 1];
    const char *key = part(r, text, is);
    TRY(check_key(r, c, key));
    if (c->n == APPLY_SETTINGS_MAX)
        return WRONG(r, "more than %d settings of one chapter", APPLY_SETTINGS_MAX);
    c->set[c->n++] = (struct apply_setting){ key, part(r, is + 1, is + strlen(is)), r->line };
    return NULL;
}

static fallible
read_line(struct reader *r, const char *from, const char *to)
{
    if (to - from > APPLY_LINE_MAX)
        return WRONG(r, "a line has at most %d bytes", APPLY_LINE_MAX);
    if (!text_is_utf8(from, (size_t)(to - from)))
        return WRONG(r, "this is not UTF-8. Save the file as UTF-8");
    const char *text = part(r, from, to);
    if (*text == '\0' || *text == '#')
        return NULL;
    return *text == '[' ? read_section(r, text) : read_setting(r, text);
}

struct error *
apply_read(
    struct arena *arena, const char *path, const char *text, size_t n, struct apply_plan *plan)
{
    struct reader r = { .arena = arena, .plan = plan };
    const char *end = text + n;

    *plan = (struct apply_plan){ .path = path };
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        r.line++;
        TRY(read_line(&r, text, stop == NULL ? end : stop));
        text = stop == NULL ? end : stop + 1;
    }
    return NULL;
}

const struct apply_setting *
apply_get(const struct apply_chapter *c, const char *key)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->set[i].key, key) == 0)
            return &c->set[i];
    return NULL;
}
