#include <string.h>

#include "base/arena.h"
#include "http/guard.h"
#include "http/layout.h"
#include "tests/check.h"

#define FIELDS 4

/*
 * Lays a head out as the library leaves it. `raw` is what came, with the bytes it
 * has overwritten written as '|'; `at` says where it found names and values.
 */
static bool
passes(const char *raw, size_t n, const size_t at[], int fields)
{
    struct arena *a = arena_new();
    char *copy = arena_copy(a, raw, n);
    struct field field[FIELDS];
    struct head head = { "", "/", "", field, fields, n };

    for (size_t i = 0; i < n; i++) {
        if (copy[i] == '|')
            copy[i] = '\0';
    }
    head.method = copy;
    head.version = copy + strlen("G / ");
    for (int i = 0; i < fields; i++) {
        const char *name = copy + at[2 * i], *value = copy + at[2 * i + 1];
        field[i] = (struct field){ name, value, strlen(name), strlen(value) };
    }
    bool good = layout_check(a, &head) == NULL;
    arena_free(a);
    return good;
}

#define PASSES(raw, fields, ...)                                                                   \
    passes(raw, sizeof(raw) - 1, (const size_t[]){ __VA_ARGS__ }, fields)

TEST(layout_of_well_formed_heads)
{
    CHECK(PASSES("G|/|V||||", 0, 0));
    CHECK(PASSES("G|/|V||A| b||||", 1, 7, 10));
    CHECK(PASSES("G|/|V||A|b||||", 1, 7, 9));
    CHECK(PASSES("G|/|V||A| \t b  ||C|||D|  e||||", 3, 7, 12, 17, 19, 21, 25));
}

TEST(layout_of_heads_that_the_library_mended)
{
    CHECK(!PASSES("G|/x|V||||", 0, 0)); /* a NUL in the target: B10 */
    CHECK(!PASSES("G|/|V|A| b||||", 1, 6, 9)); /* LF alone */
    CHECK(!PASSES("G|/|V||A| b|x||||", 1, 7, 10)); /* a NUL in a value */
    CHECK(!PASSES("G|/|V||A| b|x||C| d||||", 2, 7, 10, 15, 18));
    CHECK(!PASSES("G|/|V|||z||A| b||||", 1, 11, 14)); /* a line without a name: B06 */
    CHECK(!PASSES("G|/|V||A| b|| c||||", 1, 7, 10)); /* a continued line: B07 */
    CHECK(!PASSES("G|/|V||A|xb||||", 1, 7, 10)); /* not white space before the value */
}
