#ifndef AUTH_LDAP_ESCAPE_H
#define AUTH_LDAP_ESCAPE_H

#include <stddef.h>

struct arena;

/* A value inside a search filter (RFC 4515, 3): harmless whatever bytes it has. */
const char *filter_escape(struct arena *, const char *value, size_t n);

/* A value inside a distinguished name (RFC 4514, 2.4). */
const char *dn_escape(struct arena *, const char *value, size_t n);

/* A DN in which {slug} stands, for one chapter; the slug is escaped. */
const char *dn_for_slug(struct arena *, const char *pattern, const char *slug);

#endif
