/* What a chair is shown when she first comes: a few steps in plain words, offered until she ends them. */
#include "modules/chapters/tour.h"

#include <stddef.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/request.h"
#include "http/response.h"
#include "q/chapter.h"

/* In the order of pages/tour.html. */
static const char *const titles[] = {
    N_("What there is here"),
    N_("Sharing a folder"),
    N_("Files on your phone"),
    N_("Who else has rights"),
};
#define STEPS ((int)COUNT_OF(titles))

static const char *
step_href(const struct request *rq, int64_t step)
{
    return step < 1 || step > STEPS ? NULL : arena_printf(rq->arena, "/tour?step=%d", (int)step);
}

const struct chapter *
tour_chapter(const struct request *rq, const struct chapter_list *list)
{
    for (int i = 0; i < list->n; i++)
        if (access_role(rq->who, list->chapter[i].id) == ROLE_CHAIR)
            return &list->chapter[i];
    return NULL;
}

fallible
tour_is_offered(struct request *rq, bool *offered)
{
    struct rows rows;

    TRY(q_tour_offered(rq->db, rq->arena, rq->who->person, &rows));
    *offered = rows.n == 1 && tour_offered_row(&rows, 0).offered;
    return NULL;
}

/* Whoever opens it without being a chair sees the same, without links to a chapter. */
fallible
tour_show_page(struct request *rq, struct response *rs)
{
    const char *asked = request_query(rq, "step");
    const struct crumb home = { tr(rq->lang, "Start page"), "/" };
    struct chapter_list list;
    int64_t step = 1;
    struct view v;

    if (asked != NULL && (!text_to_int(asked, STEPS, &step) || step == 0))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(chapter_all(rq->db, rq->arena, false, &list));
    const struct chapter *c = tour_chapter(rq, &list);
    struct out *o = page_begin(rq, rs, tr(rq->lang, titles[step - 1]), &v);
    v.crumbs = &home;
    v.n_crumbs = 1;
    chapters_tour(o, &v,
        &(struct tour_sheet){ .step = (int)step,
            .steps = STEPS,
            .next = step_href(rq, step + 1),
            .back = step_href(rq, step - 1),
            .of = arena_printf(rq->arena, tr(rq->lang, "Step %d of %d"), (int)step, STEPS),
            .slug = c == NULL ? NULL : c->slug,
            .chapter = c == NULL ? NULL : c->name });
    return NULL;
}

fallible
tour_post_end(struct request *rq, struct response *rs)
{
    struct rows rows;

    TRY(q_tour_end(rq->db, rq->arena, rq->who->person, &rows));
    response_redirect(rs, "/?done=tour-ended");
    return NULL;
}
