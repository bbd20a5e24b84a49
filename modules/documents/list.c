/* A folder as people look at it: sorted, filtered, a page at a time. */
#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "http/static.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "modules/documents/search.h"
#include "modules/documents/share.h"
#include "q/search.h"
#include "webdav/dav.h"
#include "webdav/store.h"

/* Few enough for an old phone; the page stays under 100 kB with names of usual length. */
#define ROWS 100
/* Below this many one sees at a glance what is there. */
#define ROWS_TO_FILTER 12
#define PAGES_MAX      1000000

/* How the list is asked for: "?sort=size&down=1&q=budget&page=2". */
struct listing {
    struct store_page page;
    int64_t nth; /* page, from 1 */
};

static const struct {
    const char *word, *title;
    bool down_first; /* the largest and the latest are what one looks for */
} orders[] = {
    [PAGE_BY_NAME] = { "name", N_("Name"), false },
    [PAGE_BY_SIZE] = { "size", N_("Size"), true },
    [PAGE_BY_DATE] = { "date", N_("Changed"), true },
};

const char *
documents_readers(enum role level)
{
    switch (level) {
    case ROLE_PUBLIC:
        return N_("Everybody on the internet can read this");
    case ROLE_FEDERATION:
        return N_("Everybody who is signed in can read this");
    case ROLE_MEMBER:
        return N_("The members of the chapter can read this");
    case ROLE_BOARD:
        return N_("The board can read this");
    case ROLE_CHAIR:
        return N_("The chair can read this");
    case ROLE_NOBODY:
        break;
    }
    return N_("Nobody can read this");
}

/* What cannot be understood is as if it were not there: an address is nothing people type. */
static struct listing
read_listing(struct request *rq)
{
    const char *sort = request_query(rq, "sort"), *q = request_query(rq, "q"),
               *page = request_query(rq, "page");
    struct listing l = { .page = { .filter = "", .most = ROWS }, .nth = 1 };

    for (size_t i = 0; sort != NULL && i < COUNT_OF(orders); i++)
        if (strcmp(sort, orders[i].word) == 0)
            l.page.by = (unsigned)i;
    l.page.down = request_query(rq, "down") != NULL;
    if (q != NULL && strlen(q) <= rq->app->config->name_max)
        l.page.filter = text_trim(rq->arena, q);
    if (page == NULL || !text_to_int(page, PAGES_MAX, &l.nth) || l.nth < 1)
        l.nth = 1;
    l.page.skip = (l.nth - 1) * ROWS;
    return l;
}

/* The address of such a list. */
static const char *
listing_href(struct request *rq, const char *here, const struct listing *l)
{
    struct buf b = buf_new(rq->arena, 256);
    const char *mark = "?";

    buf_printf(&b, "%s", here);
    if (l->page.by != PAGE_BY_NAME || l->page.down) {
        buf_printf(&b, "?sort=%s%s", orders[l->page.by].word, l->page.down ? "&down=1" : "");
        mark = "&";
    }
    if (l->page.filter[0] != '\0') {
        buf_printf(&b, "%sq=%s", mark, uri_encode(rq->arena, l->page.filter));
        mark = "&";
    }
    if (l->nth > 1)
        buf_printf(&b, "%spage=%" PRId64, mark, l->nth);
    return buf_string(&b);
}

static struct folder_row
row_of(struct request *rq, const char *here, const struct dav_node *node)
{
    return (struct folder_row){ .name = node->name,
        .href = arena_printf(rq->arena, "%s%s%s", here, uri_encode(rq->arena, node->name),
            node->collection ? "/" : ""),
        .size = node->collection ? "" : text_size(rq->arena, node->length, rq->lang->tag),
        .changed =
            time_people(rq->arena, node->modified, rq->app->config->time_zone, rq->lang->tag),
        .folder = node->collection,
        .may_view = documents_preview_of(node) != PREVIEW_NONE,
        .is_public = node->policy.read_level == ROLE_PUBLIC };
}

static void
set_columns(struct request *rq, const struct listing *l, struct folder_sheet *sheet)
{
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        bool now = l->page.by == i;
        struct listing other = *l;

        other.page.by = (unsigned)i;
        other.page.down = now ? !l->page.down : orders[i].down_first;
        other.nth = 1;
        sheet->column[i] = (struct folder_column){ .title = orders[i].title,
            .href = listing_href(rq, sheet->here, &other),
            .order = !now           ? NULL
                     : l->page.down ? "descending"
                                    : "ascending" };
    }
}

