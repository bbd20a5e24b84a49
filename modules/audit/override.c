/* A state admin sees no contents. With a reason she may read one chapter for a while, and the chapter sees it. */
#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/audit/pages.h"
#include "q/audit.h"

#define REASON_CHARS 500
#define REASON_BYTES (4 * REASON_CHARS)

static const char *
chapter_href(const struct request *rq, const char *rest)
{
    return arena_printf(rq->arena, "/c/%s/%s", rq->param[0], rest);
}

static fallible
show(struct request *rq, struct response *rs, const char *reason, const char *problem)
{
    const struct look *look = access_look(rq->who, rq->chapter);
    struct rows rows;
    struct view v;

    TRY(q_audit_chapter(rq->db, rq->arena, rq->chapter, &rows));
    const char *name = audit_chapter_row(&rows, 0).name;
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Look into a chapter"), &v);
    const struct crumb crumbs[] = { { tr(rq->lang, "Chapters"), "/" },
        { name, chapter_href(rq, "") } };
    v.crumbs = crumbs;
    v.n_crumbs = 2;
    audit_override(o, &v,
        &(struct override_sheet){ .slug = rq->param[0],
            .chapter = name,
            .until = look == NULL ? NULL
                                  : time_people(rq->arena, look->until,
                                        rq->app->config->time_zone, rq->lang->tag),
            .minutes = (int)(rq->app->config->override_time / 60),
            .least = (int)rq->app->config->override_reason_min,
            .reason = reason,
            .problem = problem });
    return NULL;
}

fallible
override_show_page(struct request *rq, struct response *rs)
{
    return show(rq, rs, "", NULL);
}

static int64_t
count_chars(const char *s)
{
    int64_t n = 0;

    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static const char *
problem_of(struct request *rq, const char *reason)
{
    int64_t least = rq->app->config->override_reason_min, n = count_chars(reason);

    if (n < least)
        return arena_printf(rq->arena,
            tr(rq->lang, "Please say why, in at least %d characters: the chapter's board reads it."),
            (int)least);
    if (n > REASON_CHARS)
        return arena_printf(
            rq->arena, tr(rq->lang, "At most %d characters, please."), REASON_CHARS);
    return NULL;
}

fallible
override_post_page(struct request *rq, struct response *rs)
{
    const struct config *c = rq->app->config;
    const char *sent, *reason, *problem;
    struct rows rows;

    TRY(form_text(rq, "reason", REASON_BYTES, &sent));
    reason = text_trim(rq->arena, sent);
    problem = problem_of(rq, reason);
    if (problem != NULL) {
        response_status(rs, 422);
        return show(rq, rs, reason, problem);
    }
    TRY(q_override_begin(
        rq->db, rq->arena, rq->chapter, rq->who->person, (int32_t)c->override_time, &rows));
    TRY(audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = AUDIT_OVERRIDE_BEGUN,
            .by = rq->who->person,
            .chapter = rq->chapter,
            .object = rq->chapter,
            .amount = c->override_time / 60,
            .reason = reason }));
    response_redirect(rs, chapter_href(rq, "?done=override"));
    return NULL;
}

/* Ended twice, or after its time, is ended all the same. */
fallible
override_post_end(struct request *rq, struct response *rs)
{
    struct rows rows;

    TRY(q_override_end(rq->db, rq->arena, rq->chapter, rq->who->person, &rows));
    if (rows.n > 0)
        TRY(audit(rq->db, rq->arena,
            &(struct audit_entry){ .what = AUDIT_OVERRIDE_ENDED,
                .by = rq->who->person,
                .chapter = rq->chapter,
                .object = rq->chapter }));
    response_redirect(rs, chapter_href(rq, "?done=override-ended"));
    return NULL;
}
