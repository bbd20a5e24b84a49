#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include <stdio.h>

#include "base/error.h"

struct arena;
struct db;

/* The version of the schema this program was made for: the number of its last migration. */
int schema_version(void);

/* The version of the database behind an admin connection; 0 when it is empty. */
fallible schema_installed(struct arena *, const char *conninfo, int *version);

/*
 * Runs the migrations that are missing, each in a transaction of its own, under
 * an advisory lock, and reports each with a line; then sql/functions, which replace
 * what is there unless the database is newer. Forward only: one newer than version + 1
 * is refused.
 */
fallible schema_migrate(struct arena *, const char *conninfo, FILE *report);

/*
 * Refuses what the daemon must not run on: a role that is a superuser, has
 * BYPASSRLS or belongs to the owner of the tables; a schema that is not this
 * version's or the next one's (rolling upgrade, decisions 1.1).
 */
fallible schema_check(struct db *, struct arena *);

#endif
