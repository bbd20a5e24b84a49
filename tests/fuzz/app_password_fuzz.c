#include <string.h>

#include "auth/app_password.h"
#include "tests/fuzz/fuzz.h"

/* Whatever is read is an app password, and written again it is the same. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n);
    char secret[APP_PASSWORD_SECRET + 1], again[APP_PASSWORD_SECRET + 1];
    int64_t id, id_again;

    if (!app_password_read(text, &id, secret))
        return;
    MUST(app_password_looks_like(text));
    MUST(id > 0 && strlen(secret) == APP_PASSWORD_SECRET);
    MUST(strspn(secret, "0123456789abcdefghjkmnpqrstvwxyz") == APP_PASSWORD_SECRET);
    MUST(app_password_read(app_password_write(arena, id, secret), &id_again, again));
    MUST(id_again == id && strcmp(again, secret) == 0);
}
