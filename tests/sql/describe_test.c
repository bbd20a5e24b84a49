/*
 * What sql/queries declares against what the database says: number and types of
 * parameters and columns of every query. CHAPTERD_TEST_DB: connection string of the
 * run-time role on a migrated database, so that missing grants show as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/macros.h"
#include "db/db.h"
#include "tests/check.h"

#define QUERIES(file) extern const struct query *const queries_##file[];
#include "q/all.inc"
#undef QUERIES

#define QUERIES(file) queries_##file,
static const struct query *const *const tables[] = {
#include "q/all.inc"
};
#undef QUERIES

static PGconn *
connect_db(void)
{
    char conninfo[1000];

    snprintf(conninfo, sizeof conninfo, "%s options='-c search_path=chapterd'",
        getenv("CHAPTERD_TEST_DB"));
    PGconn *pg = PQconnectdb(conninfo);
    if (PQstatus(pg) != CONNECTION_OK) {
        fputs(PQerrorMessage(pg), stderr);
        exit(1);
    }
    return pg;
}

static void
complain(const struct query *q, const char *what, int which, unsigned is, unsigned declared)
{
    char text[300];

    snprintf(text, sizeof text, "%s: %s %d is %u, declared %u", q->name, what, which, is, declared);
    test_check(__FILE__, __LINE__, text, false);
}

static void
compare(const struct query *q, const PGresult *told)
{
    if (PQnparams(told) != q->n_in)
        complain(q, "number of parameters", 0, (unsigned)PQnparams(told), (unsigned)q->n_in);
    if (PQnfields(told) != q->n_out)
        complain(q, "number of columns", 0, (unsigned)PQnfields(told), (unsigned)q->n_out);
    for (int i = 0; i < q->n_out && i < PQnfields(told); i++)
        if (PQftype(told, i) != (Oid)q->out[i])
            complain(q, "column", i + 1, PQftype(told, i), (unsigned)q->out[i]);
}

/* Prepared with the declared types of parameters, as the daemon does it: an impossible one fails. */
static void
describe(PGconn *pg, const struct query *q)
{
    Oid types[64];

    for (int i = 0; i < q->n_in; i++)
        types[i] = (Oid)q->in[i];
    PGresult *made = PQprepare(pg, q->name, q->sql, q->n_in, types);
    if (PQresultStatus(made) != PGRES_COMMAND_OK) {
        test_text(__FILE__, __LINE__, q->name, PQerrorMessage(pg), "prepared");
    } else {
        PGresult *told = PQdescribePrepared(pg, q->name);
        compare(q, told);
        PQclear(told);
    }
    PQclear(made);
}

TEST(queries_are_what_they_declare)
{
    PGconn *pg = connect_db();

    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const struct query *const *q = tables[i]; *q != NULL; q++)
            describe(pg, *q);
    PQfinish(pg);
}

TEST(queries_have_names_of_their_own)
{
    const struct query *all[1000];
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const struct query *const *q = tables[i]; *q != NULL && n < 1000; q++)
            all[n++] = *q;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(all[i]->name, all[k]->name) == 0)
                test_text(__FILE__, __LINE__, all[i]->name, "twice", "once");
}
