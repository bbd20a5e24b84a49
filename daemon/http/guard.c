#include "http/guard.h"

#include <string.h>

#include "base/macros.h"
#include "base/text.h"

/* Headers of which two lines cannot mean anything. */
enum single {
    HOST,
    AUTHORIZATION,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    CONTENT_TYPE,
    CONTENT_ENCODING,
    DESTINATION,
    DEPTH,
    OVERWRITE,
    IF,
    LOCK_TOKEN,
    SINGLES
};

static const char *const single_names[SINGLES] = {
    [HOST] = "Host",
    [AUTHORIZATION] = "Authorization",
    [CONTENT_LENGTH] = "Content-Length",
    [TRANSFER_ENCODING] = "Transfer-Encoding",
    [CONTENT_TYPE] = "Content-Type",
    [CONTENT_ENCODING] = "Content-Encoding",
    [DESTINATION] = "Destination",
    [DEPTH] = "Depth",
    [OVERWRITE] = "Overwrite",
    [IF] = "If",
    [LOCK_TOKEN] = "Lock-Token",
};

bool
guard_is_token(const char *s, size_t n)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return n > 0;
}

static bool
has_control_character(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static fallible
check_fields(struct arena *arena, const struct head *head, const char *value[SINGLES])
{
    if (head->size > GUARD_HEAD)
        return REFUSE(arena, HEADERS_TOO_LARGE);
    if (head->n_fields > GUARD_FIELDS)
        return FAIL(
            arena, HEADERS_TOO_LARGE, "At most %d header lines are accepted.", GUARD_FIELDS);
    for (int i = 0; i < head->n_fields; i++) {
        const struct field *f = &head->field[i];
        if (!guard_is_token(f->name, f->name_n))
            return FAIL(arena, BAD_REQUEST, "The name of a header line is malformed.");
        if (has_control_character(f->value, f->value_n))
            return FAIL(arena, BAD_REQUEST, "A header line has a control character in it.");
        for (int s = 0; s < SINGLES; s++) {
            if (!text_same_nocase(f->name, single_names[s]))
                continue;
            if (value[s] != NULL)
                return FAIL(arena, BAD_REQUEST, "There is more than one %s line.", single_names[s]);
            value[s] = f->value;
        }
    }
    return NULL;
}

static fallible
check_method(struct arena *arena, const struct head *head, struct framing *framing)
{
    for (int m = 0; m < METHODS; m++) {
        if (strcmp(head->method, method_names[m]) == 0) {
            framing->method = (enum method)m;
            return NULL;
        }
    }
    return REFUSE(arena, NOT_IMPLEMENTED);
}

static fallible
check_target(struct arena *arena, const struct head *head, struct framing *framing)
{
    const char *target = head->target;

    if (strlen(head->method) + strlen(target) + strlen(head->version) + 2 > GUARD_REQUEST_LINE)
        return REFUSE(arena, ADDRESS_TOO_LONG);
    for (const char *c = target; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '#')
            return FAIL(
                arena, BAD_REQUEST, "The address has a character that no address may have.");
    }
    if (target[0] == '/')
        framing->form = TARGET_PATH;
    else if (strcmp(target, "*") == 0 && framing->method == OPTIONS)
        framing->form = TARGET_SERVER;
    else if (strncasecmp(target, "http://", 7) == 0 || strncasecmp(target, "https://", 8) == 0)
        framing->form = TARGET_ABSOLUTE;
    else
        return FAIL(arena, BAD_REQUEST, "The address has to begin with a slash.");
    return NULL;
}

/* RFC 9112, 6.3: without these two a PUT would look complete and empty. */
static bool
must_have_length(enum method method)
{
    return method == PUT || method == POST || method == PROPPATCH ||
           method == REPORT || method == PATCH;
}

static fallible
check_length(
    struct arena *arena, const char *const value[SINGLES], bool is_1_0, struct framing *framing)
{
    const char *coding = value[TRANSFER_ENCODING], *length = value[CONTENT_LENGTH];

    framing->length = -1;
    if (coding != NULL) {
        if (length != NULL || is_1_0)
            return FAIL(arena, BAD_REQUEST, "It is not clear where the request ends.");
        if (!text_same_nocase(coding, "chunked"))
            return FAIL(arena, NOT_IMPLEMENTED, "Of transfer codings only \"chunked\" is known.");
        framing->chunked = true;
    } else if (length != NULL) {
        if (!text_to_int(length, INT64_MAX, &framing->length))
            return FAIL(arena, BAD_REQUEST, "The Content-Length is no number.");
    } else if (must_have_length(framing->method)) {
        return REFUSE(arena, LENGTH_REQUIRED);
    }
    return NULL;
}

fallible
guard_check(struct arena *arena, const struct head *head, struct framing *framing)
{
    const char *value[SINGLES] = { NULL };
    bool is_1_0 = strcmp(head->version, "HTTP/1.0") == 0;

    *framing = (struct framing){ .length = -1 };
    if (!is_1_0 && strcmp(head->version, "HTTP/1.1") != 0)
        return FAIL(arena, BAD_REQUEST, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    TRY(check_fields(arena, head, value));
    TRY(check_method(arena, head, framing));
    TRY(check_target(arena, head, framing));
    TRY(check_length(arena, value, is_1_0, framing));
    if (value[HOST] == NULL && !is_1_0)
        return FAIL(arena, BAD_REQUEST, "The Host line is missing.");
    framing->host = value[HOST];
    if (value[CONTENT_ENCODING] != NULL && !text_same_nocase(value[CONTENT_ENCODING], "identity"))
        return FAIL(arena, UNSUPPORTED_TYPE, "Compressed content is not accepted.");
    for (int i = 0; i < head->n_fields && !is_1_0; i++) {
        if (text_same_nocase(head->field[i].name, "Expect") &&
            text_same_nocase(head->field[i].value, "100-continue"))
            framing->expects_continue = true;
    }
    return NULL;
}
