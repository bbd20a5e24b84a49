/* The page on which people choose what programs find in their homes. A choice is never a right. */
#include "modules/module.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "modules/homes/homes.h"
#include "modules/homes/pages.h"
#include "q/home.h"

#define FORM_MAX KB(256)
/* More than all chapters of a state have. */
#define OFFERS_MAX 5000

/* ---------------------------------------------------------------- what there is for her */

struct choosable {
    int64_t id, chapter; /* chapter 0: her own */
    const char *name, *of;
    bool contacts;
    bool usual; /* she finds it unless she hides it */
    bool shown;
};
struct choosables {
    struct choosable *p;
    int n;
};

static bool
opened_by_group(const struct principal *who, int64_t policy)
{
    for (int i = 0; i < who->n_grants; i++)
        if (who->grants[i].policy == policy)
            return true;
    return false;
}

static bool
is_usual(const struct principal *who, const struct policy *policy)
{
    return policy->person != 0 || access_role(who, policy->chapter) >= ROLE_MEMBER ||
           opened_by_group(who, policy->id);
}

/* All that she may read, by owner. */
static fallible
find_choosables(struct request *rq, struct choosables *all)
{
    struct rows rows;

    TRY(q_home_choosable(rq->db, rq->arena, rq->who->person, OFFERS_MAX, &rows));
    *all = (struct choosables){ .p = NEW_ARRAY(rq->arena, struct choosable, (size_t)rows.n + 1) };
    for (int i = 0; i < rows.n; i++) {
        struct home_choosable_row row = home_choosable_row(&rows, i);
        const struct policy policy = { .id = row.policy,
            .chapter = row.chapter,
            .person = row.person,
            .read_level = (enum role)row.read_level,
            .write_level = (enum role)row.write_level };

        if ((access_rights(rq->who, &policy) & MAY_READ) == 0)
            continue;
        bool usual = is_usual(rq->who, &policy);
        all->p[all->n++] = (struct choosable){ .id = row.id,
            .chapter = row.chapter,
            .name = row.name,
            .of = row.chapter_name,
            .contacts = strcmp(row.kind, "addressbook") == 0,
            .usual = usual,
            .shown = row.shown_is_null ? usual : row.shown };
    }
    return NULL;
}

static fallible
show_page(struct request *rq, struct response *rs)
{
    const struct crumb crumbs[] = { { tr(rq->lang, "Start page"), "/" },
        { tr(rq->lang, "Your account"), "/account" } };
    struct choosables all;
    struct view v;

    TRY(find_choosables(rq, &all));
    struct home_offer *offer = NEW_ARRAY(rq->arena, struct home_offer, (size_t)all.n + 1);
    struct home_offers *of = NEW_ARRAY(rq->arena, struct home_offers, (size_t)all.n + 1);
    struct homes_sheet sheet = { .of = of };
    for (int i = 0; i < all.n; i++) {
        const struct choosable *c = &all.p[i];

        offer[i] = (struct home_offer){ .id = arena_printf(rq->arena, "%" PRId64, c->id),
            .name = c->name,
            .shown = c->shown,
            .contacts = c->contacts };
        if (i == 0 || c->chapter != c[-1].chapter)
            of[sheet.n++] = (struct home_offers){
                .title = c->chapter == 0 ? tr(rq->lang, "Your own") : c->of,
                .offer = &offer[i],
                .member = c->chapter == 0 || access_role(rq->who, c->chapter) >= ROLE_MEMBER,
            };
        of[sheet.n - 1].n++;
        sheet.others = sheet.others || !of[sheet.n - 1].member;
    }
    struct out *o = page_begin(rq, rs, tr(rq->lang, "What your devices show"), &v);
    v.crumbs = crumbs;
    v.n_crumbs = COUNT_OF(crumbs);
    page_homes(o, &v, &sheet);
    return NULL;
}

/* ---------------------------------------------------------------- what she chose */

static int
by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool
has(const struct ints *sorted, int64_t id)
{
    return bsearch(&id, sorted->i, (size_t)sorted->n, sizeof id, by_number) != NULL;
}

/* The numbers that a form sent by one name, sorted. */
static fallible
read_numbers(struct request *rq, const char *name, struct ints *numbers)
{
    int64_t *p = NEW_ARRAY(rq->arena, int64_t, OFFERS_MAX);
    const char *text;
    int n = 0;

    while (n < OFFERS_MAX) {
        TRY(form_nth(rq, name, n, 20, &text));
        if (text == NULL)
            break;
        if (!text_to_int(text, INT64_MAX, &p[n]))
            return REFUSE(rq->arena, BAD_REQUEST);
        n++;
    }
    qsort(p, (size_t)n, sizeof *p, by_number);
    *numbers = (struct ints){ p, n };
    return NULL;
}

/* Only what the form listed is set: a calendar that came since then is as usual. */
static fallible
post_page(struct request *rq, struct response *rs)
{
    struct ints listed, ticked;
    struct choosables all;
    struct rows rows;

    TRY(read_numbers(rq, "listed", &listed));
    TRY(read_numbers(rq, "show", &ticked));
    TRY(find_choosables(rq, &all));
    int64_t *set[3]; /* shown, hidden, as usual */
    int n[3] = { 0 };
    for (int i = 0; i < 3; i++)
        set[i] = NEW_ARRAY(rq->arena, int64_t, (size_t)all.n + 1);
    for (int i = 0; i < all.n; i++) {
        const struct choosable *c = &all.p[i];
        bool wanted = has(&ticked, c->id);
        int which = wanted == c->usual ? 2 : wanted ? 0 : 1;

        if (has(&listed, c->id))
            set[which][n[which]++] = c->id;
    }
    TRY(q_collections_show(rq->db, rq->arena, rq->who->person, (struct ints){ set[0], n[0] },
        (struct ints){ set[1], n[1] }, (struct ints){ set[2], n[2] }, &rows));
    response_redirect(rs, "/account/calendars?done=homes-set");
    return NULL;
}

/* Her own, and those of all chapters: which may be read is said above. */
static fallible
scope_of_all(struct request *rq)
{
    rq->scope.chapters = "*";
    rq->scope.person = rq->who->person;
    return NULL;
}

static const struct route routes[] = {
    { GET, "/account/calendars", LOGIN_PAGE, SIGNED_IN, READ_ONLY, BODY_NONE,
        .scope = scope_of_all, .run = show_page },
    { POST, "/account/calendars", LOGIN_PAGE, SIGNED_IN, READ_WRITE, BODY_MEMORY, FORM_MAX,
        .scope = scope_of_all, .run = post_page },
    ROUTES_END,
};

const struct module homes_module = {
    .name = "homes",
    .routes = routes,
    .doors = {
        .ref = ref_none,
        .publish = publish_none,
        .search = search_none,
        .notices = notices_none,
        .person_export = person_export_none,
        .person_erase = person_erase_none,
        .chapter_export = chapter_export_none,
        .chapter_import = chapter_import_none,
        .retention = retention_none,
        .chapter_made = chapter_made_none,
    },
};
