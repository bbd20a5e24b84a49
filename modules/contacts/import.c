/*
 * Contacts out of a file: first looked at, then added. What was looked at comes back with the form,
 * as vCards; nothing is kept in between.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "html/view.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/card.h"
#include "ical/card_csv.h"
#include "modules/contacts/contacts.h"
#include "modules/contacts/pages.h"
#include "q/contact.h"

#define FILE_MOST MB(5)
enum { CARDS_MOST = 1000, NAME_SHOWN = 80 };

/* A contact of the file. */
struct candidate {
    const char *bytes;
    size_t n;
    struct card card;
    struct error *error; /* why it cannot be taken */
    const char *file;    /* where it is in the book already, or NULL */
    bool twice;
};
struct candidates {
    struct candidate *p;
    int n;
};

/* ---------------------------------------------------------------- vCards */

static bool
is_line(const char *line, const char *word)
{
    size_t n = strlen(word);

    if (strncasecmp(line, word, n) != 0)
        return false;
    line += n + strspn(line + n, " \t\r");
    return *line == '\n' || *line == '\0';
}

/* Exports of telephones have cards without a UID: the same card gets the same one each time. */
static const char *
with_uid(struct request *rq, const char *bytes, size_t n)
{
    unsigned char digest[SHA256_SIZE];
    const char *end = bytes + n;

    for (const char *p = bytes; p < end; p++)
        if ((p == bytes || p[-1] == '\n') && strncasecmp(p, "UID", 3) == 0 &&
            (p[3] == ':' || p[3] == ';'))
            return arena_copy(rq->arena, bytes, n);
    const char *last = end - 1;
    while (last > bytes && !(last[-1] == '\n' && strncasecmp(last, "END:", 4) == 0))
        last--;
    sha256(bytes, n, digest);
    return arena_printf(rq->arena, "%.*sUID:%s\r\n%s", (int)(last - bytes), bytes,
        hex_encode(rq->arena, digest, 16), arena_copy(rq->arena, last, (size_t)(end - last)));
}

static fallible
add(struct request *rq, struct candidates *all, const char *bytes, size_t n)
{
    if (all->n == CARDS_MOST)
        return FAIL(rq->arena, BAD_REQUEST,
            tr(rq->lang, "There are too many contacts in it. %d are taken at once."), CARDS_MOST);
    struct candidate *c = &all->p[all->n++];
    c->bytes = with_uid(rq, bytes, n);
    c->n = strlen(c->bytes);
    c->error = c->n > CARD_SIZE ? error_plain(rq->arena, &CARD_TOO_LARGE, HERE)
                                : card_read(rq->arena, rq->lang, c->bytes, c->n, &c->card);
    return NULL;
}

/* One card after another, from its BEGIN to its END; what stands between them is passed over. */
static fallible
split(struct request *rq, const char *text, struct candidates *all)
{
    const char *begin = NULL;

    for (const char *line = text, *next; *line != '\0'; line = next) {
        next = strchr(line, '\n');
        next = next == NULL ? line + strlen(line) : next + 1;
        if (begin == NULL && is_line(line, "BEGIN:VCARD"))
            begin = line;
        if (begin != NULL && is_line(line, "END:VCARD")) {
            TRY(add(rq, all, begin, (size_t)(next - begin)));
            begin = NULL;
        }
    }
    return begin == NULL ? NULL : add(rq, all, begin, strlen(begin));
}

/* ---------------------------------------------------------------- tables */

static const char *
joined(struct arena *arena, const char *const *part, int n, const char *between)
{
    struct buf all = buf_new(arena, CARD_SIZE);

    for (int i = 0; i < n; i++)
        buf_printf(&all, "%s%s", i == 0 ? "" : between, part[i]);
    return buf_string(&all);
}

static fallible
read_table(
    struct request *rq, const struct form_file *file, struct candidates *all, const char **ignored)
{
    struct card_csv csv;

    TRY(card_csv_read(rq->arena, rq->lang, file->p, file->n, &csv));
    if (csv.n_ignored > 0)
        *ignored = joined(rq->arena, csv.ignored, csv.n_ignored, ", ");
    for (int i = 0; i < csv.n; i++) {
        struct buf bytes = buf_new(rq->arena, 2 * CARD_SIZE);
        const char *row = joined(rq->arena, csv.row[i].value, CARD_FIELDS, "\n");
        unsigned char digest[SHA256_SIZE];
        sha256(row, strlen(row), digest);
        card_fields_new(&bytes, hex_encode(rq->arena, digest, 16), &csv.row[i], time_now());
        TRY(add(rq, all, buf_string(&bytes), bytes.n));
    }
    return NULL;
}

/* ---------------------------------------------------------------- what is there already */

static fallible
find_there(struct request *rq, const struct contacts_place *p, struct candidates *all)
{
    const char **uid = NEW_ARRAY(rq->arena, const char *, (size_t)all->n + 1);
    struct rows rows;
    int n = 0;

    for (int i = 0; i < all->n; i++)
        if (all->p[i].error == NULL)
            uid[n++] = all->p[i].card.uid;
    TRY(q_cards_by_uid(rq->db, rq->arena, p->node.id, (struct texts){ uid, n }, &rows));
    for (int i = 0; i < all->n; i++) {
        struct candidate *c = &all->p[i];
        for (int k = 0; c->error == NULL && k < rows.n; k++) {
            struct cards_by_uid_row row = cards_by_uid_row(&rows, k);
            if (strcmp(row.uid, c->card.uid) == 0)
                c->file = row.file;
        }
        for (int k = 0; c->error == NULL && k < i && !c->twice; k++)
            c->twice = all->p[k].error == NULL && strcmp(all->p[k].card.uid, c->card.uid) == 0;
    }
    return NULL;
}

