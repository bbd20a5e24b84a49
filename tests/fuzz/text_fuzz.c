#include <string.h>

#include "base/text.h"
#include "base/token.h"
#include "tests/fuzz/fuzz.h"

static void
check_split(struct arena *arena, const char *text)
{
    const char *const *part;
    int n = text_split(arena, text, ", ", &part);

    for (int i = 0; i < n; i++)
        MUST(part[i][0] != '\0' && strpbrk(part[i], ", ") == NULL);
}

static void
check_base64(struct arena *arena, const uint8_t *data, size_t n, const char *text)
{
    size_t length;
    const unsigned char *bytes = base64_decode(arena, base64_encode(arena, data, n), &length);

    MUST(bytes != NULL && length == n && memcmp(bytes, data, n) == 0);
    bytes = base64_decode(arena, text, &length);
    if (bytes != NULL) {
        const char *canonical = base64_encode(arena, bytes, length);
        size_t digits = strcspn(text, "=");
        MUST(strncmp(canonical, text, digits) == 0 && strspn(canonical + digits, "=") <= 2);
    }
}

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n), *raw = (const char *)data;
    size_t size;
    int64_t number;

    if (text_is_name(raw, n))
        MUST(text_is_utf8(raw, n) && text_is_xml(raw, n));
    if (text_is_xml(raw, n))
        MUST(text_is_utf8(raw, n));
    const char *nfc = text_nfc(arena, text);
    MUST(strcmp(text_nfc(arena, nfc), nfc) == 0);
    MUST(text_is_utf8(text, strlen(text)) == text_is_utf8(nfc, strlen(nfc)));
    if (text_to_int(text, INT64_MAX, &number))
        MUST(number >= 0);
    if (text_to_size(text, &size))
        MUST(size <= INT64_MAX);
    const char *trimmed = text_trim(arena, text);
    MUST(strcmp(text_trim(arena, trimmed), trimmed) == 0);
    check_split(arena, text);
    check_base64(arena, data, n, text);
}
