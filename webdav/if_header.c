#include "webdav/if_header.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

/* The header while it is read; `at` only moves forward, so the time is linear. */
struct cursor {
    struct arena *arena;
    const char *at;
    const struct if_limits *limits;
    struct if_list *list;
    struct if_condition *condition;
    int n_lists, n_conditions;
};

static void
skip_blanks(struct cursor *c)
{
    c->at += strspn(c->at, " \t");
}

/* What stands between two delimiters, without them; NULL when the second is missing. */
static const char *
delimited(struct cursor *c, char end)
{
    const char *from = c->at + 1, *to = strchr(from, end);

    if (to == NULL)
        return NULL;
    c->at = to + 1;
    return arena_copy(c->arena, from, (size_t)(to - from));
}

/* "<" URI ">" without blanks or brackets inside. */
static const char *
coded_url(struct cursor *c)
{
    const char *url = delimited(c, '>');

    return url == NULL || *url == '\0' || strpbrk(url, " \t<") != NULL ? NULL : url;
}

/* "[" entity-tag "]": a "]" may stand inside the quotes. */
static const char *
entity_tag(struct cursor *c)
{
    const char *from, *end;

    c->at++;
    skip_blanks(c);
    from = c->at;
    if (from[0] == 'W' && from[1] == '/')
        c->at += 2;
    if (*c->at != '"' || (end = strchr(c->at + 1, '"')) == NULL)
        return NULL;
    c->at = end + 1;
    const char *tag = arena_copy(c->arena, from, (size_t)(c->at - from));
    skip_blanks(c);
    if (*c->at != ']')
        return NULL;
    c->at++;
    return tag;
}

static fallible
read_condition(struct cursor *c)
{
    struct if_condition *cond = &c->condition[c->n_conditions];

    if (c->n_conditions++ >= c->limits->conditions)
        return REFUSE(c->arena, BAD_REQUEST);
    if (strncasecmp(c->at, "Not", 3) == 0) {
        cond->is_not = true;
        c->at += 3;
        skip_blanks(c);
    }
    if (*c->at == '<')
        cond->token = coded_url(c);
    else if (*c->at == '[')
        cond->etag = entity_tag(c);
    if (cond->token == NULL && cond->etag == NULL)
        return REFUSE(c->arena, BAD_REQUEST);
    skip_blanks(c);
    return NULL;
}

static fallible
read_list(struct cursor *c, const char *resource)
{
    struct if_list *list = &c->list[c->n_lists];
    int first = c->n_conditions;

    if (c->n_lists++ >= c->limits->lists)
        return REFUSE(c->arena, BAD_REQUEST);
    c->at++;
    skip_blanks(c);
    while (*c->at != ')')
        TRY(read_condition(c));
    c->at++;
    *list = (struct if_list){ resource, &c->condition[first], c->n_conditions - first };
    return list->n > 0 ? NULL : REFUSE(c->arena, BAD_REQUEST);
}

/* Lists of one resource, or untagged ones: at least one. */
static fallible
read_lists(struct cursor *c, const char *resource)
{
    skip_blanks(c);
    if (*c->at != '(')
        return REFUSE(c->arena, BAD_REQUEST);
    while (*c->at == '(') {
        TRY(read_list(c, resource));
        skip_blanks(c);
    }
    return NULL;
}

static fallible
read_tagged(struct cursor *c)
{
    while (*c->at == '<') {
        const char *resource = coded_url(c);

        if (resource == NULL)
            return REFUSE(c->arena, BAD_REQUEST);
        TRY(read_lists(c, resource));
    }
    return NULL;
}

fallible
if_parse(struct arena *arena, const char *header, const struct if_limits *limits,
    struct if_header *parsed)
{
    struct cursor c = { .arena = arena, .at = header, .limits = limits };

    if (strlen(header) > limits->bytes)
        return REFUSE(arena, HEADERS_TOO_LARGE);
    c.list = NEW_ARRAY(arena, struct if_list, (size_t)limits->lists + 1);
    c.condition = NEW_ARRAY(arena, struct if_condition, (size_t)limits->conditions + 1);
    skip_blanks(&c);
    TRY(*c.at == '<' ? read_tagged(&c) : read_lists(&c, NULL));
    if (*c.at != '\0')
        return REFUSE(arena, BAD_REQUEST);
    *parsed = (struct if_header){ c.list, c.n_lists };
    return NULL;
}

/* The strong comparison (RFC 9110, 8.8.3.2): a weak tag equals nothing. */
static bool
same_etag(const char *quoted, const char *etag)
{
    size_t n = strlen(quoted);

    return etag != NULL && quoted[0] == '"' && n == strlen(etag) + 2 &&
           strncmp(quoted + 1, etag, n - 2) == 0;
}

static bool
is_among(const char *token, const char *const *tokens, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(tokens[i], token) == 0)
            return true;
    return false;
}

static bool
condition_holds(const struct if_condition *c, const struct if_state *state)
{
    if (c->token == NULL)
        return same_etag(c->etag, state->etag) != c->is_not;
    return is_among(c->token, state->foreign, state->n_foreign) ||
           is_among(c->token, state->token, state->n) != c->is_not;
}

bool
if_list_holds(const struct if_list *list, const struct if_state *state)
{
    for (int i = 0; i < list->n; i++)
        if (!condition_holds(&list->condition[i], state))
            return false;
    return true;
}

bool
if_submits(const struct if_header *h, const char *token)
{
    for (int i = 0; i < h->n; i++)
        for (int k = 0; k < h->list[i].n; k++) {
            const struct if_condition *c = &h->list[i].condition[k];

            if (c->token != NULL && !c->is_not && strcmp(c->token, token) == 0)
                return true;
        }
    return false;
}
