/*
 * A PDF looked at in the browser, a page at a time. No browser shows one inside a sandbox, so that
 * its pages become pictures, in the program that reads hostile documents.
 */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "extract/extract.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "jobs/helpers.h"
#include "modules/documents/documents.h"
#include "modules/documents/pages.h"
#include "webdav/dav.h"
#include "webdav/store.h"

#define PAGE_MOST 1000000

/* ---------------------------------------------------------------- asking for a page */

struct place {
    char *at;
    size_t left;
};

static fallible
take(void *cls, struct arena *arena, const char *p, size_t n)
{
    struct place *place = cls;

    if (n > place->left)
        return error_cause(
            REFUSE(arena, NOT_FOUND), arena, "a content is longer than it should be");
    memcpy(place->at, p, n);
    place->at += n;
    place->left -= n;
    return NULL;
}

static fallible
fetch(struct request *rq, const struct dav_node *node, char *to)
{
    struct place place = { to, (size_t)node->length };
    const struct blob_sink sink = { take, &place };
    const struct store_content *content;
    struct blob_content blob;

    TRY(store_content(rq, node, &content));
    if (content->bytes != NULL)
        return take(&place, rq->arena, content->bytes, (size_t)node->length);
    TRY(store_parts(rq, node, content, &blob));
    for (int i = 0; i < blob.n_parts; i++)
        TRY(blob_fetch(rq->app->blobs, rq->arena, store_owner(node), &blob.parts[i], 0,
            blob.parts[i].size, &sink));
    return place.left == 0 ? NULL : REFUSE(rq->arena, NOT_FOUND);
}

static fallible
ask(struct request *rq, const struct dav_node *node, int64_t page, bool draw,
    struct helper_answer *answer)
{
    const struct extract_ask asked = { .page = (uint32_t)page, .draw = draw };
    size_t n = sizeof asked + (size_t)node->length;
    char *in = arena_alloc(rq->arena, n);

    memcpy(in, &asked, sizeof asked);
    TRY(fetch(rq, node, in + sizeof asked));
    return helper_page(rq->app->helpers, rq->arena, in, n, answer);
}

/* Its place, and the bytes of the document, cost what few at a time may have. */
static fallible
ask_in_turn(struct request *rq, const struct dav_node *node, int64_t page, bool draw,
    struct helper_answer *answer)
{
    if (!helper_page_begin(rq->app->helpers))
        return error_cause(REFUSE(rq->arena, TRY_LATER), rq->arena, "others look at documents");
    struct error *e = ask(rq, node, page, draw, answer);
    helper_page_end(rq->app->helpers);
    return e;
}

/* Of the address; the first when it names none. */
static fallible
read_number(struct request *rq, int64_t *page)
{
    const char *text = request_query(rq, "page");

    *page = 1;
    if (text != NULL && (!text_to_int(text, PAGE_MOST, page) || *page < 1))
        return REFUSE(rq->arena, NOT_FOUND);
    return NULL;
}

/* Not for whoever is on the internet, whom it costs nothing to ask. */
static bool
may_ask(const struct request *rq)
{
    return rq->who->person != 0 || rq->who->link != NULL;
}

/* ---------------------------------------------------------------- the page around it */

static const char *
address_of(struct request *rq, const char *here, const char *what, int64_t page)
{
    return arena_printf(rq->arena, "%s?%s&page=%d", here, what, (int)page);
}

static const char *
why_none(struct request *rq, const char *problem)
{
    if (strcmp(problem, "encrypted") == 0)
        return tr(rq->lang, "It is protected by a password. Download it to open it.");
    return tr(rq->lang, "Its pages cannot be shown here: it is damaged, or takes too long. "
                        "Download it to open it.");
}

/* What the program says is no more to be trusted than what it was given. */
static bool
read_page(const struct helper_answer *answer, int64_t page, struct extract_page *head)
{
    if (answer->refused || answer->n < sizeof *head)
        return false;
    memcpy(head, answer->p, sizeof *head);
    return head->pages >= page && head->pages <= INT32_MAX &&
           text_is_utf8(answer->p + sizeof *head, answer->n - sizeof *head);
}

static void
fill(struct request *rq, int64_t page, const struct extract_page *head, const char *text,
    struct preview_sheet *sheet)
{
    sheet->of_pages =
        arena_printf(rq->arena, tr(rq->lang, "Page %1$d of %2$d"), (int)page, (int)head->pages);
    sheet->text = text[strspn(text, " \t\n")] == '\0' ? NULL : text;
    sheet->previous = page > 1 ? address_of(rq, sheet->here, "view", page - 1) : NULL;
    sheet->next = page < head->pages ? address_of(rq, sheet->here, "view", page + 1) : NULL;
    if (head->lacks_fonts == 0)
        sheet->picture = address_of(rq, sheet->here, "frame", page);
    else
        sheet->problem = tr(rq->lang, "The fonts of this page are not in the document, so only its "
                                      "text is shown. Download it to see it as it is meant.");
}

struct error *
preview_pdf(struct request *rq, const struct dav_node *node, struct preview_sheet *sheet)
{
    struct helper_answer answer = { .n = 0 };
    struct extract_page head;
    int64_t page;

    TRY(read_number(rq, &page));
    if (!may_ask(rq)) {
        sheet->problem =
            tr(rq->lang, "Its pages are shown here to who is signed in. Download it to open it.");
        return NULL;
    }
    struct error *e = ask_in_turn(rq, node, page, false, &answer);
    if (e != NULL && e->cond == &TRY_LATER) {
        sheet->problem =
            tr(rq->lang, "Other documents are being read just now. Please try again in a moment.");
        sheet->again = address_of(rq, sheet->here, "view", page);
        return NULL;
    }
    if (e != NULL && e->cond != &HELPER_OVERRAN && e->cond != &HELPER_DIED)
        return e;
    if (e == NULL && answer.refused && strcmp(answer.p, "page") == 0)
        return REFUSE(rq->arena, NOT_FOUND);
    if (e == NULL && read_page(&answer, page, &head))
        fill(rq, page, &head, answer.p + sizeof head, sheet);
    else
        sheet->problem = why_none(rq, e == NULL && answer.refused ? answer.p : "killed");
    return NULL;
}

/* ---------------------------------------------------------------- the picture in it */

struct error *
preview_pdf_picture(struct request *rq, struct response *rs, const struct dav_node *node)
{
    static const char jpeg[] = { '\xff', '\xd8', '\xff' };
    struct helper_answer answer = { .n = 0 };
    int64_t page;

    TRY(read_number(rq, &page));
    if (!may_ask(rq))
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(ask_in_turn(rq, node, page, true, &answer));
    if (answer.refused || answer.n < sizeof jpeg || memcmp(answer.p, jpeg, sizeof jpeg) != 0)
        return REFUSE(rq->arena, NOT_FOUND);
    response_bytes(rs, "image/jpeg", answer.p, answer.n);
    return NULL;
}
