#include <string.h>

#include "base/uri.h"
#include "tests/fuzz/fuzz.h"

static void
check_host(const char *host)
{
    MUST(host[0] != '\0' && strpbrk(host, "/@?#[] \\%ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
}

void
fuzz_one(struct arena *arena, const uint8_t *data, size_t n)
{
    const char *text = fuzz_text(arena, data, n), *host, *decoded;
    struct uri uri;
    int port;

    if (uri_parse(arena, text, &uri)) {
        check_host(uri.host);
        MUST(uri.port > 0 && uri.port < 65536 && uri.path[0] == '/');
        MUST(strchr(uri.path, '?') == NULL);
    }
    if (uri_host(arena, text, &host, &port)) {
        check_host(host);
        MUST(port == -1 || (port > 0 && port < 65536));
    }
    decoded = uri_decode(arena, text, strlen(text), true);
    if (decoded != NULL)
        MUST(strcmp(uri_decode(arena, uri_encode(arena, decoded),
                        strlen(uri_encode(arena, decoded)), false),
                 decoded) == 0);
}
