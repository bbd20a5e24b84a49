#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * A target is a file tests/fuzz/NAME_fuzz.c with a fuzz_one(); its seeds stand
 * in tests/fuzz/seeds/NAME/. Besides not crashing it must hold what it checks
 * by MUST: mostly that what was accepted is written and read back as the same.
 */
void fuzz_one(struct arena *, const uint8_t *data, size_t n);

/* The bytes as a text that ends at the first NUL; on the heap exactly, so that ASan sees its end.
 */
const char *fuzz_text(struct arena *, const uint8_t *data, size_t n);

#define MUST(x)                                                                                    \
    do {                                                                                           \
        if (!(x))                                                                                  \
            __builtin_trap();                                                                      \
    } while (0)

#endif
