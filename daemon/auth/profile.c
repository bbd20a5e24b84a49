#include "auth/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/token.h"
#include "base/uri.h"
#include "html/plist.h"

/* "host", "host:port", "[::1]:port" of an origin. */
struct server {
    const char *name;
    int64_t port;
    bool tls;
};

static struct server
server_of(struct arena *arena, const char *origin)
{
    struct server s = { .tls = text_starts(origin, "https:") };
    const char *host = strstr(origin, "://") + strlen("://");
    const char *end = host + (*host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":"));

    s.name = arena_copy(arena, host, (size_t)(end - host));
    if (*end != ':' || !text_to_int(end + 1, 65535, &s.port))
        s.port = s.tls ? 443 : 80;
    return s;
}

/* A UUID that says no more than what it is made of (RFC 9562, version 8). */
static const char *
uuid_of(struct arena *arena, const struct profile *p, const char *part)
{
    unsigned char digest[SHA256_SIZE];
    const char *what =
        arena_printf(arena, "chapterd profile %s %lld %s", p->origin, (long long)p->id, part);

    sha256(what, strlen(what), digest);
    digest[6] = (unsigned char)((digest[6] & 0x0f) | 0x80);
    digest[8] = (unsigned char)((digest[8] & 0x3f) | 0x80);
    const char *hex = hex_encode(arena, digest, 16);
    return arena_printf(
        arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static const char *
identifier_of(struct arena *arena, const struct profile *p, const char *part)
{
    return arena_printf(arena, "chapterd.%s.%lld%s%s", server_of(arena, p->origin).name,
        (long long)p->id, *part == '\0' ? "" : ".", part);
}

static void
write_common(
    struct out *o, struct arena *arena, const struct profile *p, const char *part, const char *type)
{
    plist_text(o, "PayloadType", type);
    plist_int(o, "PayloadVersion", 1);
    plist_text(o, "PayloadIdentifier", identifier_of(arena, p, part));
    plist_text(o, "PayloadUUID", uuid_of(arena, p, part));
    plist_text(o, "PayloadDisplayName", p->title);
    plist_text(o, "PayloadOrganization", p->title);
}

/* Both accounts have the same keys, but for how they begin. */
static void
write_account(struct out *o, struct arena *arena, const struct profile *p, const char *kind,
    const char *part, const char *type)
{
    const struct server s = server_of(arena, p->origin);

    plist_dict(o, NULL);
    write_common(o, arena, p, part, type);
    plist_text(o, arena_printf(arena, "%sAccountDescription", kind), p->title);
    plist_text(o, arena_printf(arena, "%sHostName", kind), s.name);
    plist_int(o, arena_printf(arena, "%sPort", kind), s.port);
    plist_flag(o, arena_printf(arena, "%sUseSSL", kind), s.tls);
    plist_text(o, arena_printf(arena, "%sPrincipalURL", kind),
        arena_printf(arena, "/dav/principals/users/%s/", uri_encode(arena, p->uid)));
    plist_text(o, arena_printf(arena, "%sUsername", kind), p->uid);
    plist_text(o, arena_printf(arena, "%sPassword", kind), p->password);
    plist_dict_end(o);
}

void
profile_write(struct out *o, struct arena *arena, const struct profile *p)
{
    plist_begin(o);
    plist_dict(o, NULL);
    write_common(o, arena, p, "", "Configuration");
    plist_text(o, "PayloadDescription", p->description);
    plist_flag(o, "PayloadRemovalDisallowed", false);
    plist_dict(o, "ConsentText");
    plist_text(o, "default", p->consent);
    plist_dict_end(o);
    plist_array(o, "PayloadContent");
    if (p->calendars)
        write_account(o, arena, p, "CalDAV", "caldav", "com.apple.caldav.account");
    if (p->contacts)
        write_account(o, arena, p, "CardDAV", "carddav", "com.apple.carddav.account");
    plist_array_end(o);
    plist_dict_end(o);
    plist_end(o);
}
