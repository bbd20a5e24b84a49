#include "webdav/multistatus.h"

#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "html/out.h"
#include "tests/check.h"
#include "webdav/conditions.h"
#include "webdav/xml.h"

/* What a function wrote, without the declarations on the root. */
static const char *
written(struct arena *arena, void (*write)(struct xml_out *))
{
    struct out *out = out_new(arena, MB(1));
    struct xml_out *x = xml_write(arena, out);

    xml_open(x, NS_DAV, "m");
    write(x);
    xml_close(x);
    xml_end(x);
    const char *from = strstr(strstr(out_memory(out), "<D:m"), ">") + 1;
    const char *end = strstr(from, "</D:m>");
    return end == NULL ? "" : arena_copy(arena, from, (size_t)(end - from));
}

static void
statuses(struct xml_out *x)
{
    multistatus_status(x, 200);
    multistatus_status(x, 404);
    multistatus_status(x, 424);
    multistatus_status(x, 599);
}

TEST(cl_C1_status_lines_are_whole)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(written(arena, statuses),
        "<D:status>HTTP/1.1 200 OK</D:status><D:status>HTTP/1.1 404 Not Found</D:status>"
        "<D:status>HTTP/1.1 424 Failed Dependency</D:status><D:status>HTTP/1.1 599 "
        "Error</D:status>");
    arena_free(arena);
}

static void
errors(struct xml_out *x)
{
    multistatus_error(x, &LOCKED, "/a%20b", NULL);
    multistatus_error(x, &NEED_WRITE, "/c/", NULL);
    multistatus_error(x, &NEED_READ, NULL, NULL);
    multistatus_error(x, &STORAGE_FULL, NULL, NULL);
    multistatus_error(x, &NOT_FOUND, "/d", "words");
    multistatus_error(x, &LOCK_TOKEN_MISSES, NULL, "in other <words>");
}

TEST(multistatus_errors_name_their_precondition)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(written(arena, errors),
        "<D:error><D:lock-token-submitted><D:href>/a%20b</D:href></D:lock-token-submitted></"
        "D:error>"
        "<D:error><D:need-privileges><D:resource><D:href>/c/</D:href><D:privilege><D:write/>"
        "</D:privilege></D:resource></D:need-privileges></D:error>"
        "<D:error><D:need-privileges/></D:error><D:error><D:quota-not-exceeded/></D:error>"
        "<D:error><D:lock-token-matches-request-uri/><x:detail xmlns:x=\"urn:chapterd\">in other "
        "&lt;words&gt;</x:detail></D:error>");
    arena_free(arena);
}

static void
gone(struct xml_out *x)
{
    multistatus_response(x, "/a", 404, NULL);
    multistatus_response(x, "/b", 507, &TOO_MANY_MATCHES_507);
}

TEST(cl_C10_a_response_can_be_a_status_alone)
{
    struct arena *arena = arena_new();

    CHECK_TEXT(written(arena, gone),
        "<D:response><D:href>/a</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
        "<D:response><D:href>/b</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status>"
        "<D:error><D:number-of-matches-within-limits/></D:error></D:response>");
    arena_free(arena);
}
