#include <string.h>

#include "auth/basic.h"
#include "base/text.h"
#include "base/token.h"
#include "tests/fuzz/fuzz.h"

static void
check(struct arena *arena, const char *header)
{
    struct credentials c = { 0 };

    if (basic_read(arena, header, &c) != BASIC_GIVEN)
        return;
    MUST(c.user != NULL && c.user[0] != '\0' && c.password != NULL && c.password[0] != '\0');
    MUST(text_is_utf8(c.user, strlen(c.user)) && text_is_utf8(c.password, strlen(c.password)));
    MUST(strchr(c.user, ':') == NULL);
    MUST(credentials_possible(&c));
}

/* Once as the header, once as what is encoded in it: else few inputs get behind the base64. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    check(arena, fuzz_text(arena, data, n));
    check(arena, arena_printf(arena, "Basic %s", base64_encode(arena, data, n)));
}
