#include "modules/contacts/accept.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* The version that one range names; ANY: none, NONE: another one, or another type. */
static int
version_of(const char *range, size_t n)
{
    static const char card[] = "text/vcard", key[] = "version=";
    size_t type = strcspn(range, ";, \t");

    if (strncmp(range, "*/*", 3) == 0 || strncmp(range, "text/*", 6) == 0)
        return ACCEPT_ANY;
    if (type != sizeof card - 1 || strncasecmp(range, card, type) != 0)
        return ACCEPT_NONE;
    for (const char *p = range + type; p < range + n; p++)
        if (strncasecmp(p, key, sizeof key - 1) == 0) {
            p += sizeof key - 1;
            p += *p == '"';
            return strncmp(p, "3.0", 3) == 0 ? 3 : strncmp(p, "4.0", 3) == 0 ? 4 : ACCEPT_NONE;
        }
    return ACCEPT_ANY;
}

int
accept_version(const char *header)
{
    bool vcard = false;

    if (header == NULL)
        return ACCEPT_ANY;
    for (const char *p = header; *p != '\0';) {
        p += strspn(p, ", \t");
        size_t n = strcspn(p, ",");
        int version = version_of(p, n);
        if (n > 0 && version != ACCEPT_NONE)
            return version;
        vcard |= strncasecmp(p, "text/vcard", 10) == 0;
        p += n;
    }
    return vcard ? ACCEPT_NONE : ACCEPT_ANY;
}
