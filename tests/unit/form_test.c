#include "base/macros.h"
#include "http/form.h"
#include "tests/check.h"
#include "tests/unit/request_fake.h"

#define URLENCODED "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
#define MULTIPART  "Content-Type: multipart/form-data; boundary=xx"

static struct request *
posted(const char *type, const char *body, size_t n)
{
    const char *const lines[] = { type, NULL };
    struct request *rq = fake_request(NULL, POST, lines);

    rq->body = NEW(rq->arena, struct body);
    rq->body->p = arena_copy(rq->arena, body, n);
    rq->body->n = n;
    rq->body->complete = true;
    return rq;
}

static const char *
text_of(struct request *rq, const char *name)
{
    const char *text;
    struct error *e = form_text(rq, name, 10, &text);

    return e != NULL ? arena_printf(rq->arena, "%d", e->cond->status) : text;
}

TEST(form_reads_urlencoded)
{
    static const char body[] =
        "a=1&b=x+y%26&c=&d&%c3%a4=%C3%BC&a=2&n=-17&long=12345678901&bad=%ff&&e=1";
    struct request *rq = posted(URLENCODED, body, strlen(body));
    const char *text;
    int64_t number;

    CHECK_TEXT(text_of(rq, "a"), "400"); /* one bad field makes the form malformed */
    arena_free(rq->arena);

    rq = posted(URLENCODED, body, strlen(body) - strlen("&bad=%ff&&e=1"));
    CHECK_TEXT(text_of(rq, "a"), "1"); /* the first of two */
    CHECK_TEXT(text_of(rq, "b"), "x y&");
    CHECK_TEXT(text_of(rq, "c"), "");
    CHECK_TEXT(text_of(rq, "d"), "");
    CHECK_TEXT(text_of(rq, "\xc3\xa4"), "\xc3\xbc");
    CHECK_TEXT(text_of(rq, "long"), "400");
    CHECK_TEXT(text_of(rq, "none"), "400");
    CHECK(form_int(rq, "n", &number) == NULL && number == -17);
    CHECK_INT(status_of(form_int(rq, "b", &number)), 400);
    CHECK(form_maybe(rq, "none", 10, &text) == NULL && text == NULL);
    arena_free(rq->arena);
}

TEST(form_of_another_kind)
{
    struct request *rq = posted("Content-Type: text/plain", "a=1", 3);

    CHECK_TEXT(text_of(rq, "a"), "415");
    arena_free(rq->arena);
    rq = posted(URLENCODED, "a=1\0b", 5);
    CHECK_TEXT(text_of(rq, "a"), "400");
    arena_free(rq->arena);
    rq = fake_request(NULL, POST, NO_LINES);
    CHECK_TEXT(text_of(rq, "a"), "400"); /* no body: no fields */
    arena_free(rq->arena);
}

TEST(form_reads_multipart)
{
    static const char body[] =
        "preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--xx \r\n"
        "Content-Type: text/x\r\ncontent-disposition: form-data; filename=\"..\\b; \xc3\xa4\"; "
        "name=f\r\n"
        "\r\n\r\n--x\0y\r\n--xx\r\nContent-Disposition: form-data; name=f; "
        "filename=\"\"\r\n\r\n\r\n--xx--\r\nrest";
    struct request *rq = posted(MULTIPART, body, sizeof body - 1);
    struct form_file file;

    CHECK_TEXT(text_of(rq, "a"), "one");
    CHECK_TEXT(text_of(rq, "f"), "400"); /* a file is no text */
    CHECK(form_file(rq, "f", 0, &file) == NULL);
    CHECK_TEXT(file.name, "..\\b; \xc3\xa4");
    CHECK_TEXT(file.type, "text/x");
    CHECK(file.n == 7 && memcmp(file.p, "\r\n--x\0y", 7) == 0);
    CHECK(form_file(rq, "f", 1, &file) == NULL && file.n == 0 && *file.name == '\0');
    CHECK(form_file(rq, "f", 2, &file) == NULL && file.name == NULL);
    arena_free(rq->arena);
}

TEST(form_refuses_malformed_multipart)
{
    static const char *const bodies[] = {
        "",
        "--xx",
        "--xx--x",
        "--xxx\r\n",
        "--xx\r\n\r\nv\r\n--xx--", /* no name */
        "--xx\r\nContent-Disposition: form-data\r\n\r\nv\r\n--xx--",
        "--xx\r\nContent-Disposition: attachment; name=a\r\n\r\nv\r\n--xx--",
        "--xx\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--xx--",
        "--xx\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
        "name=b\r\n"
        "\r\nv\r\n--xx--",
        "--xx\r\nContent-Disposition: form-data; name=a\r\nno colon\r\n\r\nv\r\n--xx--",
        "--xx\r\nContent-Disposition: form-data; name=a\r\n\r\nv", /* no end */
        "--xx\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--xxy",
        "--xx\r\nContent-Disposition: form-data; name=a",
    };

    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct request *rq = posted(MULTIPART, bodies[i], strlen(bodies[i]));
        CHECK_TEXT(text_of(rq, "a"), "400");
        arena_free(rq->arena);
    }
}
