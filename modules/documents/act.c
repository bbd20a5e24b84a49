/* What is done with things that were ticked in a folder: renamed, moved, copied, deleted. */
#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "modules/documents/share.h"
#include "webdav/conditions.h"
#include "webdav/dav.h"
#include "webdav/door.h"
#include "webdav/store.h"

/* Ticked at once; a page of the list has fewer. */
#define ITEMS_MAX 500
/* Folders that the chooser shows. */
#define PLACES_MAX 500

/* What was ticked, and the folder it lies in. */
struct chosen {
    struct dav_node folder;
    const char **name;
    struct dav_node *node;
    int n;
    bool inherits; /* some of it has the folder's levels, and would get those of another place */
};

struct path
documents_below(struct request *rq, const struct path *folder, const char *name)
{
    const char **part = NEW_ARRAY(rq->arena, const char *, (size_t)folder->n + 1);

    memcpy(part, folder->part, sizeof *part * (size_t)folder->n);
    part[folder->n] = name;
    return (struct path){ part, folder->n + 1, false };
}

static struct path
here(struct request *rq)
{
    struct path path = dav_path(rq->arena, &rq->path);

    path.slash = true;
    return path;
}

static fallible
read_chosen(struct request *rq, struct chosen *chosen)
{
    struct path folder = here(rq);

    *chosen = (struct chosen){ .n = 0 };
    chosen->node = NEW_ARRAY(rq->arena, struct dav_node, ITEMS_MAX + 1);
    chosen->name = NEW_ARRAY(rq->arena, const char *, ITEMS_MAX + 1);
    TRY(dav_look(rq, &folder, &chosen->folder));
    for (;; chosen->n++) {
        const char **name = &chosen->name[chosen->n];
        TRY(form_nth(rq, "item", chosen->n, rq->app->config->name_max, name));
        if (*name == NULL)
            break;
        if (chosen->n == ITEMS_MAX)
            return REFUSE(rq->arena, BAD_REQUEST);
        TRY(dav_check_name(rq, *name));
        struct path path = documents_below(rq, &folder, *name);
        struct dav_node *node = &chosen->node[chosen->n];
        TRY(dav_look(rq, &path, node));
        chosen->inherits = chosen->inherits || node->policy_id == chosen->folder.policy_id;
    }
    return NULL;
}

/* All of it happens, or nothing: an error says what it was about. */
static fallible
act_on(struct request *rq, struct response *rs, enum method method, const char *name,
    const struct path *to)
{
    struct path folder = here(rq), path = documents_below(rq, &folder, name);
    struct error *e = dav_act(rq, method, &path, to, rs);

    if (e != NULL && e->detail == NULL && e->cond != &LOST_RACE && e->cond->status < 500)
        e->detail = arena_printf(
            rq->arena, tr(rq->lang, "It is about “%s”. Everything was left as it is."), name);
    return e;
}

static fallible
done(struct request *rq, struct response *rs, const struct path *folder, const char *what)
{
    response_redirect(
        rs, arena_printf(rq->arena, "%s?done=%s", uri_href(rq->arena, folder, true), what));
    return NULL;
}

static fallible
show(struct request *rq, struct response *rs, const char *title, struct act_sheet *sheet,
    const struct chosen *chosen)
{
    struct path folder = rq->path;
    struct view v;

    sheet->here = uri_href(rq->arena, &folder, true);
    sheet->name = chosen->name;
    sheet->n = chosen->n;
    struct out *o = page_begin(rq, rs, title, &v);
    v.here = sheet->here;
    TRY(document_crumbs(rq, true, &v));
    documents_act(o, &v, sheet);
    return NULL;
}

/* ---------------------------------------------------------------- deleting */

