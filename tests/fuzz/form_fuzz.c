#include <string.h>

#include "html/lang.h"
#include "http/exchange.h"
#include "http/form.h"
#include "tests/fuzz/fuzz.h"

/* A request whose body is complete. The first line of the input is its Content-Type. */
static void
prepare(struct arena *arena, struct exchange *ex, const uint8_t *data, size_t n)
{
    const uint8_t *end = n == 0 ? NULL : memchr(data, '\n', n);
    size_t line = end == NULL ? n : (size_t)(end - data), skip = end == NULL ? n : line + 1;
    struct field *type = NEW(arena, struct field);
    struct body *body = NEW(arena, struct body);

    type->name = "Content-Type";
    type->value = fuzz_text(arena, data, line);
    type->name_n = strlen(type->name);
    type->value_n = strlen(type->value);
    body->p = arena_copy(arena, (const char *)data + skip, n - skip);
    body->n = body->max = n - skip;
    body->room = body->n + 1;
    body->received = body->announced = (int64_t)body->n;
    body->complete = true;
    ex->rq.arena = arena;
    ex->rq.lang = lang_find("en");
    ex->rq.body = body;
    ex->head.field = type;
    ex->head.n_fields = 1;
}

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    struct exchange *ex = NEW(arena, struct exchange);
    const char *text;
    struct form_file file;
    int64_t number;

    prepare(arena, ex, data, n);
    if (form_maybe(&ex->rq, "a", 100, &text) == NULL && text != NULL)
        MUST(strlen(text) <= 100);
    if (form_int(&ex->rq, "b", &number) == NULL)
        MUST(number > INT64_MIN);
    for (int k = 0; form_file(&ex->rq, "file", k, &file) == NULL && file.name != NULL; k++) {
        MUST(file.n <= n);
        /* All of it can be read. */
        for (size_t i = 0; i < file.n; i++)
            MUST(file.p[i] == file.p[i]);
    }
}
