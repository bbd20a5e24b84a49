#include "modules/chapters/pages.h"

#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "auth/why.h"
#include "base/arena.h"
#include "base/macros.h"
#include "html/lang.h"
#include "html/pages.h"
#include "html/subscribe.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/tour.h"
#include "modules/module.h"
#include "q/chapter.h"

static const char *
kind_title(const char *kind)
{
    static const struct {
        const char *kind, *title;
    } titles[] = {
        { "state", N_("State association") },
        { "district", N_("District association") },
        { "local", N_("Local association") },
        { "network", N_("Network") },
    };

    for (size_t i = 0; i < COUNT_OF(titles); i++)
        if (strcmp(titles[i].kind, kind) == 0)
            return titles[i].title;
    return kind;
}

const char *
chapter_role_title(enum role role)
{
    return role >= ROLE_MEMBER ? why_role_title(role) : NULL;
}

/* The asking person's chapters, or all of them. */
static struct chapter_cards
cards(const struct request *rq, const struct chapter_list *list, bool own)
{
    struct chapter_card *made = NEW_ARRAY(rq->arena, struct chapter_card, (size_t)list->n + 1);
    int n = 0;

    for (int i = 0; i < list->n; i++) {
        const struct chapter *c = &list->chapter[i];
        enum role role = access_role(rq->who, c->id);
        if (!own || role >= ROLE_MEMBER)
            made[n++] = (struct chapter_card){ c->slug, c->name, kind_title(c->kind),
                chapter_role_title(role) };
    }
    return (struct chapter_cards){ made, n };
}

struct error *
chapters_start_page(struct request *rq, struct response *rs)
{
    struct chapter_list list;
    struct view v;

    TRY(chapter_all(rq->db, rq->arena, false, &list));
    struct chapter_cards own = cards(rq, &list, true), all = cards(rq, &list, false);
    const struct chapter *chaired = tour_chapter(rq, &list);
    bool offered = false;
    if (chaired != NULL)
        TRY(tour_is_offered(rq, &offered));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Chapters"), &v);
    chapters_start(o, &v, &own, &all, offered ? chaired->name : NULL);
    return NULL;
}

/* What waits for the asking person in this chapter, of all modules. */
static fallible
gather_notices(struct request *rq, struct chapter_sheet *sheet)
{
    struct notices some;

    for (const struct module *const *m = rq->app->modules; *m != NULL; m++) {
        TRY((*m)->doors.notices(rq, &some));
        struct notice *all =
            NEW_ARRAY(rq->arena, struct notice, (size_t)(sheet->n_notices + some.n) + 1);
        if (sheet->n_notices > 0)
            memcpy(all, sheet->notice, (size_t)sheet->n_notices * sizeof *all);
        if (some.n > 0)
            memcpy(all + sheet->n_notices, some.notice, (size_t)some.n * sizeof *all);
        sheet->notice = all;
        sheet->n_notices += some.n;
    }
    return NULL;
}

static fallible
set_calendar(struct request *rq, const struct chapter *c, struct chapter_sheet *sheet)
{
    struct subscribe *to = NEW(rq->arena, struct subscribe);
    struct rows rows;

    TRY(q_chapter_shows_calendar(rq->db, rq->arena, c->id, &rows));
    *to = subscribe_to(rq->arena,
        arena_printf(rq->arena, "%s/c/%s/calendar.ics", request_origin(rq), c->slug), c->name);
    sheet->calendar = chapter_shows_calendar_row(&rows, 0).shows ? to : NULL;
    return NULL;
}

struct error *
chapters_chapter_page(struct request *rq, struct response *rs)
{
    struct chapter c;
    struct chapter_list below;
    struct view v;
    struct crumb crumbs[2] = { { tr(rq->lang, "Chapters"), "/" } };

    TRY(chapter_find(rq->db, rq->arena, rq->lang, rq->param[0], &c));
    TRY(chapter_children(rq->db, rq->arena, c.id, &below));
    struct chapter_sheet sheet = { .slug = c.slug,
        .name = c.name,
        .kind = kind_title(c.kind),
        .role = chapter_role_title(access_role(rq->who, c.id)),
        .number = c.number,
        .contact = c.contact,
        .children = cards(rq, &below, false),
        .is_board = access_role(rq->who, c.id) >= ROLE_BOARD,
        .override = rq->who->state_admin && access_look(rq->who, c.id) == NULL };
    TRY(gather_notices(rq, &sheet));
    TRY(set_calendar(rq, &c, &sheet));
    struct out *o = page_begin(rq, rs, c.name, &v);
    v.crumbs = crumbs;
    v.n_crumbs = 1;
    if (c.parent != NULL)
        crumbs[v.n_crumbs++] =
            (struct crumb){ c.parent_name, arena_printf(rq->arena, "/c/%s/", c.parent) };
    chapters_show(o, &v, &sheet);
    return NULL;
}