static fallible
act_delete(struct request *rq, struct response *rs, const struct chosen *chosen)
{
    struct act_sheet sheet = { .act = "delete", .kind = ACT_DELETE };
    const char *sure;

    TRY(form_maybe(rq, "sure", 1, &sure));
    if (sure == NULL)
        return show(rq, rs,
            chosen->n == 1 ? tr(rq->lang, "Delete this?")
                           : arena_printf(rq->arena, tr(rq->lang, "Delete these %d?"), chosen->n),
            &sheet, chosen);
    for (int i = 0; i < chosen->n; i++)
        TRY(act_on(rq, rs, DELETE, chosen->name[i], NULL));
    return done(rq, rs, &rq->path, "deleted");
}

/* ---------------------------------------------------------------- renaming */

static fallible
act_rename(struct request *rq, struct response *rs, const struct chosen *chosen)
{
    struct act_sheet sheet = { .act = "rename", .kind = ACT_RENAME };
    struct path folder = here(rq);
    const char *to;

    if (chosen->n > 1)
        return FAIL(rq->arena, BAD_REQUEST, "%s",
            tr(rq->lang, "Only one thing at a time can be given another name."));
    TRY(form_maybe(rq, "to", rq->app->config->name_max, &to));
    if (to == NULL)
        return show(rq, rs, tr(rq->lang, "Rename"), &sheet, chosen);
    to = text_trim(rq->arena, to);
    if (strcmp(to, chosen->name[0]) != 0) {
        struct path path = documents_below(rq, &folder, to);
        TRY(act_on(rq, rs, MOVE, chosen->name[0], &path));
    }
    return done(rq, rs, &rq->path, "renamed");
}

/* ---------------------------------------------------------------- moving and copying */

