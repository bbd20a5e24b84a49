#include "http/layout.h"

#include <stdbool.h>
#include <string.h>

#include "http/guard.h"

/* CR and LF, over each of which the library has put a NUL; NULL when there is anything else. */
static const char *
after_line(const char *p)
{
    return p[0] == '\0' && p[1] == '\0' ? p + 2 : NULL;
}

/* "Name: value": from the name on, the colon and white space, the value. NULL: it is not so. */
static const char *
after_field(const char *p, const char *end, const struct field *f)
{
    if (f->name != p || f->value < p + f->name_n + 1 || f->value + f->value_n > end)
        return NULL;
    for (p += f->name_n + 1; p < f->value; p++)
        if (*p != ' ' && *p != '\t')
            return NULL;
    return after_line(f->value + f->value_n);
}

static bool
fits(const struct head *head)
{
    const char *end = head->method + head->size, *p = head->method + strlen(head->method) + 1;

    /* The method, one space, the target, one space, the version. */
    if (head->version != p + strlen(head->target) + 1)
        return false;
    p = after_line(head->version + strlen(head->version));
    for (int i = 0; p != NULL && i < head->n_fields; i++)
        p = after_field(p, end, &head->field[i]);
    return p != NULL && p + 2 == end;
}

fallible
layout_check(struct arena *arena, const struct head *head)
{
    /* Of more fields than the guard lets through not all are known here. */
    if (head->size == 0 || head->n_fields > GUARD_FIELDS || fits(head))
        return NULL;
    return FAIL(arena, BAD_REQUEST, "The head of the request is malformed.");
}
