/* The trash of a chapter's documents: what is in it, back to its place, gone for good. */
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "q/documents.h"
#include "webdav/quota.h"
#include "webdav/store.h"
#include "webdav/trash.h"

#define ID_MAX    20
#define PLACE_MAX KB(8)

struct error *
documents_trash_scope(struct request *rq)
{
    rq->scope.lock = TREE_EXCLUSIVE;
    return NULL;
}

static const char *
here(const struct request *rq)
{
    return arena_printf(rq->arena, "/c/%s/trash", rq->param[0]);
}

static struct out *
begin(struct request *rq, struct response *rs, const char *title, struct view *v)
{
    struct crumb *c = NEW_ARRAY(rq->arena, struct crumb, 3);

    c[0] = (struct crumb){ tr(rq->lang, "Chapters"), "/" };
    c[1] = (struct crumb){ rq->param[0], arena_printf(rq->arena, "/c/%s/", rq->param[0]) };
    c[2] = (struct crumb){ tr(rq->lang, "Documents"),
        arena_printf(rq->arena, "/c/%s/files/", rq->param[0]) };
    struct out *o = page_begin(rq, rs, title, v);
    v->crumbs = c;
    v->n_crumbs = 3;
    return o;
}

static const char *
place_title(struct request *rq, const char *place)
{
    if (place == NULL)
        return tr(rq->lang, "its folder is deleted");
    return *place == '\0' ? tr(rq->lang, "Documents") : arena_copy(rq->arena, place, strlen(place) - 1);
}

static struct trash_row
row_of(struct request *rq, const struct trashed *thing)
{
    return (struct trash_row){ .id = arena_printf(rq->arena, "%" PRId64, thing->id),
        .name = thing->name,
        .place = place_title(rq, thing->place),
        .removed =
            time_people(rq->arena, thing->removed, rq->app->config->time_zone, rq->lang->tag),
        .remover = thing->remover,
        .by_rule = thing->by_rule,
        .size = thing->collection ? "" : text_size(rq->arena, thing->length, rq->lang->tag),
        .folder = thing->collection,
        .may_act = (thing->rights & MAY_WRITE) != 0 };
}

struct error *
documents_scarce(struct request *rq, const char **text)
{
    int64_t used, available;

    *text = NULL;
    TRY(quota_used(rq, rq->chapter, &used, &available));
    if (quota_is_scarce(used, used + available))
        *text = arena_printf(rq->arena,
            tr(rq->lang, "The space of the chapter is nearly used up: %s of %s. The trash and earlier "
                         "versions count, too; what is deleted for good in the trash makes room."),
            text_size(rq->arena, used, rq->lang->tag),
            text_size(rq->arena, used + available, rq->lang->tag));
    return NULL;
}

/* For members; a guest need not know. */
static fallible
tell_space(struct request *rq, struct trash_sheet *sheet)
{
    struct quota_uses uses;

    if (access_role(rq->who, rq->chapter) < ROLE_MEMBER)
        return NULL;
    TRY(quota_uses(rq->db, rq->arena, rq->chapter, &uses));
    sheet->scarce = quota_is_scarce(uses.used, uses.most);
    sheet->space = arena_printf(rq->arena,
        tr(rq->lang,
            "The chapter uses %s of its %s: documents %s, earlier versions %s, trash %s."),
        text_size(rq->arena, uses.used, rq->lang->tag),
        text_size(rq->arena, uses.most, rq->lang->tag),
        text_size(rq->arena, uses.documents, rq->lang->tag),
        text_size(rq->arena, uses.versions, rq->lang->tag),
        text_size(rq->arena, uses.trash, rq->lang->tag));
    return NULL;
}

struct error *
documents_trash_page(struct request *rq, struct response *rs)
{
    const char *from = request_query(rq, "from");
    struct trash_sheet sheet = { .here = here(rq), .days = (int)rq->app->config->trash_days };
    struct trash trash;
    int64_t before = 0;
    struct view v;

    if (from != NULL && !text_to_int(from, INT64_MAX, &before))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(trash_list(rq, &files_tree, before, &trash));
    struct trash_row *row = NEW_ARRAY(rq->arena, struct trash_row, (size_t)trash.n + 1);
    for (int i = 0; i < trash.n; i++)
        row[i] = row_of(rq, &trash.thing[i]);
    sheet.row = row;
    sheet.n = trash.n;
    TRY(tell_space(rq, &sheet));
    if (trash.next != 0)
        sheet.next = arena_printf(rq->arena, "%s?from=%" PRId64, sheet.here, trash.next);
    documents_trash(begin(rq, rs, tr(rq->lang, "Trash"), &v), &v, &sheet);
    return NULL;
}

