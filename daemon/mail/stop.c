/* /mail/stop/{code}: no more mails of a kind. Works without a login, and without a look at the page
 * (RFC 8058). */
#include <stddef.h>
#include <string.h>

#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "html/lang.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "mail/mark.h"
#include "mail/pages.h"
#include "mail/purpose.h"
#include "mail/routes.h"
#include "q/mail.h"

#define FORM_MAX KB(4)
#define WORD_MAX 20

static fallible
read_code(struct request *rq, struct mail_stop *stop)
{
    struct bytes key;

    TRY(mail_key(rq->db, rq->arena, &key));
    if (!mail_stop_read(rq->arena, key, rq->param[0], stop) || mail_purpose(stop->purpose) == NULL)
        return FAIL(rq->arena, NOT_FOUND, "%s",
            tr(rq->lang, "This link is not complete. Please copy all of it from the mail."));
    return NULL;
}

static fallible
show(struct request *rq, struct response *rs, const struct mail_stop *stop, bool done)
{
    struct rows rows;
    struct view v;

    TRY(q_mail_owner(rq->db, rq->arena, stop->chapter, stop->person, &rows));
    if (rows.n == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    struct stop_sheet sheet = {
        .owner = mail_owner_row(&rows, 0).name,
        .purpose = tr(rq->lang, mail_purpose(stop->purpose)->title),
        .done = done,
    };
    TRY(q_mail_stopped(
        rq->db, rq->arena, stop->mark, stop->chapter, stop->person, stop->purpose, &rows));
    sheet.stopped = rows.n > 0;
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Mails to you"), &v);
    v.here = "/";
    response_cache(rs, "no-store");
    page_mail_stop(o, &v, &sheet);
    return NULL;
}

static fallible
stop_page(struct request *rq, struct response *rs)
{
    struct mail_stop stop;

    TRY(read_code(rq, &stop));
    return show(rq, rs, &stop, false);
}

/* What mail programs post says "List-Unsubscribe=One-Click": whatever is not the other button stops
 * them. */
static fallible
stop_post(struct request *rq, struct response *rs)
{
    struct mail_stop stop;
    struct rows rows;
    const char *word;

    TRY(read_code(rq, &stop));
    TRY(form_maybe(rq, "do", WORD_MAX, &word));
    TRY((word != NULL && strcmp(word, "allow") == 0 ? q_mail_allow : q_mail_stop)(
        rq->db, rq->arena, stop.mark, stop.chapter, stop.person, stop.purpose, &rows));
    return show(rq, rs, &stop, true);
}

const struct route mail_routes[] = {
    { GET, "/mail/stop/{code}", LOGIN_NONE, ANYBODY, READ_ONLY, BODY_NONE, .secret = true,
        .run = stop_page },
    { POST, "/mail/stop/{code}", LOGIN_NONE, ANYBODY, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .secret = true, .run = stop_post },
    ROUTES_END,
};
