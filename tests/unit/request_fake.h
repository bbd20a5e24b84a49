#ifndef TESTS_REQUEST_FAKE_H
#define TESTS_REQUEST_FAKE_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/exchange.h"

/* A request out of nothing, for tests of what looks at one. Lines are "Name: value" up to NULL. */
static inline struct request *
fake_request(const struct app *app, enum method method, const char *const lines[])
{
    struct arena *a = arena_new();
    struct exchange *ex = NEW(a, struct exchange);
    struct field *field = NEW_ARRAY(a, struct field, 20);

    for (int i = 0; lines[i] != NULL; i++) {
        const char *colon = strchr(lines[i], ':');
        size_t n = (size_t)(colon - lines[i]);
        field[i] = (struct field){ arena_copy(a, lines[i], n), colon + 2, n, strlen(colon + 2) };
        ex->head.n_fields = i + 1;
    }
    ex->head.field = field;
    ex->rq.arena = a;
    ex->rq.app = app;
    ex->rq.method = method;
    ex->rq.lang = languages[0];
    return &ex->rq;
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_LINES   ((const char *const[]){ NULL })

static inline int
status_of(const struct error *e)
{
    return e == NULL ? 200 : e->cond->status;
}

#endif
