#include "base/macros.h"
#include "http/conditional.h"
#include "tests/check.h"
#include "tests/unit/request_fake.h"

#define AT (INT64_C(1700000000) * 1000000 + 123456) /* 14 Nov 2023 22:13:20 and a bit */

static const struct state there = { true, "abc", AT }, nothing = { false, NULL, 0 },
                          folder = { true, NULL, AT };

/* 200, 304 or 412. */
static int
checked(enum method method, const char *line, const char *second, const struct state *now)
{
    const char *const lines[] = { line, second, NULL };
    struct request *rq = fake_request(NULL, method, lines);
    bool not_modified;
    struct error *e = conditional_check(rq, now, &not_modified);
    int status = e != NULL ? e->cond->status : not_modified ? 304 : 200;

    arena_free(rq->arena);
    return status;
}

TEST(conditional_etags)
{
    static const struct {
        const char *line;
        int there, nothing, folder; /* for a PUT */
        int reading;                /* a GET of what is there */
    } cases[] = {
        { "If-Match: \"abc\"", 200, 412, 412, 200 },
        { "If-Match: \"x\", \"abc\"", 200, 412, 412, 200 },
        { "If-Match: W/\"abc\"", 412, 412, 412, 412 },
        { "If-Match: \"abcd\"", 412, 412, 412, 412 },
        { "If-Match: \"ab\"", 412, 412, 412, 412 },
        { "If-Match: *", 200, 412, 200, 200 },
        { "If-Match: abc", 200, 412, 412, 200 },
        { "If-Match: ", 412, 412, 412, 412 },
        { "If-None-Match: \"abc\"", 412, 200, 200, 304 },
        { "If-None-Match: W/\"abc\"", 412, 200, 200, 304 },
        { "If-None-Match: \"x\",\"abc\"", 412, 200, 200, 304 },
        { "If-None-Match: \"x\"", 200, 200, 200, 200 },
        { "If-None-Match: *", 412, 200, 412, 304 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_INT(checked(PUT, cases[i].line, NULL, &there), cases[i].there);
        CHECK_INT(checked(PUT, cases[i].line, NULL, &nothing), cases[i].nothing);
        CHECK_INT(checked(PUT, cases[i].line, NULL, &folder), cases[i].folder);
        CHECK_INT(checked(GET, cases[i].line, NULL, &there), cases[i].reading);
        CHECK_INT(checked(HEAD, cases[i].line, NULL, &there), cases[i].reading);
    }
}

TEST(conditional_dates)
{
    CHECK_INT(checked(GET, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", NULL, &there), 304);
    CHECK_INT(checked(GET, "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT", NULL, &there), 200);
    CHECK_INT(checked(PUT, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", NULL, &there), 200);
    CHECK_INT(checked(GET, "If-Modified-Since: yesterday", NULL, &there), 200);
    CHECK_INT(
        checked(PUT, "If-Unmodified-Since: Tue, 14 Nov 2023 22:13:20 GMT", NULL, &there), 200);
    CHECK_INT(
        checked(PUT, "If-Unmodified-Since: Tue, 14 Nov 2023 22:13:19 GMT", NULL, &there), 412);
    CHECK_INT(
        checked(PUT, "If-Unmodified-Since: Tue, 14 Nov 2023 22:13:19 GMT", NULL, &nothing), 200);
}

TEST(conditional_order)
{
    /* RFC 9110, 13.2.2: a tag counts more than a date. */
    CHECK_INT(checked(PUT, "If-Match: \"abc\"",
                  "If-Unmodified-Since: Tue, 14 Nov 2000 22:13:19 GMT", &there),
        200);
    CHECK_INT(checked(GET, "If-None-Match: \"x\"",
                  "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", &there),
        200);
    CHECK_INT(checked(GET, "If-Match: \"x\"", "If-None-Match: \"abc\"", &there), 412);
    /* Two lines are one list. */
    CHECK_INT(checked(PUT, "If-Match: \"x\"", "If-Match: \"abc\"", &there), 200);
    CHECK_INT(checked(GET, "If-None-Match: \"x\"", "If-None-Match: \"abc\"", &there), 304);
}
