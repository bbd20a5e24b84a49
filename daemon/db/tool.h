#ifndef DB_TOOL_H
#define DB_TOOL_H

#include <stddef.h>

#include "base/error.h"

struct arena;

/*
 * PostgreSQL's own programs (pg_dump, pg_restore, psql) as processes. They get
 * a connection string through their environment (PGHOST, PGPASSWORD, ...),
 * which only the same user can read, and never on the command line.
 */
struct tool;

/* Starts argv[0]; what is told stands in pipes. conninfo NULL: it needs no database. Freed, and
 * ended if it still runs, when the arena is rewound. */
fallible tool_start(struct arena *, const char *conninfo, const char *const *argv, struct tool **);
/* Reads what it writes; *n is 0 at the end. */
fallible tool_read(struct tool *, struct arena *, char *p, size_t room, size_t *n);
/* Gives it something to read. */
fallible tool_write(struct tool *, struct arena *, const char *p, size_t n);
/* Ends its input, waits; fails with what it said on standard error unless it ended with 0. */
fallible tool_end(struct tool *, struct arena *);

#endif
