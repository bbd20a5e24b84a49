#include <string.h>

#include "http/guard.h"
#include "tests/fuzz/fuzz.h"

#define FIELDS 120

/* "METHOD TARGET VERSION" and then "name: value" lines, cut without any judgement. */
static void
split_head(struct arena *arena, char *text, struct head *head, struct field *field)
{
    char *line = strsep(&text, "\n");

    head->method = strsep(&line, " ");
    head->target = line == NULL ? "" : strsep(&line, " ");
    head->version = line == NULL ? "HTTP/1.1" : line;
    while (text != NULL && head->n_fields < FIELDS) {
        line = strsep(&text, "\n");
        const char *name = strsep(&line, ":");
        const char *value = line == NULL ? "" : line + strspn(line, " ");
        field[head->n_fields++] = (struct field){ arena_copy(arena, name, strlen(name)),
            arena_copy(arena, value, strlen(value)), strlen(name), strlen(value) };
    }
    head->field = field;
}

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);
    struct field *field = NEW_ARRAY(arena, struct field, FIELDS);
    struct head head = { 0 };
    struct framing framing = { 0 };

    split_head(arena, arena_copy(arena, text, strlen(text)), &head, field);
    if (guard_check(arena, &head, &framing) != NULL)
        return;
    MUST(framing.method < METHODS);
    MUST(strcmp(method_names[framing.method], head.method) == 0);
    MUST(!(framing.chunked && framing.length >= 0));
    MUST(head.n_fields <= GUARD_FIELDS);
}
