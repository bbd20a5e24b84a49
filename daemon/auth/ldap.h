#ifndef AUTH_LDAP_H
#define AUTH_LDAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "db/db.h"

struct arena;
struct config;

/*
 * The directory in which people stand. Every call ends within
 * ldap_connect_timeout plus twice ldap_timeout, also against a server that
 * accepts and stays silent, and fails with TRY_LATER when the directory cannot
 * be asked. At most ldap_parallel questions run at once; who would have to
 * wait for longer than a second gets TRY_LATER. Thread-safe.
 */
struct directory;

/* Reads files, asks nobody. False after a line on `report`. Call before threads start. */
bool directory_open(const struct config *, struct directory **, FILE *report);
void directory_close(struct directory *); /* NULL is allowed */

/* Somebody as the directory describes her; in an arena. */
struct directory_person {
    const char *dn;
    const char *id; /* config->ldap_id; in hexadecimal when it is not text */
    const char *uid, *name;
    const char *mail; /* NULL when there is none */
    bool state_admin;
    bool groups_known;   /* false: the server has no memberOf for her */
    struct texts groups; /* keys of her groups, see directory_group_key() */
};

/*
 * Finds the first of these login names that exists exactly once, and tries the
 * password by binding as what was found. *person is NULL when there is none or
 * the password is wrong: both take the same time. An empty or too long
 * password is refused without asking anybody (RFC 4513, 5.1.2).
 */
fallible directory_login(struct directory *, struct arena *, const char *const *names, int n_names,
    const char *password, const struct directory_person **person);

/*
 * What the directory says of a login name, its password not asked for. *person is NULL when nobody,
 * or more than one, has it.
 */
fallible directory_find(struct directory *, struct arena *, const char *name,
    const struct directory_person **person);

/* Can the service account sign in and see the people's base? For checks. */
fallible directory_check(struct directory *, struct arena *);

/* All people, page by page: *n is 0 at the end. A page that cannot be had is TRY_LATER. */
struct directory_listing;
fallible directory_list(struct directory *, struct arena *, struct directory_listing **);
fallible directory_list_next(
    struct directory_listing *, struct arena *, struct directory_person **page, int *n);
/* Looks the groups up of somebody in a listing whose groups are not known. */
fallible directory_groups(struct directory *, struct arena *, struct directory_person *);

/* Is there an entry with this DN that the service account can see? For checks. */
fallible directory_has_group(struct directory *, struct arena *, const char *dn, bool *found);

/* The one way of writing the DN of a group, for comparing; NULL when it is none. */
const char *directory_group_key(struct arena *, const char *dn);

#endif
