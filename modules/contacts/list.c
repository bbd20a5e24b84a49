/* The list of an address book, and all of it as a file. */
#include <string.h>

#include "auth/access.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/out.h"
#include "html/view.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/card.h"
#include "ical/card_csv.h"
#include "modules/contacts/contacts.h"
#include "modules/contacts/pages.h"
#include "modules/module.h"
#include "q/contact.h"
#include "webdav/door.h"
#include "webdav/members.h"
#include "webdav/store.h"

enum { PAGE = 100, SAID_MOST = 200 };

static struct texts
words_of(struct request *rq, const char *said)
{
    const char *const *word;
    int n = text_split(rq->arena, text_casemap(rq->arena, said), " ,", &word);

    return (struct texts){ word, n };
}

static const char *
page_href(struct request *rq, const struct contacts_place *p, const char *said, int64_t skip)
{
    return contacts_href(rq, p, NULL,
        arena_printf(rq->arena, "q=%s&skip=%lld", uri_encode(rq->arena, said), (long long)skip));
}

static fallible
load(struct request *rq, const struct contacts_place *p, int64_t skip, struct contacts_sheet *s)
{
    struct texts words = words_of(rq, s->said);
    struct rows rows, count;

    db_pipeline(rq->db);
    TRY(q_card_page(rq->db, rq->arena, p->node.id, words, skip, PAGE, &rows));
    TRY(q_card_count(rq->db, rq->arena, p->node.id, words, &count));
    TRY(db_flush(rq->db, rq->arena));
    struct contact_row *row = NEW_ARRAY(rq->arena, struct contact_row, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct card_page_row r = card_page_row(&rows, i);
        row[i] = (struct contact_row){ .name = *r.name == '\0' ? r.file : r.name,
            .href = contacts_href(rq, p, r.file, NULL),
            .org = strcmp(r.org, r.name) == 0 ? "" : r.org,
            .email = r.email,
            .phone = r.phone,
            .group = r.is_group };
    }
    s->row = row;
    s->n = rows.n;
    s->total = card_count_row(&count, 0).n;
    s->first = skip == 0 ? NULL : page_href(rq, p, s->said, 0);
    s->more = skip + s->n >= s->total ? NULL : page_href(rq, p, s->said, skip + PAGE);
    return NULL;
}

fallible
contacts_list_page(struct request *rq, struct response *rs, const struct contacts_place *p)
{
    const char *said = request_query(rq, "q"), *from = request_query(rq, "skip");
    struct contacts_sheet s = { .place = p,
        .said = said == NULL ? "" : text_trim(rq->arena, said) };
    int64_t skip = 0;
    struct view v;

    if (strlen(s.said) > SAID_MOST || (from != NULL && !text_to_int(from, INT32_MAX, &skip)))
        return REFUSE(rq->arena, BAD_REQUEST);
    s.add = contacts_href(rq, p, NULL, "new");
    s.import = contacts_href(rq, p, NULL, "import");
    s.vcf = contacts_href(rq, p, NULL, "export=vcf");
    s.csv = contacts_href(rq, p, NULL, "export=csv");
    if (p->book != NULL)
        TRY(load(rq, p, skip, &s));
    contacts_list(contacts_begin(rq, rs, p, tr(rq->lang, "Contacts"), false, &v), &v, &s);
    return NULL;
}

/* ---------------------------------------------------------------- searched from elsewhere */

static fallible
search_book(struct request *rq, const struct contacts_place *p, struct texts words, int limit,
    struct search_hit *hit, int *n)
{
    const struct path path = contacts_path(rq, p, NULL);
    struct dav_node node;
    struct rows rows;

    TRY(dav_look(rq, &path, &node));
    TRY(q_card_page(rq->db, rq->arena, node.id, words, 0, limit - *n, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct card_page_row r = card_page_row(&rows, i);
        const char *what = strcmp(r.org, r.name) == 0 ? "" : r.org;
        hit[(*n)++] = (struct search_hit){ .title = *r.name == '\0' ? r.file : r.name,
            .href = contacts_href(rq, p, r.file, NULL),
            .snippet = arena_printf(rq->arena, "%s%s%s", p->title, *what == '\0' ? "" : ", ", what),
            .rank = 1 };
    }
    return NULL;
}

fallible
contacts_search(struct request *rq, const char *said, int limit, struct search_hits *hits)
{
    struct search_hit *hit = NEW_ARRAY(rq->arena, struct search_hit, (size_t)limit + 1);
    struct texts words = words_of(rq, said);
    struct contacts_place p;
    int n = 0;

    *hits = (struct search_hits){ hit, 0 };
    if (rq->who->person == 0 || words.n == 0)
        return NULL;
    TRY(contacts_books(rq, &p));
    for (int i = 0; i < p.n_choices && n < limit; i++) {
        p.book = p.choice[i].name;
        p.title = p.choice[i].title;
        TRY(search_book(rq, &p, words, limit, hit, &n));
    }
    hits->n = n;
    return NULL;
}

/* ---------------------------------------------------------------- files */

static fallible
put_one(struct request *rq, struct out *o, const struct dav_node *node, const char *bytes, bool csv)
{
    struct buf row = buf_new(rq->arena, 4 * CARD_SIZE);
    struct card_fields fields;
    struct card card;

    if (!csv) {
        out_raw(o, bytes, strlen(bytes));
        if (!text_ends(bytes, "\n"))
            out_raw(o, "\r\n", 2);
        return NULL;
    }
    TRY(card_read(rq->arena, rq->lang, bytes, (size_t)node->length, &card));
    if (card.group)
        return NULL;
    card_fields_read(rq->arena, &card, &fields);
    card_csv_row(&row, &fields);
    out_raw(o, buf_string(&row), row.n);
    return NULL;
}

static fallible
put_page(struct request *rq, struct out *o, const struct dav_list *page, bool csv)
{
    for (int i = 0; i < page->n; i++) {
        size_t mark = arena_mark(rq->arena);
        const char *bytes = NULL;
        if (page->node[i].rights & MAY_READ)
            TRY(store_contents(rq, &page->node[i], 1, &bytes));
        if (bytes != NULL)
            TRY(put_one(rq, o, &page->node[i], bytes, csv));
        arena_rewind(rq->arena, mark);
    }
    return NULL;
}

fallible
contacts_export(
    struct request *rq, struct response *rs, const struct contacts_place *p, const char *kind)
{
    bool csv = strcmp(kind, "csv") == 0;
    struct members members = { .first = true };
    struct dav_list page;

    if (p->book == NULL || (!csv && strcmp(kind, "vcf") != 0))
        return REFUSE(rq->arena, NOT_FOUND);
    struct out *o =
        response_text(rs, csv ? "text/csv; charset=utf-8" : TEXT_VCARD "; charset=utf-8");
    response_header(rs, "Content-Disposition",
        arena_printf(rq->arena, "attachment; filename=\"%s-%s.%s\"", rq->param[0],
            uri_encode(rq->arena, p->book), kind));
    if (csv) {
        struct buf head = buf_new(rq->arena, KB(4));
        card_csv_head(&head);
        out_raw(o, buf_string(&head), head.n);
    }
    do {
        TRY(members_next(rq, &p->node, &members, &page));
        TRY(put_page(rq, o, &page, csv));
    } while (members.more);
    return NULL;
}
