#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    /* Or a target that writes to a pipe ends the fuzzer, silently and with success. */
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *arena = arena_new();

    fuzz_one(arena, data, n);
    arena_free(arena);
    return 0;
}

const char *
fuzz_text(struct arena *arena, const uint8_t *data, size_t n)
{
    size_t length = strnlen((const char *)data, n);
    char *text = malloc(length + 1);

    if (text == NULL)
        abort();
    memcpy(text, data, length);
    text[length] = '\0';
    arena_defer(arena, free, text);
    return text;
}
