#include <string.h>

#include "base/uri.h"
#include "net/net.h"
#include "tests/fuzz/fuzz.h"

/* What is accepted is written in one form, which is accepted as it is and names the same host. */
void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *typed = fuzz_text(arena, data, n), *url, *again;
    struct uri one, other;

    if (net_url(arena, typed, true, &url) != NULL)
        return;
    MUST(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
    MUST(strpbrk(url, " \r\n#\\") == NULL);
    MUST(net_url(arena, url, true, &again) == NULL && strcmp(url, again) == 0);
    MUST(uri_parse(arena, typed, &one) && uri_parse(arena, url, &other));
    MUST(strcmp(one.host, other.host) == 0 && one.port == other.port);
}
