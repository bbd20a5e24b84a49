#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/macros.h"
#include "tests/check.h"

static fallible
fails(struct arena *a, int n)
{
    if (n == 0)
        return NULL;
    return n == 1 ? REFUSE(a, NOT_FOUND) : FAIL(a, CONFLICT, "%d are too many", n);
}

static fallible
passes_on(struct arena *a, int n, bool *went_on)
{
    *went_on = false;
    TRY(fails(a, n));
    *went_on = true;
    return NULL;
}

TEST(error_try_returns_the_first_failure)
{
    struct arena *a = arena_new();
    bool went_on;

    CHECK(passes_on(a, 0, &went_on) == NULL && went_on);

    struct error *e = passes_on(a, 1, &went_on);
    CHECK(e != NULL && e->cond == &NOT_FOUND && e->detail == NULL && !went_on);
    CHECK(strncmp(e->where, "tests/unit/error_test.c:", 24) == 0);

    e = passes_on(a, 3, &went_on);
    CHECK(e != NULL && e->cond == &CONFLICT && !went_on);
    CHECK_TEXT(e->detail, "3 are too many");
    CHECK(e->cause == NULL && e->href == NULL);
    arena_free(a);
}

TEST(error_cause_is_added)
{
    struct arena *a = arena_new();
    struct error *e = error_cause(REFUSE(a, TRY_LATER), a, "SQLSTATE %s", "57P01");

    CHECK_TEXT(e->cause, "SQLSTATE 57P01");
    CHECK(e->cond == &TRY_LATER);
    arena_free(a);
}

TEST(error_conditions_have_a_status_and_a_sentence)
{
    const struct condition *const all[] = { &BAD_REQUEST, &NOT_AUTHENTICATED, &FORBIDDEN,
        &NOT_FOUND, &METHOD_NOT_ALLOWED, &CONFLICT, &GONE, &LENGTH_REQUIRED, &PRECONDITION_FAILED,
        &TOO_LARGE, &ADDRESS_TOO_LONG, &UNSUPPORTED_TYPE, &RANGE_NOT_SATISFIABLE, &MISDIRECTED,
        &TOO_MANY, &HEADERS_TOO_LARGE, &INTERNAL, &NOT_IMPLEMENTED, &BAD_GATEWAY, &TRY_LATER,
        &STORAGE_FULL, &LOST_RACE };

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        CHECK(all[i]->status >= 400 && all[i]->status < 600);
        CHECK(all[i]->title != NULL && strchr(all[i]->title, '%') == NULL);
        CHECK(all[i]->title != NULL && all[i]->title[strlen(all[i]->title) - 1] == '.');
    }
}
