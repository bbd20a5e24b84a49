#include <string.h>

#include "base/buf.h"
#include "tests/fuzz/fuzz.h"
#include "webdav/upload_text.h"

/* What is read as a digest is read from its own text again, and a value of metadata has no control
 * characters. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);
    unsigned char digest[SHA256_SIZE] = { 0 }, again[SHA256_SIZE];
    bool found, found_again;
    const char *type = metadata_value(arena, text, "filetype");

    if (type != NULL)
        for (const char *c = type; *c != '\0'; c++)
            MUST((unsigned char)*c >= ' ' && *c != 0x7f);
    if (!digest_read(arena, text, digest, &found) || !found)
        return;
    const char *own = arena_printf(
        arena, "md5=:eA==:, sha-256=:%s:;a=1", base64_encode(arena, digest, SHA256_SIZE));
    MUST(digest_read(arena, own, again, &found_again) && found_again);
    MUST(memcmp(digest, again, SHA256_SIZE) == 0);
}
