#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "mime/mime.h"
#include "tests/fuzz/fuzz.h"

#define TOLD_MAX (1 << 20)

/* Behind the addresses and "alone" comes at most one calendar, of as many bytes as it says, and
 * nothing after it. */
static void
check_told(struct arena *arena, const char *told, size_t n)
{
    for (size_t at = 0; at < n;) {
        const char *end = memchr(told + at, '\n', n - at);
        size_t length;

        MUST(end != NULL);
        const char *line = arena_copy(arena, told + at, (size_t)(end - told) - at);
        at = (size_t)(end - told) + 1;
        if (text_starts(line, "to ")) {
            MUST(strpbrk(line + 3, " \t\r") == NULL);
        } else if (text_starts(line, "calendar ")) {
            MUST(text_to_size(line + strlen("calendar "), &length) && length == n - at);
            return;
        } else {
            MUST(strcmp(line, "alone") == 0);
        }
    }
}

static void __attribute__((constructor)) begin(void)
{
    mime_begin();
}

/* Whatever a mail is: what is told of it has the form that mime.h says. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    char *told = arena_alloc(arena, TOLD_MAX);
    int out = memfd_create("told", 0);

    MUST(out >= 0);
    mime_tell((const char *)data, n, out);
    ssize_t got = pread(out, told, TOLD_MAX, 0);
    close(out);
    MUST(got >= 0);
    if (got < TOLD_MAX)
        check_told(arena, told, (size_t)got);
}