/* ---------------------------------------------------------------- restoring and purging */

/* "Protokolle/2026/" and a name as a path of DAV. */
static fallible
target(struct request *rq, const char *place, const char *name, struct path *to)
{
    const char **part = NEW_ARRAY(rq->arena, const char *, strlen(place) + 4);
    int n = 0;

    part[n++] = "dav";
    part[n++] = "files";
    part[n++] = rq->param[0];
    for (const char *slash; (slash = strchr(place, '/')) != NULL; place = slash + 1) {
        part[n] = arena_copy(rq->arena, place, (size_t)(slash - place));
        TRY(text_is_name(part[n], strlen(part[n])) ? NULL : REFUSE(rq->arena, NOT_FOUND));
        n++;
    }
    part[n++] = name;
    *to = (struct path){ part, n, false };
    return NULL;
}

/* Its place is gone or taken, or another is wanted. */
static fallible
ask_place(struct request *rq, struct response *rs, const struct trashed *thing,
    const char *problem, const char *place, const char *name)
{
    struct trash_places places;
    struct view v;

    TRY(trash_places(rq, &files_tree, &places));
    struct place_choice *choice =
        NEW_ARRAY(rq->arena, struct place_choice, (size_t)places.n + 1);
    for (int i = 0; i < places.n; i++)
        choice[i] = (struct place_choice){ .path = places.path[i],
            .title = place_title(rq, places.path[i]),
            .chosen = place != NULL && strcmp(places.path[i], place) == 0 };
    const struct place_sheet sheet = { .here = here(rq),
        .id = arena_printf(rq->arena, "%" PRId64, thing->id),
        .name = name,
        .problem = problem,
        .choice = choice,
        .n = places.n };
    response_status(rs, 409);
    documents_trash_place(
        begin(rq, rs, arena_printf(rq->arena, tr(rq->lang, "Restore %s"), thing->name), &v), &v,
        &sheet);
    return NULL;
}

static fallible
restore(struct request *rq, struct response *rs, const struct trashed *thing)
{
    const char *place, *name;
    struct path to;

    TRY(form_maybe(rq, "place", PLACE_MAX, &place));
    TRY(form_maybe(rq, "name", rq->app->config->name_max, &name));
    if (place == NULL)
        place = thing->place;
    name = name == NULL ? thing->name : text_trim(rq->arena, name);
    if (place == NULL)
        return ask_place(rq, rs, thing,
            tr(rq->lang, "The folder it was in is deleted. Where shall it go?"), NULL, name);
    TRY(target(rq, place, name, &to));
    struct error *e = trash_restore(rq, thing, &to);
    if (e != NULL && e->cond == &CONFLICT)
        return ask_place(rq, rs, thing,
            tr(rq->lang, "There is something of this name by now. Please choose another name or "
                         "another folder."),
            place, name);
    TRY(e);
    response_redirect(rs, arena_printf(rq->arena, "%s?done=restored", here(rq)));
    return NULL;
}

struct error *
documents_trash_post(struct request *rq, struct response *rs)
{
    struct trashed thing;
    const char *act, *word;
    int64_t id;

    TRY(form_text(rq, "do", 10, &act));
    TRY(form_text(rq, "id", ID_MAX, &word));
    if (!text_to_int(word, INT64_MAX, &id))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(trash_find(rq, &files_tree, id, &thing));
    if (strcmp(act, "restore") == 0)
        return restore(rq, rs, &thing);
    if (strcmp(act, "place") == 0)
        return ask_place(rq, rs, &thing, NULL, thing.place, thing.name);
    if (strcmp(act, "purge") != 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(trash_purge(rq, &thing));
    response_redirect(rs, arena_printf(rq->arena, "%s?done=purged", here(rq)));
    return NULL;
}
