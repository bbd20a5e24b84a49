/*
 * /invite/{code}: a guest takes up her account. Looking shows what it is about; only the button
 * hands the password out, once, so that a messenger that fetches links uses nothing up.
 */
#include <stddef.h>
#include <string.h>

#include "auth/app_password.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/token.h"
#include "html/lang.h"
#include "html/pages.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/chapters/pages.h"
#include "q/group.h"

static struct bytes
hash_of(struct request *rq)
{
    unsigned char *hash = arena_alloc(rq->arena, SHA256_SIZE);

    sha256(rq->param[0], strlen(rq->param[0]), hash);
    return (struct bytes){ hash, SHA256_SIZE };
}

static fallible
find(struct request *rq, struct invitation_find_row *invitation)
{
    struct rows rows;

    TRY(q_invitation_find(rq->db, rq->arena, hash_of(rq), &rows));
    if (rows.n == 0)
        return FAIL(rq->arena, NOT_FOUND, "%s",
            tr(rq->lang, "This invitation has been used before, or is too old. Ask the chapter for "
                         "a new one."));
    *invitation = invitation_find_row(&rows, 0);
    return NULL;
}

static struct invite_sheet
sheet_of(struct request *rq, const struct invitation_find_row *i)
{
    return (struct invite_sheet){ .name = i->name,
        .uid = i->uid,
        .until = i->until,
        .chapter = i->chapter,
        .drive = arena_printf(rq->arena, "%s/dav/files/%s/", request_origin(rq), i->slug) };
}

struct error *
chapters_invite_page(struct request *rq, struct response *rs)
{
    struct invitation_find_row invitation;
    struct view v;

    TRY(find(rq, &invitation));
    struct invite_sheet sheet = sheet_of(rq, &invitation);
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Your invitation"), &v);
    v.here = "/";
    response_cache(rs, "no-store");
    chapters_invite(o, &v, &sheet);
    return NULL;
}

struct error *
chapters_invite_post(struct request *rq, struct response *rs)
{
    const char *secret = app_password_secret(rq->arena);
    struct invitation_find_row invitation;
    struct rows rows;
    struct view v;

    TRY(find(rq, &invitation));
    TRY(q_invitation_use(rq->db, rq->arena, hash_of(rq), &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, LOST_RACE);
    TRY(q_guest_password(rq->db, rq->arena, invitation.person, tr(rq->lang, "Invitation"),
        app_password_hash(rq->arena, secret), (int16_t)rq->app->areas, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct invite_sheet sheet = sheet_of(rq, &invitation);
    sheet.password = app_password_write(rq->arena, guest_password_row(&rows, 0).id, secret);
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Your account"), &v);
    v.here = "/";
    response_cache(rs, "no-store");
    chapters_invite(o, &v, &sheet);
    return NULL;
}
