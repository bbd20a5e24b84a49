/* Addresses that people type. */
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "net/net.h"

#define URL_MAX KB(2)

static fallible
bad(struct arena *arena, const char *why)
{
    return error_cause(REFUSE(arena, NET_BAD_ADDRESS), arena, "address: %s", why);
}

/* Letters of other scripts look like ours, and blanks and controls end a line of the request. */
static bool
is_plain(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f ||
            strchr("\"<>\\^`{|}", *s) != NULL)
            return false;
    return true;
}

struct error *
net_url(struct arena *arena, const char *typed, bool plain, const char **url)
{
    struct uri uri;

    if (strnlen(typed, URL_MAX + 1) > URL_MAX)
        return bad(arena, "too long");
    if (!is_plain(typed))
        return bad(arena, "a byte that no address has");
    if (strchr(typed, '#') != NULL)
        return bad(arena, "a fragment");
    if (!uri_parse(arena, typed, &uri))
        return bad(arena, "no http or https address");
    const char *authority = strstr(typed, "://") + 3;
    if (memchr(authority, '@', strcspn(authority, "/?")) != NULL)
        return bad(arena, "a login in it");
    if (text_ends(uri.host, "."))
        return bad(arena, "a host with an empty name in it");
    bool secure = strcmp(uri.scheme, "https") == 0;
    if (!secure && !plain)
        return bad(arena, "not https");
    if (uri.port != (secure ? 443 : 80))
        return bad(arena, "another port than the scheme's");
    bool brackets = strchr(uri.host, ':') != NULL;
    *url = arena_printf(arena, "%s://%s%s%s%s%s%s", uri.scheme, brackets ? "[" : "", uri.host,
        brackets ? "]" : "", uri.path, uri.query != NULL ? "?" : "",
        uri.query != NULL ? uri.query : "");
    return NULL;
}
