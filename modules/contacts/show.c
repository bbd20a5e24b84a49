/* One contact: looked at, changed, made, removed. */
#include <stdlib.h>
#include <string.h>

#include "auth/access.h"
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
#include "ical/card_fields.h"
#include "modules/contacts/contacts.h"
#include "modules/contacts/pages.h"
#include "q/contact.h"
#include "webdav/door.h"

enum { FIELD_MOST = 2000, NOTE_MOST = 20000, MEMBERS_MOST = 500 };

/* ---------------------------------------------------------------- looking */

static fallible
load(struct request *rq, const struct contacts_place *p, const char *file, struct dav_node *node,
    struct card *card)
{
    struct path path;

    if (p->book == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    path = contacts_path(rq, p, file);
    TRY(dav_look(rq, &path, node));
    return contacts_read(rq, node, card);
}

/* A link to what one can click; never to anything that runs. */
static const char *
link_of(struct request *rq, enum card_field field, const char *text)
{
    bool mail = field == CARD_EMAIL || field == CARD_EMAIL_2 || field == CARD_EMAIL_3;

    if (mail && strchr(text, '@') != NULL && strpbrk(text, " ?&\n") == NULL)
        return arena_printf(rq->arena, "mailto:%s", text);
    if (field == CARD_URL && (text_starts(text, "https://") || text_starts(text, "http://")))
        return text;
    return NULL;
}

/* What the fields say; of an address the first line tells which one it is. */
static void
collect(struct request *rq, const struct card *card, struct contact_sheet *s)
{
    struct contact_fact *fact = NEW_ARRAY(rq->arena, struct contact_fact, CARD_FIELDS);
    struct card_fields fields;

    card_fields_read(rq->arena, card, &fields);
    for (int g = 0; g < contacts_n_groups; g++) {
        const struct field_group *group = &contacts_groups[g];
        bool address = text_starts(group->title, "Address"), first = true;
        for (int i = 0; i < group->n; i++) {
            const struct field_kind *kind = &group->field[i];
            const char *text = fields.value[kind->field];
            if (*text == '\0' || (g == 0 && kind->field != CARD_NICKNAME))
                continue;
            fact[s->n++] = (struct contact_fact){ !address ? kind->title
                                                  : first  ? group->title
                                                           : NULL,
                text, link_of(rq, kind->field, text) };
            first = false;
        }
    }
    s->fact = fact;
    s->others = card_fields_others(card);
}

static fallible
find_members(struct request *rq, const struct contacts_place *p, const struct card *card,
    struct contact_sheet *s)
{
    const char *const *uid;
    int n = card_members(rq->arena, card, &uid);
    struct rows rows;

    TRY(q_cards_by_uid(rq->db, rq->arena, p->node.id,
        (struct texts){ uid, n < MEMBERS_MOST ? n : MEMBERS_MOST }, &rows));
    struct contact_fact *member = NEW_ARRAY(rq->arena, struct contact_fact, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct cards_by_uid_row row = cards_by_uid_row(&rows, i);
        member[i] =
            (struct contact_fact){ .text = row.name, .href = contacts_href(rq, p, row.file, NULL) };
    }
    s->member = member;
    s->n_members = rows.n;
    return NULL;
}

fallible
contacts_one_page(
    struct request *rq, struct response *rs, const struct contacts_place *p, const char *file)
{
    struct contact_sheet s = { .may_write = p->may_write };
    struct dav_node node;
    struct card card;
    struct view v;

    TRY(load(rq, p, file, &node, &card));
    if (request_query(rq, "export") != NULL) {
        response_header(rs, "Content-Disposition", "attachment; filename=\"contact.vcf\"");
        response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
        response_bytes(rs, node.type, card.bytes, card.n);
        return NULL;
    }
    s.group = card.group;
    s.edit = contacts_href(rq, p, file, "edit");
    s.vcf = contacts_href(rq, p, file, "export=vcf");
    s.here = contacts_href(rq, p, file, "do=delete");
    collect(rq, &card, &s);
    if (card.group)
        TRY(find_members(rq, p, &card, &s));
    const char *title = *card.name == '\0' ? node.name : card.name;
    contacts_one(contacts_begin(rq, rs, p, title, true, &v), &v, &s);
    return NULL;
}

/* ---------------------------------------------------------------- changing */

static fallible
show_form(struct request *rq, struct response *rs, const struct contacts_place *p, const char *file,
    struct contact_form *form)
{
    const char *title =
        file == NULL ? tr(rq->lang, "New contact") : tr(rq->lang, "Change the contact");
    struct view v;

