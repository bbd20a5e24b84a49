#include "http/conditional.h"

#include <string.h>

#include "base/time.h"
#include "http/exchange.h"

#define SECOND INT64_C(1000000)

/* Does a list of entity tags (RFC 9110, 8.8.3) name this one? `weak` tags count only where asked
 * for. */
static bool
list_names(const char *list, const char *etag, bool weak)
{
    const char *s = list;

    while (etag != NULL && *(s += strspn(s, " \t,")) != '\0') {
        bool is_weak = s[0] == 'W' && s[1] == '/';
        if (is_weak)
            s += 2;
        /* A tag without quotes is nobody's standard, but some clients send what they have kept. */
        bool quoted = *s == '"';
        const char *tag = quoted ? s + 1 : s;
        size_t n = quoted ? strcspn(tag, "\"") : strcspn(tag, ", \t");
        if ((weak || !is_weak) && strlen(etag) == n && memcmp(tag, etag, n) == 0)
            return true;
        s = tag + n;
        if (quoted && *s == '"')
            s++;
    }
    return false;
}

static bool
is_star(const char *list)
{
    list += strspn(list, " \t");
    return list[0] == '*' && list[1 + strspn(list + 1, " \t")] == '\0';
}

struct preconditions
preconditions_of(const struct request *rq)
{
    return (struct preconditions){ .match = request_header_list(rq, "If-Match"),
        .none_match = request_header_list(rq, "If-None-Match"),
        .unmodified_since = request_header(rq, "If-Unmodified-Since") };
}

bool
preconditions_any(const struct request *rq)
{
    const struct preconditions p = preconditions_of(rq);

    return p.match != NULL || p.none_match != NULL || p.unmodified_since != NULL;
}

static fallible
check_writing_side(
    struct arena *arena, const struct preconditions *wanted, const struct state *now)
{
    const char *match = wanted->match, *since = wanted->unmodified_since;
    int64_t us;

    if (match != NULL) {
        if (!now->exists || !(is_star(match) || list_names(match, now->etag, false)))
            return REFUSE(arena, PRECONDITION_FAILED);
    } else if (since != NULL && now->exists && now->modified != 0 && time_from_http(since, &us)) {
        if (now->modified / SECOND > us / SECOND)
            return REFUSE(arena, PRECONDITION_FAILED);
    }
    return NULL;
}

static bool
none_matches(const char *none, const struct state *now)
{
    return !now->exists || !(is_star(none) || list_names(none, now->etag, true));
}

fallible
preconditions_check(
    struct arena *arena, const struct preconditions *wanted, const struct state *now)
{
    TRY(check_writing_side(arena, wanted, now));
    if (wanted->none_match != NULL && !none_matches(wanted->none_match, now))
        return REFUSE(arena, PRECONDITION_FAILED);
    return NULL;
}

fallible
conditional_check(const struct request *rq, const struct state *now, bool *not_modified)
{
    const struct preconditions wanted = preconditions_of(rq);
    const char *since = request_header(rq, "If-Modified-Since");
    bool reading = rq->method == GET || rq->method == HEAD;
    int64_t us;

    *not_modified = false;
    if (!reading)
        return preconditions_check(rq->arena, &wanted, now);
    TRY(check_writing_side(rq->arena, &wanted, now));
    if (wanted.none_match != NULL)
        *not_modified = !none_matches(wanted.none_match, now);
    else if (since != NULL && now->exists && now->modified != 0 && time_from_http(since, &us))
        *not_modified = now->modified / SECOND <= us / SECOND;
    return NULL;
}