static struct candidates
none(struct request *rq)
{
    return (struct candidates){ .p = NEW_ARRAY(rq->arena, struct candidate, CARDS_MOST) };
}

/* ---------------------------------------------------------------- looking */

static fallible
show(
    struct request *rq, struct response *rs, const struct contacts_place *p, struct import_sheet *s)
{
    struct view v;

    if (s->problem != NULL)
        response_status(rs, 422);
    s->book = p->book;
    s->action = contacts_href(rq, p, NULL, "import");
    s->back = contacts_href(rq, p, NULL, NULL);
    contacts_bring(contacts_begin(rq, rs, p, tr(rq->lang, "Import contacts"), true, &v), &v, s);
    return NULL;
}

fallible
contacts_import_page(struct request *rq, struct response *rs, const struct contacts_place *p)
{
    if (p->book == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    return p->may_write ? show(rq, rs, p, &(struct import_sheet){ .looked = false })
                        : REFUSE(rq->arena, FORBIDDEN);
}

static void
tell(struct request *rq, const struct candidates *all, struct import_sheet *s)
{
    struct import_line *line = NEW_ARRAY(rq->arena, struct import_line, (size_t)all->n + 1);
    struct buf cards = buf_new(rq->arena, 2 * FILE_MOST);

    for (int i = 0; i < all->n; i++) {
        const struct candidate *c = &all->p[i];
        const char *name = c->error == NULL && *c->card.name != '\0'
                               ? c->card.name
                               : arena_printf(rq->arena, tr(rq->lang, "Contact %d"), i + 1);
        line[i] =
            (struct import_line){ .name = arena_printf(rq->arena, "%.*s", NAME_SHOWN * 4, name),
                .taken = c->error == NULL && !c->twice };
        if (c->error != NULL)
            line[i].text =
                c->error->detail != NULL ? c->error->detail : tr(rq->lang, c->error->cond->title);
        else if (c->twice)
            line[i].text = tr(rq->lang, "It stands in the file twice.");
        else if (c->file != NULL)
            line[i].text = tr(rq->lang, "It is here already.");
        s->n_bad += !line[i].taken;
        s->n_there += line[i].taken && c->file != NULL;
        s->n_new += line[i].taken && c->file == NULL;
        if (line[i].taken)
            buf_add(&cards, c->bytes, c->n);
        if (line[i].taken && !text_ends(c->bytes, "\n"))
            buf_text(&cards, "\r\n");
    }
    s->line = line;
    s->n = all->n;
    s->cards = buf_string(&cards);
}

static bool
holds_cards(const struct form_file *file)
{
    size_t mark = file->n >= 3 && memcmp(file->p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (mark < file->n && strchr(" \t\r\n", file->p[mark]) != NULL)
        mark++;
    return file->n - mark >= 11 && strncasecmp(file->p + mark, "BEGIN:VCARD", 11) == 0;
}

static fallible
read_file(struct request *rq, const struct contacts_place *p, struct candidates *all,
    struct import_sheet *s)
{
    struct form_file file;

    TRY(form_file(rq, "file", 0, &file));
    if (file.name == NULL || file.n == 0)
        return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "Please choose a file."));
    if (file.n > FILE_MOST)
        return FAIL(rq->arena, BAD_REQUEST, "%s", tr(rq->lang, "The file is too large."));
    if (!holds_cards(&file))
        TRY(read_table(rq, &file, all, &s->ignored));
    else if (!text_is_xml(file.p, file.n))
        return FAIL(rq->arena, BAD_REQUEST, "%s",
            tr(rq->lang, "It is not UTF-8, or there are control characters in it."));
    else
        TRY(split(rq, arena_copy(rq->arena, file.p, file.n), all));
    return find_there(rq, p, all);
}

fallible
contacts_import_look(struct request *rq, struct response *rs, const struct contacts_place *p)
{
    struct import_sheet s = { .looked = true };
    struct candidates all = none(rq);
    struct error *e = read_file(rq, p, &all, &s);

    if (e != NULL && (e->cond->status >= 500 || e->detail == NULL))
        return e;
    if (e != NULL)
        s.problem = e->detail;
    else
        tell(rq, &all, &s);
    return show(rq, rs, p, &s);
}

/* ---------------------------------------------------------------- adding */

fallible
contacts_import_add(struct request *rq, struct response *rs, const struct contacts_place *p)
{
    struct candidates all = none(rq);
    const char *cards, *replace;

    TRY(form_text(rq, "cards", 2 * FILE_MOST, &cards));
    TRY(form_maybe(rq, "replace", 10, &replace));
    TRY(split(rq, cards, &all));
    TRY(find_there(rq, p, &all));
    for (int i = 0; i < all.n; i++) {
        const struct candidate *c = &all.p[i];
        if (c->error != NULL || c->twice || (c->file != NULL && replace == NULL))
            continue;
        TRY(contacts_store(rq, p, c->file != NULL ? c->file : contacts_file(rq, c->card.uid),
            c->bytes, c->n, c->file != NULL));
    }
    response_redirect(rs, contacts_href(rq, p, NULL, "done=contacts-imported"));
    return NULL;
}
