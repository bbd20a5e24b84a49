#ifndef TESTS_SQL_ADMIN_H
#define TESTS_SQL_ADMIN_H

#include <stdint.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "base/arena.h"
#include "tests/check.h"

/* Runs a statement as the owner of everything (CHAPTERD_TEST_ADMIN), outside of every scope. The
 * number in the first column of the first row, or 0; one that fails is a failed check. */
static inline int64_t
admin(struct arena *arena, const char *sql)
{
    PGconn *pg = PQconnectdb(
        arena_printf(arena, "%s options='-c search_path=chapterd'", getenv("CHAPTERD_TEST_ADMIN")));
    PGresult *result = PQexec(pg, sql);
    int64_t n = 0;

    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0)
        n = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    else if (PQresultStatus(result) != PGRES_COMMAND_OK)
        test_text(__FILE__, __LINE__, sql, PQerrorMessage(pg), "done");
    PQclear(result);
    PQfinish(pg);
    return n;
}

#endif
