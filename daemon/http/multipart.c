/* multipart/form-data, complete in memory. Parts inside parts are bytes like others. */
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/form_in.h"
#include "http/request.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */
#define HEAD_MAX     4096
#define TEXT_MAX     MB(10) /* of a field that is no file; it is copied */

static fallible
malformed(struct request *rq)
{
    return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "The form is malformed."));
}

/*
 * The value of a parameter "; name=value" or "; name=\"value\""; NULL when absent or malformed.
 * Browsers write " as %22 and a backslash as it is, so that a backslash escapes nothing here.
 */
static const char *
parameter(struct arena *arena, const char *header, const char *name)
{
    size_t length = strlen(name);

    for (const char *s = strchr(header, ';'); s != NULL; s = strchr(s, ';')) {
        s += 1 + strspn(s + 1, " \t");
        bool ours = strncasecmp(s, name, length) == 0 && s[length] == '=';
        s += strcspn(s, "=;");
        if (*s != '=')
            continue;
        bool quoted = *++s == '"';
        size_t n = quoted ? strcspn(++s, "\"") : strcspn(s, "; \t");
        if (quoted && s[n] != '"')
            return NULL;
        if (ours)
            return arena_copy(arena, s, n);
        s += n;
    }
    return NULL;
}

/* One line of a part's head. */
static bool
read_line(struct request *rq, const char *line, size_t n, struct form_field *field, bool *named)
{
    const char *text = arena_copy(rq->arena, line, n);
    const char *colon = strchr(text, ':');

    if (colon == NULL || strlen(text) != n)
        return false;
    const char *name = arena_copy(rq->arena, text, (size_t)(colon - text));
    const char *value = text_trim(rq->arena, colon + 1);
    if (text_same_nocase(name, "Content-Type"))
        field->type = value;
    if (!text_same_nocase(name, "Content-Disposition"))
        return true;
    if (*named || strncasecmp(value, "form-data", 9) != 0)
        return false;
    field->name = parameter(rq->arena, value, "name");
    field->file = parameter(rq->arena, value, "filename");
    *named = field->name != NULL && text_is_utf8(field->name, strlen(field->name)) &&
             (field->file == NULL || text_is_utf8(field->file, strlen(field->file)));
    return *named;
}

/* From the head of a part to the field without its bytes; *used is the length of the head. */
static bool
read_head(struct request *rq, const char *p, size_t n, struct form_field *field, size_t *used)
{
    size_t most = n < HEAD_MAX ? n : HEAD_MAX, at = 0;
    bool named = false;

    *field = (struct form_field){ .type = "application/octet-stream" };
    for (;;) {
        const char *end = memmem(p + at, most - at, "\r\n", 2);
        if (end == NULL)
            return false;
        size_t length = (size_t)(end - p) - at;
        if (length == 0)
            break;
        if (!read_line(rq, p + at, length, field, &named))
            return false;
        at += length + 2;
    }
    *used = at + 2;
    return named;
}

static fallible
add_part(struct request *rq, struct form *form, const char *p, size_t n, int *files)
{
    struct form_field field;
    size_t used;

    if (!read_head(rq, p, n, &field, &used))
        return malformed(rq);
    *files += field.file != NULL;
    if (form->n == FORM_FIELDS || *files > FORM_FILES)
        return FAIL(rq->arena, BAD_REQUEST,
            tr(rq->lang, "The form has more than %d fields or %d files."), FORM_FIELDS, FORM_FILES);
    if (field.file == NULL && n - used > TEXT_MAX)
        return REFUSE(rq->arena, TOO_LARGE);
    field.value = field.file != NULL ? p + used : arena_copy(rq->arena, p + used, n - used);
    field.n = n - used;
    form->field[form->n++] = field;
    return NULL;
}

fallible
form_read_multipart(
    struct request *rq, const char *content_type, const char *body, size_t n, struct form *form)
{
    const char *boundary = parameter(rq->arena, content_type, "boundary");
    size_t length = boundary == NULL ? 0 : strlen(boundary);
    int files = 0;

    if (length == 0 || length > BOUNDARY_MAX)
        return malformed(rq);
    const char *line = arena_printf(rq->arena, "\r\n--%s", boundary), *end = body + n;
    length += 4;
    /* The first one begins the body, or follows a preamble. */
    const char *p = n >= length - 2 && memcmp(body, line + 2, length - 2) == 0
                        ? body + length - 2
                        : memmem(body, n, line, length);
    if (p == NULL)
        return malformed(rq);
    if (p != body + length - 2)
        p += length;
    while (end - p < 2 || memcmp(p, "--", 2) != 0) {
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        if (end - p < 2 || memcmp(p, "\r\n", 2) != 0)
            return malformed(rq);
        p += 2;
        const char *next = memmem(p, (size_t)(end - p), line, length);
        if (next == NULL)
            return malformed(rq);
        TRY(add_part(rq, form, p, (size_t)(next - p), &files));
        p = next + length;
    }
    return NULL;
}