/* The folder that the chooser stands in, as its page is addressed; at first the one they lie in. */
static fallible
read_place(struct request *rq, struct path *page)
{
    const struct config *c = rq->app->config;
    const struct path_limits limits = { (int)c->path_segments, c->name_max, c->path_max };
    const char *at;

    *page = rq->path;
    page->slash = true;
    TRY(form_maybe(rq, "at", 3 * c->path_max, &at));
    if (at == NULL)
        return NULL;
    TRY(uri_path(rq->arena, at, strlen(at), &limits, page));
    page->slash = true;
    /* The transaction is that of one chapter. */
    if (page->n < 3 || strcmp(page->part[0], "c") != 0 ||
        strcmp(page->part[1], rq->path.part[1]) != 0 || strcmp(page->part[2], "files") != 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    return NULL;
}

static fallible
list_places(struct request *rq, const struct path *page, const struct dav_node *place,
    const struct chosen *chosen, struct act_sheet *sheet)
{
    const struct store_page all = { .filter = "", .collections = true, .most = PLACES_MAX };
    const char *href = uri_href(rq->arena, page, true);
    struct dav_list list;
    int64_t total;

    TRY(store_page(rq, place, &all, &list, &total));
    struct act_place *p = NEW_ARRAY(rq->arena, struct act_place, (size_t)list.n + 1);
    for (int i = 0; i < list.n; i++) {
        const struct dav_node *node = &list.node[i];
        bool chosen_itself = false;
        for (int k = 0; node->parent_id == chosen->folder.id && k < chosen->n; k++)
            chosen_itself = chosen_itself || strcmp(chosen->name[k], node->name) == 0;
        if (!chosen_itself)
            p[sheet->n_places++] = (struct act_place){ .name = node->name,
                .at = arena_printf(rq->arena, "%s%s/", href, uri_encode(rq->arena, node->name)),
                .is_public = node->policy.read_level == ROLE_PUBLIC };
    }
    sheet->place = p;
    sheet->more_places = total > PLACES_MAX;
    struct path up = { page->part, page->n - 1, true };
    sheet->up = page->n > 3 ? uri_href(rq->arena, &up, true) : NULL;
    sheet->at = href;
    sheet->at_name = page->n > 3 ? page->part[page->n - 1] : tr(rq->lang, "Documents");
    return NULL;
}

static bool
same_groups(const struct dav_levels *a, const struct dav_levels *b)
{
    for (int i = 0; i < a->n; i++) {
        unsigned rights = 0;
        for (int k = 0; k < b->n; k++)
            if (b->group[k].id == a->group[i].id)
                rights = b->group[k].rights;
        if (rights != a->group[i].rights)
            return false;
    }
    return a->n == b->n;
}

/*
 * What follows the levels of its folder gets those of the new one. The warning names both; what
 * the button then sends (`seen`) proves that it was shown as it is now.
 */
static fallible
compare_readers(struct request *rq, const struct chosen *chosen, const struct dav_node *place,
    struct act_sheet *sheet)
{
    enum role was = chosen->folder.policy.read_level, will = place->policy.read_level;
    struct dav_levels from, to;

    sheet->seen = "same";
    if (!chosen->inherits || chosen->folder.policy_id == place->policy_id)
        return NULL;
    TRY(folder_kind.levels(rq, &chosen->folder, &from));
    TRY(folder_kind.levels(rq, place, &to));
    if (was == will && same_groups(&from, &to))
        return NULL;
    sheet->seen =
        arena_printf(rq->arena, "%" PRId64 "-%d-%d-%d", place->policy_id, (int)will, from.n, to.n);
    sheet->readers_now = documents_readers(was);
    sheet->readers_then = documents_readers(will);
    sheet->groups_differ = !same_groups(&from, &to);
    sheet->will_be_public = will == ROLE_PUBLIC;
    return NULL;
}

static const char *
place_title(struct request *rq, int n, bool move)
{
    if (n == 1)
        return move ? tr(rq->lang, "Move this") : tr(rq->lang, "Copy this");
    return arena_printf(
        rq->arena, move ? tr(rq->lang, "Move these %d") : tr(rq->lang, "Copy these %d"), n);
}

static fallible
act_place_them(struct request *rq, struct response *rs, const struct chosen *chosen, bool move)
{
    struct act_sheet sheet = { .act = move ? "move" : "copy", .kind = move ? ACT_MOVE : ACT_COPY };
    const char *go, *seen;
    struct share_marks marks;
    struct dav_node place;
    struct path page;

    TRY(read_place(rq, &page));
    struct path to = dav_path(rq->arena, &page);
    TRY(dav_look(rq, &to, &place));
    if (!place.collection)
        return REFUSE(rq->arena, CONFLICT);
    TRY(compare_readers(rq, chosen, &place, &sheet));
    TRY(form_maybe(rq, "go", 1, &go));
    TRY(form_maybe(rq, "seen", 80, &seen));
    if (go != NULL && seen != NULL && strcmp(seen, sheet.seen) == 0) {
        for (int i = 0; i < chosen->n; i++) {
            struct path target = documents_below(rq, &to, chosen->name[i]);
            TRY(act_on(rq, rs, move ? MOVE : COPY, chosen->name[i], &target));
        }
        return done(rq, rs, &page, move ? "moved" : "copied");
    }
    TRY(list_places(rq, &page, &place, chosen, &sheet));
    sheet.may_go = (place.rights & MAY_WRITE) != 0 && place.id != chosen->folder.id;
    if (sheet.may_go) {
        TRY(share_marks(rq, &place, &marks));
        sheet.shared = marks.read_here;
    }
    return show(rq, rs, place_title(rq, chosen->n, move), &sheet, chosen);
}

struct error *
documents_act_post(struct request *rq, struct response *rs, const char *act)
{
    struct chosen chosen;

    TRY(read_chosen(rq, &chosen));
    if (chosen.n == 0)
        return FAIL(rq->arena, BAD_REQUEST, "%s",
            tr(rq->lang, "Nothing was chosen. Go back and tick what it is about."));
    if (strcmp(act, "delete") == 0)
        return act_delete(rq, rs, &chosen);
    if (strcmp(act, "rename") == 0)
        return act_rename(rq, rs, &chosen);
    if (strcmp(act, "zip") == 0)
        return documents_zip(rq, rs, chosen.folder.name, chosen.node, chosen.n);
    if (strcmp(act, "move") == 0 || strcmp(act, "copy") == 0)
        return act_place_them(rq, rs, &chosen, act[0] == 'm');
    return REFUSE(rq->arena, BAD_REQUEST);
}
