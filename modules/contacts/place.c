/* Which address book a page is about, and the way from pages to the tree. */
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/token.h"
#include "base/uri.h"
#include "blob/blob.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/form.h"
#include "http/request.h"
#include "ical/card.h"
#include "modules/contacts/contacts.h"
#include "modules/contacts/pages.h"
#include "q/principal.h"
#include "webdav/door.h"

enum { BOOKS_MOST = 50, NAME_MOST = 255 };

/* /dav/contacts/{uid}/{slug}.{book}/{file}; book and file may be NULL. */
static struct path
path_of(struct request *rq, const char *book, const char *file)
{
    const char **part = NEW_ARRAY(rq->arena, const char *, 5);
    int n = 0;

    part[n++] = "dav";
    part[n++] = "contacts";
    part[n++] = rq->who->uid;
    if (book != NULL)
        part[n++] = arena_printf(rq->arena, "%s.%s", rq->param[0], book);
    if (file != NULL)
        part[n++] = file;
    return (struct path){ part, n, file == NULL };
}

struct path
contacts_path(struct request *rq, const struct contacts_place *p, const char *file)
{
    return path_of(rq, p->book, file);
}

/* The books of the chapter among all in her home. */
fallible
contacts_books(struct request *rq, struct contacts_place *p)
{
    const char *prefix = arena_printf(rq->arena, "%s.", rq->param[0]);
    struct path home = path_of(rq, NULL, NULL);
    struct dav_node node;
    struct dav_list list;

    *p = (struct contacts_place){
        .here = arena_printf(rq->arena, "/c/%s/contacts", rq->param[0]),
        .title = tr(rq->lang, "Contacts"),
    };
    p->choice = NEW_ARRAY(rq->arena, struct book_choice, BOOKS_MOST);
    TRY(dav_look(rq, &home, &node));
    TRY(node.kind->children(rq, &node, NULL, &list));
    for (int i = 0; i < list.n && p->n_choices < BOOKS_MOST; i++) {
        const struct dav_node *book = &list.node[i];
        if ((book->rights & MAY_READ) && text_starts(book->name, prefix))
            p->choice[p->n_choices++] = (struct book_choice){ .name = book->name + strlen(prefix),
                .title = book->display_name != NULL ? book->display_name : book->name };
    }
    return NULL;
}

static fallible
asked_book(struct request *rq, const char **book)
{
    *book = request_query(rq, "book");
    if (*book == NULL && rq->method == POST)
        TRY(form_maybe(rq, "book", NAME_MOST, book));
    return NULL;
}

fallible
contacts_place(struct request *rq, struct contacts_place *p)
{
    TRY(contacts_books(rq, p));
    TRY(asked_book(rq, &p->book));
    if (p->book == NULL && p->n_choices > 0)
        p->book = p->choice[0].name;
    if (p->book == NULL)
        return NULL;
    struct path path = path_of(rq, p->book, NULL);
    TRY(dav_look(rq, &path, &p->node));
    p->may_write = (p->node.rights & MAY_WRITE) != 0;
    for (int i = 0; i < p->n_choices; i++)
        if (strcmp(p->choice[i].name, p->book) == 0) {
            p->choice[i].chosen = true;
            p->title = p->choice[i].title;
        }
    return NULL;
}

const char *
contacts_href(
    struct request *rq, const struct contacts_place *p, const char *file, const char *more)
{
    return arena_printf(rq->arena, "%s%s%s?book=%s%s%s", p->here, file == NULL ? "" : "/",
        file == NULL ? "" : uri_encode(rq->arena, file),
        p->book == NULL ? "" : uri_encode(rq->arena, p->book), more == NULL ? "" : "&",
        more == NULL ? "" : more);
}

struct out *
contacts_begin(struct request *rq, struct response *rs, const struct contacts_place *p,
    const char *title, bool below, struct view *v)
{
    struct crumb *crumb = NEW_ARRAY(rq->arena, struct crumb, 3);
    struct out *o = page_begin(rq, rs, title, v);
    struct rows rows;

    crumb[0] = (struct crumb){ tr(rq->lang, "Chapters"), "/" };
    crumb[1] = (struct crumb){ rq->param[0], arena_printf(rq->arena, "/c/%s/", rq->param[0]) };
    struct error *e =
        q_principal_chapters(rq->db, rq->arena, &(struct ints){ &rq->chapter, 1 }, &rows);
    if (e == NULL && rows.n > 0)
        crumb[1].title = principal_chapters_row(&rows, 0).name;
    if (below)
        crumb[2] = (struct crumb){ tr(rq->lang, "Contacts"), contacts_href(rq, p, NULL, NULL) };
    v->crumbs = crumb;
    v->n_crumbs = 2 + below;
    v->here = contacts_href(rq, p, NULL, NULL);
    return o;
}

const char *
contacts_file(struct request *rq, const char *uid)
{
    unsigned char digest[SHA256_SIZE];

    sha256(uid, strlen(uid), digest);
    return arena_printf(rq->arena, "%s.vcf", hex_encode(rq->arena, digest, 16));
}

fallible
contacts_store(struct request *rq, const struct contacts_place *p, const char *file,
    const char *bytes, size_t n, bool replace)
{
    struct blob_content *blob = NEW(rq->arena, struct blob_content);
    struct dav_content content = { .blob = blob, .inline_bytes = bytes, .type = TEXT_VCARD };
    struct path path = contacts_path(rq, p, file);
    struct dav_written written;

    if (n > CARD_SIZE)
        return REFUSE(rq->arena, CARD_TOO_LARGE);
    blob->size = (int64_t)n;
    sha256(bytes, n, blob->sha256);
    return dav_put(rq, &path, &content, replace, &written);
}
