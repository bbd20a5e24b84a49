/* Documents of the chapter at an event. */
#include "modules/calendars/web/attach.h"

#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/patch.h"
#include "ical/write.h"
#include "modules/calendars/web/pages.h"
#include "webdav/conditions.h"
#include "webdav/door.h"

enum { ATTACHED_MOST = 20, PLACE_MOST = 4000, SKIP = 3 /* c, {chapter}, files */ };

static const char *
prefix_of(struct request *rq)
{
    return arena_printf(rq->arena, "%s/c/%s/files/", request_origin(rq), rq->param[0]);
}

/* What an address below /c/{chapter}/files/ names, as a path of DAV; false: it is none. */
static bool
path_of(struct request *rq, const char *address, struct path *to)
{
    const struct config *c = rq->app->config;
    const struct path_limits limits = {
        .segments = (int)c->path_segments, .segment = c->name_max, .whole = c->path_max
    };
    size_t n = strcspn(address, "?#");
    struct path path;

    if (uri_path(rq->arena, address, n, &limits, &path) != NULL || path.n <= SKIP)
        return false;
    const char **part = NEW_ARRAY(rq->arena, const char *, (size_t)path.n);
    memcpy(part, path.part, (size_t)path.n * sizeof *part);
    part[0] = "dav";
    part[1] = "files";
    part[2] = rq->param[0];
    *to = (struct path){ part, path.n, false };
    return true;
}

/* A document that she may read, or *found is false. */
static fallible
look(struct request *rq, const char *address, struct dav_node *node, bool *found)
{
    struct path path;

    *found = false;
    if (!path_of(rq, address, &path))
        return NULL;
    struct error *e = dav_look(rq, &path, node);
    if (e != NULL && e->cond->status >= 400 && e->cond->status < 500)
        return NULL;
    TRY(e);
    *found = node->exists;
    return NULL;
}

/* ---------------------------------------------------------------- what there is */

fallible
attach_list(struct request *rq, const struct page_calendar *calendar,
    const struct ical_component *c, struct attached_list *list)
{
    struct attached *p = NEW_ARRAY(rq->arena, struct attached, ATTACHED_MOST);
    const size_t origin = strlen(request_origin(rq));
    const struct ical_line *line = NULL;
    struct dav_node node;
    bool found;

    *list = (struct attached_list){ .p = p };
    if (page_is_own(rq))
        return NULL;
    const char *prefix = prefix_of(rq);
    while ((line = ical_find_next(c, "ATTACH", line)) != NULL && list->n < ATTACHED_MOST) {
        if (!text_starts(line->value, prefix))
            continue;
        TRY(look(rq, line->value + origin, &node, &found));
        if (!found)
            continue;
        p[list->n++] = (struct attached){ .title = node.name,
            .href = arena_printf(rq->arena, "%s", line->value + origin),
            .uri = line->value,
            .fewer = node.policy.read_level > calendar->read_level };
    }
    return NULL;
}

/* ---------------------------------------------------------------- one more, one less */

/* What was typed: an address of ours, or a place such as "Mitglieder/Plan.pdf". */
static fallible
typed_address(struct request *rq, const char *typed, const char **address)
{
    const char *origin = request_origin(rq);
    const char *const *part;
    int n;

    typed = text_trim(rq->arena, typed);
    if (text_starts(typed, origin))
        typed += strlen(origin);
    if (text_starts(typed, arena_printf(rq->arena, "/c/%s/files/", rq->param[0]))) {
        *address = typed;
        return NULL;
    }
    n = text_split(rq->arena, typed, "/", &part);
    const char **all = NEW_ARRAY(rq->arena, const char *, (size_t)n + SKIP);
    all[0] = "c";
    all[1] = rq->param[0];
    all[2] = "files";
    if (n > 0)
        memcpy(all + SKIP, part, (size_t)n * sizeof *all);
    *address = uri_href(rq->arena, &(struct path){ all, n + SKIP, false }, false);
    return NULL;
}

static const char *
uri_of(struct request *rq, const struct dav_node *node, const char *address)
{
    struct path path;

    path_of(rq, address, &path);
    const char **part = NEW_ARRAY(rq->arena, const char *, (size_t)path.n);
    memcpy(part, path.part, (size_t)path.n * sizeof *part);
    part[0] = "c";
    part[1] = rq->param[0];
    part[2] = "files";
    return arena_printf(rq->arena, "%s%s", request_origin(rq),
        uri_href(rq->arena, &(struct path){ part, path.n, false }, node->collection));
}

/* All instances have the same: those that were changed by themselves, too. */
static fallible
change(struct request *rq, const struct page_event *e, const char *etag, const char *uri, bool add)
{
    struct ical_patch *patch = ical_patch_new(rq->arena, e->bytes.p, e->bytes.n);
    struct buf line = buf_new(rq->arena, KB(16));
    size_t n;

    ical_write_line(&line, &(struct ical_line){ .name = "ATTACH", .value = uri });
    for (const struct ical_component *c = e->object.calendar->child; c != NULL; c = c->next) {
        bool there = false;
        if (strcmp(c->name, e->object.component) != 0)
            continue;
        for (int i = 0; i < c->n_lines; i++) {
            if (strcmp(c->line[i].name, "ATTACH") != 0 || strcmp(c->line[i].value, uri) != 0)
                continue;
            there = true;
            if (!add)
                ical_patch_cut(patch, c->line[i].from, c->line[i].to);
        }
        if (add && !there)
            ical_patch_put(patch, c->line[c->n_lines - 1].to, buf_string(&line));
    }
    const char *bytes = ical_patch_apply(patch, &n);
    return page_write_object(rq, e->calendar->name, e->name, etag, bytes, n);
}

fallible
attach_post(
    struct request *rq, struct response *rs, const struct page_event *e, const char *etag, bool add)
{
    const char *at = request_query(rq, "at"), *typed, *address;
    struct dav_node node;
    bool found;

    if (!e->calendar->may_write || page_is_own(rq))
        return REFUSE(rq->arena, FORBIDDEN);
    TRY(form_text(rq, add ? "document" : "uri", PLACE_MOST, &typed));
    if (add) {
        TRY(typed_address(rq, typed, &address));
        TRY(look(rq, address, &node, &found));
        if (!found)
            return event_show(rq, rs, e, at,
                tr(rq->lang, "There is no such document that you may read. Type its place as the "
                             "page of documents shows it, for example: Mitglieder/Plan.pdf"));
        typed = uri_of(rq, &node, address);
    }
    struct error *error = change(rq, e, etag, typed, add);
    if (error != NULL && error->cond == &PRECONDITION_FAILED)
        return event_show(rq, rs, e, at,
            tr(rq->lang, "Somebody else has changed this event meanwhile. Please try once more."));
    TRY(error);
    response_redirect(rs, arena_printf(rq->arena, "%s%sdone=event-saved", page_event_here(rq, at),
                              at == NULL ? "?" : "&"));
    return NULL;
}
