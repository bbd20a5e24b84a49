/* What handlers ask of a request. */
#include "base/arena.h"
#include "tests/check.h"
#include "tests/unit/request_fake.h"

/* The first of a name counts, whole names alone, whatever stands around them. */
TEST(cookies_by_name)
{
    const struct app app = { .routes = NULL };
    struct request *rq = fake_request(&app, GET, LINES("Cookie: xa=1; a=2;b=;  c=x=y; a=3; d"));

    CHECK_TEXT(request_cookie(rq, "a"), "2");
    CHECK_TEXT(request_cookie(rq, "b"), "");
    CHECK_TEXT(request_cookie(rq, "c"), "x=y");
    CHECK(request_cookie(rq, "d") == NULL);
    CHECK(request_cookie(rq, "x") == NULL);
    arena_free(rq->arena);
}