    if (form->problem != NULL)
        response_status(rs, 422);
    form->made = file != NULL;
    form->book = p->book;
    form->action = contacts_href(rq, p, file, file == NULL ? "new" : "edit");
    form->back = contacts_href(rq, p, file, NULL);
    contacts_edit(contacts_begin(rq, rs, p, title, true, &v), &v, form);
    return NULL;
}

fallible
contacts_edit_page(
    struct request *rq, struct response *rs, const struct contacts_place *p, const char *file)
{
    struct contact_form form = { .etag = "" };
    struct dav_node node;
    struct card card;

    if (p->book == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    if (!p->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    for (int i = 0; i < CARD_FIELDS; i++)
        form.fields.value[i] = "";
    if (file != NULL) {
        TRY(load(rq, p, file, &node, &card));
        card_fields_read(rq->arena, &card, &form.fields);
        form.etag = node.etag;
    }
    return show_form(rq, rs, p, file, &form);
}

static fallible
read_form(struct request *rq, struct contact_form *form)
{
    TRY(form_maybe(rq, "etag", 200, &form->etag));
    if (form->etag == NULL)
        form->etag = "";
    for (int i = 0; i < CARD_FIELDS; i++) {
        const char *text, *name = arena_printf(rq->arena, "f%d", i);
        TRY(form_maybe(rq, name, i == CARD_NOTE ? NOTE_MOST : FIELD_MOST, &text));
        form->fields.value[i] = text == NULL ? "" : text_trim(rq->arena, text);
    }
    return NULL;
}

/* The card that the form makes. */
static fallible
made_card(struct request *rq, const struct contacts_place *p, const char *file,
    const struct contact_form *form, struct buf *bytes, const char **to)
{
    struct dav_node node;
    struct card card;

    if (file == NULL) {
        const char *uid = token_uuid(rq->arena);
        card_fields_new(bytes, uid, &form->fields, time_now());
        *to = contacts_file(rq, uid);
        return NULL;
    }
    TRY(load(rq, p, file, &node, &card));
    if (strcmp(form->etag, node.etag) != 0)
        return FAIL(rq->arena, CONFLICT,
            tr(rq->lang, "Somebody else has changed this contact in the meantime. Open it again; "
                         "nothing of yours was saved."));
    card_fields_change(bytes, &card, &form->fields, time_now());
    *to = file;
    return NULL;
}

/* What is wrong with what was typed is said above the form, with all of it still there. */
fallible
contacts_save(
    struct request *rq, struct response *rs, const struct contacts_place *p, const char *file)
{
    struct buf bytes = buf_new(rq->arena, 2 * CARD_SIZE);
    struct contact_form form = { .problem = NULL };
    const char *to = NULL;
    struct error *e;

    if (p->book == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(read_form(rq, &form));
    if (*card_fields_name(rq->arena, &form.fields) == '\0') {
        form.problem = tr(rq->lang, "The contact needs a name, an organisation or an e-mail.");
        return show_form(rq, rs, p, file, &form);
    }
    e = made_card(rq, p, file, &form, &bytes, &to);
    if (e == NULL)
        e = contacts_store(rq, p, to, buf_string(&bytes), bytes.n, file != NULL);
    if (e != NULL && e->cond != &LOST_RACE && e->cond->status < 500 && e->detail != NULL) {
        form.problem = e->detail;
        return show_form(rq, rs, p, file, &form);
    }
    TRY(e);
    response_redirect(rs, contacts_href(rq, p, to, "done=contact-saved"));
    return NULL;
}
