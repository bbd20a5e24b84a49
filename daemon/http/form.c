#include "http/form.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/body.h"
#include "http/exchange.h"
#include "http/form_in.h"

#define URLENCODED_MAX MB(1)

static fallible
add_field(struct request *rq, struct form *form, const char *name, const char *value, size_t n)
{
    if (form->n == FORM_FIELDS)
        return FAIL(
            rq->arena, BAD_REQUEST, tr(rq->lang, "The form has more than %d fields."), FORM_FIELDS);
    form->field[form->n++] = (struct form_field){ .name = name, .value = value, .n = n };
    return NULL;
}

static fallible
read_urlencoded(struct request *rq, const char *s, struct form *form)
{
    while (*s != '\0') {
        size_t n = strcspn(s, "&"), key = strcspn(s, "=&");
        const char *name = uri_decode(rq->arena, s, key, true);
        const char *value = key == n ? "" : uri_decode(rq->arena, s + key + 1, n - key - 1, true);
        if (name == NULL || value == NULL)
            return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "The form is malformed."));
        if (n > 0)
            TRY(add_field(rq, form, name, value, strlen(value)));
        s += n + (s[n] == '&');
    }
    return NULL;
}

static bool
has_type(const char *header, const char *type)
{
    size_t n = strlen(type);

    return header != NULL && strncasecmp(header, type, n) == 0 &&
           (header[n] == '\0' || strchr("; \t", header[n]) != NULL);
}

/* Reads the body once; a form of another kind is one without fields. */
static fallible
read_form(struct request *rq, const struct form **form)
{
    const char *type = request_header(rq, "Content-Type");
    const char *body;
    size_t n;

    if (rq->body != NULL && rq->body->form != NULL) {
        *form = rq->body->form;
        return NULL;
    }
    TRY(body_view(rq, &body, &n));
    struct form *made = NEW(rq->arena, struct form);
    made->field = NEW_ARRAY(rq->arena, struct form_field, FORM_FIELDS);
    if (has_type(type, "application/x-www-form-urlencoded")) {
        if (memchr(body, '\0', n) != NULL)
            return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "The form is malformed."));
        if (n > URLENCODED_MAX)
            return REFUSE(rq->arena, TOO_LARGE);
        char *text = arena_copy(rq->arena, body, n);
        struct error *e = read_urlencoded(rq, text, made);
        forget(text, n); /* it may have a password in it */
        TRY(e);
    } else if (has_type(type, "multipart/form-data")) {
        TRY(form_read_multipart(rq, type, body, n, made));
    } else if (n > 0) {
        return REFUSE(rq->arena, UNSUPPORTED_TYPE);
    }
    if (rq->body != NULL)
        rq->body->form = made;
    *form = made;
    return NULL;
}

static fallible
find(struct request *rq, const char *name, bool file, int skip, const struct form_field **found)
{
    const struct form *form;

    *found = NULL;
    TRY(read_form(rq, &form));
    for (int i = 0; i < form->n && *found == NULL; i++) {
        if ((form->field[i].file != NULL) == file && strcmp(form->field[i].name, name) == 0 &&
            skip-- == 0)
            *found = &form->field[i];
    }
    return NULL;
}

fallible
form_nth(struct request *rq, const char *name, int i, size_t max, const char **text)
{
    const struct form_field *field;

    *text = NULL;
    TRY(find(rq, name, false, i, &field));
    if (field == NULL)
        return NULL;
    if (field->n > max)
        return FAIL(
            rq->arena, BAD_REQUEST, tr(rq->lang, "What is in the field \"%s\" is too long."), name);
    if (!text_is_utf8(field->value, field->n))
        return FAIL(
            rq->arena, BAD_REQUEST, tr(rq->lang, "What is in the field \"%s\" is no text."), name);
    *text = field->value;
    return NULL;
}

fallible
form_maybe(struct request *rq, const char *name, size_t max, const char **text)
{
    return form_nth(rq, name, 0, max, text);
}

fallible
form_text(struct request *rq, const char *name, size_t max, const char **text)
{
    TRY(form_maybe(rq, name, max, text));
    if (*text == NULL)
        return FAIL(rq->arena, BAD_REQUEST, tr(rq->lang, "The field \"%s\" is missing."), name);
    return NULL;
}

fallible
form_int(struct request *rq, const char *name, int64_t *number)
{
    const char *text;

    TRY(form_text(rq, name, 20, &text));
    bool negative = text[0] == '-';
    if (!text_to_int(text + negative, INT64_MAX, number))
        return FAIL(rq->arena, BAD_REQUEST,
            tr(rq->lang, "What is in the field \"%s\" is no number."), name);
    if (negative)
        *number = -*number;
    return NULL;
}

fallible
form_file(struct request *rq, const char *name, int i, struct form_file *file)
{
    const struct form_field *field;

    *file = (struct form_file){ .name = NULL };
    TRY(find(rq, name, true, i, &field));
    if (field != NULL)
        *file = (struct form_file){ field->file, field->type, field->value, field->n };
    return NULL;
}
