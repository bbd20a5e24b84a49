#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "http/guard.h"
#include "tests/check.h"

#define LINES 110

/* The status a head is refused with, 200 for none. Lines are "Name: value" up to NULL. */
static int
guarded(const char *method, const char *target, const char *version, const char *const lines[],
    struct framing *framing)
{
    struct arena *a = arena_new();
    struct field field[LINES];
    struct head head = { method, target, version, field, 0, 0 };
    struct framing unused;

    for (; lines[head.n_fields] != NULL; head.n_fields++) {
        const char *line = lines[head.n_fields], *colon = strchr(line + 1, ':');
        size_t n = (size_t)(colon - line);
        field[head.n_fields] =
            (struct field){ arena_copy(a, line, n), colon + 2, n, strlen(colon + 2) };
    }
    struct error *e = guard_check(a, &head, framing == NULL ? &unused : framing);
    int status = e == NULL ? 200 : e->cond->status;
    arena_free(a);
    return status;
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static int
put(const char *const lines[], struct framing *framing)
{
    return guarded("PUT", "/x", "HTTP/1.1", lines, framing);
}

TEST(guard_takes_ordinary_heads)
{
    struct framing f;

    CHECK_INT(put(LIST("Host: h", "Content-Length: 5"), &f), 200);
    CHECK(f.method == PUT && f.form == TARGET_PATH && f.length == 5 && !f.chunked);
    CHECK_TEXT(f.host, "h");
    CHECK_INT(put(LIST("Host: h", "transfer-encoding: Chunked", "Expect: 100-Continue"), &f), 200);
    CHECK(f.chunked && f.length == -1 && f.expects_continue);
    CHECK_INT(guarded("GET", "http://h/x", "HTTP/1.1", LIST("Host: h"), &f), 200);
    CHECK(f.form == TARGET_ABSOLUTE);
    CHECK_INT(guarded("OPTIONS", "*", "HTTP/1.1", LIST("Host: h"), &f), 200);
    CHECK(f.form == TARGET_SERVER);
    CHECK_INT(guarded("GET", "/", "HTTP/1.0", LIST("X: y"), &f), 200);
    CHECK(f.host == NULL);
}

TEST(guard_refuses_two_framings)
{
    static const struct {
        const char *first, *second;
        int status;
    } cases[] = {
        { "Content-Length: 4", "Transfer-Encoding: chunked", 400 }, /* B01 */
        { "Transfer-Encoding: chunked", "Content-Length: 0", 400 }, /* B02 */
        { "Content-Length: 0", "Content-Length: 37", 400 },         /* B03 */
        { "Content-Length: 5", "content-length: 5", 400 },
        { "Transfer-Encoding: chunked", "Transfer-Encoding: identity", 400 }, /* B05 */
        { "Transfer-Encoding: gzip", "X: y", 501 },
        { "Transfer-Encoding: gzip, chunked", "X: y", 501 },
        { "Transfer-Encoding: ", "X: y", 501 },
        { "Transfer-Encoding : chunked", "X: y", 400 }, /* B06 */
        { "Content-Length : 5", "X: y", 400 },
        { "X: y", "Y: z", 411 },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_INT(put(LIST("Host: h", cases[i].first, cases[i].second), NULL), cases[i].status);
    CHECK_INT(guarded("PUT", "/", "HTTP/1.0", LIST("Transfer-Encoding: chunked"), NULL), 400);
}

TEST(guard_reads_lengths_strictly)
{
    static const char *const bad[] = { "+5", "-1", "0x5", "5, 5", "5 5", "5;", "5.0", "1e1", "",
        "9223372036854775808", "18446744073709551621" }; /* B04 */

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char line[64] = "Content-Length: ";
        strcat(line, bad[i]);
        CHECK_INT(put(LIST("Host: h", line), NULL), 400);
    }
}

TEST(guard_refuses_what_cannot_be_a_header)
{
    static const char *const bad[] = { "X Y: z", "\xc3\xa4: z", "\"X\": z", "X(Y): z", "X\x01Y: z",
        "X\x7f: z", "X: a\rb", "X: a\x01", "X: \x1b[2J", "X: \x7f", "Host: other",
        "Authorization: a" };

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_INT(
            guarded("GET", "/", "HTTP/1.1", LIST("Host: h", "Authorization: a", bad[i]), NULL),
            400);
    CHECK_INT(guarded("GET", "/", "HTTP/1.1", LIST("Host: h", "X: a\tb\xc3\xa4"), NULL), 200);
    CHECK_INT(guarded("GET", "/", "HTTP/1.1", LIST("X: y"), NULL), 400); /* no Host */
    CHECK_INT(put(LIST("Host: h", "Content-Length: 1", "Content-Encoding: gzip"), NULL), 415);
}

TEST(guard_sees_a_nul_in_a_value)
{
    struct arena *a = arena_new();
    const struct field field[] = { { "Host", "h", 4, 1 }, { "X", "a\0b", 1, 3 } };
    const struct head head = { "GET", "/", "HTTP/1.1", field, 2, 0 };
    struct framing f;
    struct error *e = guard_check(a, &head, &f);

    CHECK(e != NULL && e->cond == &BAD_REQUEST);
    arena_free(a);
}

TEST(guard_limits)
{
    const char *lines[LINES] = { "Host: h" };
    static char target[9000];

    for (int i = 1; i < GUARD_FIELDS; i++)
        lines[i] = "X: y";
    CHECK_INT(guarded("GET", "/", "HTTP/1.1", lines, NULL), 200);
    lines[GUARD_FIELDS] = "X: y";
    CHECK_INT(guarded("GET", "/", "HTTP/1.1", lines, NULL), 431);

    size_t most = GUARD_REQUEST_LINE - strlen("GET  HTTP/1.1");
    memset(target, 'a', most);
    target[0] = '/';
    CHECK_INT(guarded("GET", target, "HTTP/1.1", LIST("Host: h"), NULL), 200);
    target[most] = 'a';
    CHECK_INT(guarded("GET", target, "HTTP/1.1", LIST("Host: h"), NULL), 414);
}

TEST(guard_methods_and_targets)
{
    static const char *const methods[] = { "get", "TRACE", "CONNECT", "MKCALENDARX", "", "GETX" };
    static const char *const targets[] = { "", "x", "*", "/a b", "/a#b", "/a\tb", "ftp://h/", "//",
        "h:80" };

    for (size_t i = 0; i < COUNT_OF(methods); i++)
        CHECK_INT(guarded(methods[i], "/", "HTTP/1.1", LIST("Host: h"), NULL), 501);
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        CHECK_INT(guarded("GET", targets[i], "HTTP/1.1", LIST("Host: h"), NULL),
            strcmp(targets[i], "//") == 0 ? 200 : 400);
    CHECK_INT(guarded("GET", "/", "HTTP/1.2", LIST("Host: h"), NULL), 400);
}
