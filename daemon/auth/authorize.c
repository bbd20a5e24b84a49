#include <assert.h>
#include <string.h>

#include "auth/access.h"
#include "auth/auth.h"
#include "auth/csrf.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/body.h"
#include "http/request.h"
#include "http/route.h"
#include "q/person.h"

const struct condition SIGN_IN_FIRST = { 303, .title = "Please sign in." };

static fallible
find_chapter(struct request *rq, const char *slug)
{
    struct rows rows;

    assert(rq->route->tx != NO_TX);
    TRY(q_chapter_open(rq->db, rq->arena, slug, &rows));
    if (rows.n == 0)
        return FAIL(rq->arena, NOT_FOUND, "%s", tr(rq->lang, "There is no such chapter."));
    rq->chapter = chapter_open_row(&rows, 0).id;
    return NULL;
}

/* A browser signs in and comes back; only for GET, since what it wanted to send would be lost. */
static fallible
sign_in_first(struct request *rq)
{
    if (rq->route->login != LOGIN_PAGE || (rq->method != GET && rq->method != HEAD))
        return REFUSE(rq->arena, NOT_AUTHENTICATED);

    struct error *e = REFUSE(rq->arena, SIGN_IN_FIRST);
    const char *next =
        rq->query == NULL ? rq->href : arena_printf(rq->arena, "%s?%s", rq->href, rq->query);
    e->href = arena_printf(rq->arena, "/login?next=%s", uri_encode(rq->arena, next));
    return e;
}

static bool
suffices(const struct request *rq)
{
    enum role role = rq->chapter == 0 ? ROLE_FEDERATION : access_role(rq->who, rq->chapter);

    switch (rq->route->need) {
    case ANYBODY:
    case SIGNED_IN:
        return true;
    case NEED_MEMBER:
        return role >= ROLE_MEMBER;
    case NEED_BOARD:
        return role >= ROLE_BOARD;
    case NEED_CHAIR:
        return role >= ROLE_CHAIR;
    case NEED_STATE_ADMIN:
        return rq->who->state_admin;
    }
    return false;
}

fallible
authorize(struct request *rq)
{
    const char *slug = route_chapter(rq);

    rq->chapter = 0;
    /* At admission the token is still to come. */
    if (rq->route->login == LOGIN_PAGE && rq->route->method != GET)
        TRY(body_is_complete(rq) ? csrf_check(rq) : csrf_check_origin(rq));
    if (slug != NULL)
        TRY(find_chapter(rq, slug));
    if (rq->route->need != ANYBODY && rq->who->person == 0)
        return sign_in_first(rq);
    if (!suffices(rq))
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang, "Your role in this chapter does not allow this."));
    return NULL;
}
