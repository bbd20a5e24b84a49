/* /account/busy: who may see when somebody is busy. */
#include <stddef.h>
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/schedule/busy.h"
#include "q/busy.h"

#define WORD_MAX 20

/* In the order of enum busy_for. */
static const struct busy_choice choices[] = {
    [BUSY_FOR_NOBODY] = { .value = "nobody", .title = N_("Nobody") },
    [BUSY_FOR_CLOSE] = { .value = "close",
        .title = N_("People who are in a board or a group with me"),
        .hint = N_("So whoever plans a meeting with you finds a time when all can come.") },
    [BUSY_FOR_CHAPTER] = { .value = "chapter", .title = N_("And all members of my chapters") },
};

struct error *
busy_scope(struct request *rq)
{
    rq->scope.person = rq->who->person;
    return NULL;
}

struct error *
busy_page(struct request *rq, struct response *rs)
{
    struct busy_choice *choice = NEW_ARRAY(rq->arena, struct busy_choice, COUNT_OF(choices));
    struct crumb *crumb = NEW_ARRAY(rq->arena, struct crumb, 2);
    struct rows rows;
    struct view v;

    TRY(q_busy_choice(rq->db, rq->arena, rq->who->person, &rows));
    memcpy(choice, choices, sizeof choices);
    choice[busy_choice_row(&rows, 0).choice].chosen = true;
    struct out *o = page_begin(rq, rs, tr(rq->lang, "When you are busy"), &v);
    crumb[0] = (struct crumb){ tr(rq->lang, "Start page"), "/" };
    crumb[1] = (struct crumb){ tr(rq->lang, "Your account"), "/account" };
    v.crumbs = crumb;
    v.n_crumbs = 2;
    v.here = "/account/busy";
    calendars_busy(o, &v, &(struct busy_sheet){ choice, COUNT_OF(choices) });
    return NULL;
}

struct error *
busy_post(struct request *rq, struct response *rs)
{
    const char *word;
    struct rows rows;

    TRY(form_text(rq, "for", WORD_MAX, &word));
    for (size_t i = 0; i < COUNT_OF(choices); i++)
        if (strcmp(word, choices[i].value) == 0) {
            TRY(q_busy_choose(rq->db, rq->arena, rq->who->person, (int16_t)i, &rows));
            response_redirect(rs, "/account/busy?done=busy-chosen");
            return NULL;
        }
    return REFUSE(rq->arena, BAD_REQUEST);
}
