/* What may be the slug of a chapter, and which chapter may stand below which. */
#include "modules/chapters/chapter.h"

#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "base/macros.h"
#include "base/text.h"

#define SLUG_LEAST 2
#define SLUG_MOST  40

/*
 * Words that stand, or may one day stand, where a slug could: first parts of
 * addresses, roles, names of mail boxes that belong to the operator (RFC 2142).
 */
static const char *const reserved[] = { "abuse", "access", "account", "accounts", "add", "admin",
    "administrator", "all", "anonymous", "api", "app", "apps", "archive", "assets", "audit", "auth",
    "backup", "ballot", "blob", "board", "calendar", "calendars", "carddav", "caldav", "chair",
    "chapter", "chapterd", "chapters", "config", "contact", "contacts", "css", "dav", "debug",
    "default", "delete", "documents", "download", "edit", "events", "export", "favicon",
    "federation", "feed", "feeds", "file", "files", "form", "forms", "group", "groups", "guest",
    "health", "healthz", "help", "home", "hostmaster", "image", "images", "img", "import", "inbox",
    "index", "info", "invite", "js", "language", "list", "localhost", "locks", "login", "logout",
    "mail", "mailer-daemon", "me", "member", "members", "metrics", "new", "nobody", "none",
    "noreply", "no-reply", "null", "oauth", "official", "openid", "outbox", "password", "person",
    "personal", "persons", "poll", "polls", "postmaster", "principal", "principals", "privacy",
    "public", "readyz", "register", "resolution", "resolutions", "robots", "role", "roles", "root",
    "search", "security", "session", "sessions", "settings", "setup", "share", "shared", "shares",
    "sitemap", "smtp", "static", "status", "support", "sync", "system", "tasks", "tmp", "trash",
    "undefined", "upload", "user", "users", "vote", "votes", "webdav", "webmaster", "well-known",
    "wiki", "www" };

const char *
chapter_slug_fault(const char *slug)
{
    size_t n = strlen(slug);

    if (n < SLUG_LEAST || n > SLUG_MOST ||
        !text_is_slug(slug) || slug[0] == '-' || slug[n - 1] == '-')
        return N_("A short name has 2 to 40 characters: small letters a to z, digits, and hyphens "
                  "between them.");
    if (strncmp(slug, "xn--", 4) == 0)
        return N_(
            "A short name cannot begin with “xn--”: browsers show such names as other letters.");
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (strcmp(slug, reserved[i]) == 0)
            return N_(
                "This short name is reserved for addresses of the server. Choose another one.");
    return NULL;
}

/* One row a kind: what it may stand below, and what to say otherwise. */
static const struct {
    const char *kind;
    const char *below[2]; /* none: at the top only */
    const char *otherwise;
} places[] = {
    { "state", { NULL }, N_("A state association stands at the top, without a parent.") },
    { "district", { "state" },
        N_("A district association needs a state association as its parent.") },
    { "local", { "district", "state" },
        N_("A local association needs a district or state association as its parent.") },
    { "network", { "state" }, N_("A network needs a state association as its parent.") },
};

const char *
chapter_place_fault(const char *kind, const char *parent_kind)
{
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (strcmp(places[i].kind, kind) != 0)
            continue;
        if (parent_kind == NULL)
            return places[i].below[0] == NULL ? NULL : places[i].otherwise;
        for (size_t k = 0; k < COUNT_OF(places[i].below); k++)
            if (places[i].below[k] != NULL && strcmp(places[i].below[k], parent_kind) == 0)
                return NULL;
        return places[i].otherwise;
    }
    return N_("The kind is one of: state, district, local, network.");
}

static const char *const role_words[] = {
    [ROLE_MEMBER] = "member",
    [ROLE_BOARD] = "board",
    [ROLE_CHAIR] = "chair",
};

int
chapter_role(const char *word)
{
    for (size_t role = ROLE_MEMBER; role < COUNT_OF(role_words); role++)
        if (strcmp(role_words[role], word) == 0)
            return (int)role;
    return 0;
}

const char *
chapter_role_word(int role)
{
    return role >= ROLE_MEMBER && role <= ROLE_CHAIR ? role_words[role] : "none";
}