static void
set_pages(struct request *rq, const struct listing *l, struct folder_sheet *sheet)
{
    struct listing other = *l;

    if (sheet->total > 0)
        sheet->range = arena_printf(rq->arena, tr(rq->lang, "%ld to %ld of %ld"),
            (long)l->page.skip + 1, (long)l->page.skip + sheet->n, (long)sheet->total);
    other.nth = l->nth + 1;
    if (l->page.skip + ROWS < sheet->total)
        sheet->next = listing_href(rq, sheet->here, &other);
    other.nth = l->nth - 1;
    if (l->nth > 1)
        sheet->previous = listing_href(rq, sheet->here, &other);
    other = (struct listing){ .page = l->page, .nth = 1 };
    other.page.filter = "";
    sheet->all = listing_href(rq, sheet->here, &other);
}

/* Of pictures among them that have been made small. */
static fallible
set_small(struct request *rq, const struct dav_list *list, struct folder_row *row)
{
    int64_t *ids = NEW_ARRAY(rq->arena, int64_t, (size_t)list->n + 1);
    struct rows rows;
    int n = 0;

    for (int i = 0; i < list->n; i++)
        if (documents_preview_of(&list->node[i]) == PREVIEW_PICTURE)
            ids[n++] = list->node[i].id;
    if (n == 0)
        return NULL;
    TRY(q_document_pictures(rq->db, rq->arena, (struct ints){ ids, n }, &rows));
    for (int i = 0; i < list->n; i++)
        for (int k = 0; k < rows.n; k++)
            if (document_pictures_row(&rows, k).node == list->node[i].id)
                row[i].small =
                    arena_printf(rq->arena, "%s?small=%s", row[i].href, list->node[i].etag);
    return NULL;
}

struct error *
documents_list(struct request *rq, const struct dav_node *node, struct folder_sheet *sheet)
{
    struct listing l = read_listing(rq);
    struct dav_list list;

    sheet->filter = l.page.filter;
    sheet->sort = orders[l.page.by].word;
    sheet->down = l.page.down;
    TRY(store_page(rq, node, &l.page, &list, &sheet->total));
    if (list.n == 0 && sheet->total > 0) { /* what was on this page has been deleted */
        l.nth = (sheet->total + ROWS - 1) / ROWS;
        l.page.skip = (l.nth - 1) * ROWS;
        TRY(store_page(rq, node, &l.page, &list, &sheet->total));
    }
    struct folder_row *row = NEW_ARRAY(rq->arena, struct folder_row, (size_t)list.n + 1);
    for (sheet->n = 0; sheet->n < list.n; sheet->n++) {
        row[sheet->n] = row_of(rq, sheet->here, &list.node[sheet->n]);
        row[sheet->n].shared =
            sheet->marks != NULL && share_marked(sheet->marks, &list.node[sheet->n]);
    }
    if (sheet->inside)
        TRY(set_small(rq, &list, row));
    sheet->row = row;
    sheet->may_filter = sheet->total > ROWS_TO_FILTER || *sheet->filter != '\0';
    set_columns(rq, &l, sheet);
    set_pages(rq, &l, sheet);
    return NULL;
}

struct error *
documents_show_folder(struct request *rq, struct response *rs, const struct dav_node *node)
{
    struct share_marks marks;
    enum role least;
    struct view v;
    struct folder_sheet sheet = { .here = uri_href(rq->arena, &rq->path, true),
        .inside = true,
        .search = search_address(rq),
        .readers = documents_readers(node->policy.read_level),
        .is_public = node->policy.read_level == ROLE_PUBLIC,
        .may_write = (node->rights & MAY_WRITE) != 0,
        .may_manage = (node->rights & MAY_MANAGE) != 0,
        .drive = arena_printf(rq->arena, "%s%s", request_origin(rq), node->href),
        .script = static_href(rq, "upload.js"),
        .trash = arena_printf(rq->arena, "/c/%s/trash", rq->param[0]) };

    sheet.pieces = arena_printf(rq->arena, "/c/%s/uploads%s", rq->param[0],
        sheet.here + strlen("/c/") + strlen(rq->param[0]));
    if (sheet.may_write) {
        TRY(documents_scarce(rq, &sheet.scarce));
        TRY(share_least(rq, &least));
        TRY(share_marks(rq, node, &marks));
        sheet.may_share = access_may_share(rq->who, &node->policy, least);
        sheet.marks = &marks;
    }
    TRY(documents_list(rq, node, &sheet));
    struct out *o = page_begin(
        rq, rs, rq->rest.n == 0 ? tr(rq->lang, "Documents") : rq->rest.part[rq->rest.n - 1], &v);
    TRY(document_crumbs(rq, false, &v));
    documents_folder(o, &v, &sheet);
    return NULL;
}
