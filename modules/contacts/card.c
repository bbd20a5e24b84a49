/* Address books, the cards in them, and where both stand in the addresses. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/card.h"
#include "ical/card_convert.h"
#include "ical/card_fields.h"
#include "modules/contacts/accept.h"
#include "modules/contacts/contacts.h"
#include "modules/contacts/props.h"
#include "modules/contacts/reports.h"
#include "q/contact.h"
#include "webdav/conditions.h"
#include "webdav/store.h"
#include "webdav/xml.h"

const struct condition CARD_NO_UID_CONFLICT = { 409, NS_CARDDAV, "no-uid-conflict",
    N_("A contact with the same UID is in this address book already.") },
                       CARD_TOO_LARGE = { 403, NS_CARDDAV, "max-resource-size",
                           N_("This contact is larger than an address book takes.") };

static const struct condition BOOK_MISPLACED = { 403, NS_CARDDAV,
    "addressbook-collection-location-ok", N_("An address book cannot be there.") },
                              CONVERSION_UNSUPPORTED = { 406, NS_CARDDAV,
                                  "supported-address-data-conversion",
                                  N_("Contacts are vCard 3.0 or 4.0 here.") };

/* ---------------------------------------------------------------- cards */

static size_t
card_row_max(const struct config *config UNUSED)
{
    return CARD_SIZE;
}

fallible
contacts_read(struct request *rq, const struct dav_node *node, struct card *card)
{
    const struct store_content *content;

    TRY(store_content(rq, node, &content));
    if (content->bytes == NULL)
        return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "a card without content");
    return card_read(rq->arena, rq->lang, content->bytes, (size_t)node->length, card);
}

/* As it was sent, or as Accept asks (RFC 6352, 5.1.1). What people write is never a page of ours.
 */
static fallible
card_get(struct request *rq, const struct dav_node *node, struct response *rs)
{
    int version = accept_version(request_header(rq, "Accept"));
    const struct store_content *content;
    struct card card;

    TRY(store_content(rq, node, &content));
    response_header(rs, "Content-Security-Policy", "sandbox; default-src 'none'");
    response_header(rs, "X-Content-Type-Options", "nosniff");
    if (content->bytes == NULL)
        return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "a card without content");
    if (version == ACCEPT_NONE)
        return REFUSE(rq->arena, CONVERSION_UNSUPPORTED);
    if (version != ACCEPT_ANY)
        TRY(contacts_read(rq, node, &card));
    if (version == ACCEPT_ANY || version == card.version) {
        response_bytes(rs, node->type, content->bytes, (size_t)node->length);
        return NULL;
    }
    struct buf out = buf_new(rq->arena, 2 * CARD_SIZE);
    card_write(&out, &card, version, NULL, 0);
    response_bytes(rs, node->type, buf_string(&out), out.n);
    return NULL;
}

/* A client that names another type means something else; the others are former names of it. */
static bool
is_card_type(const char *type)
{
    static const char *const names[] = { TEXT_VCARD, "text/x-vcard", "text/directory" };
    size_t n = strcspn(type, "; ");

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (n == strlen(names[i]) && strncasecmp(type, names[i], n) == 0)
            return true;
    return false;
}

static struct error *
uid_conflict(struct request *rq, const struct dav_node *node, const char *name)
{
    struct error *e = error_plain(rq->arena, &CARD_NO_UID_CONFLICT, HERE);
    size_t n = (size_t)(strrchr(node->href, '/') - node->href) + 1;

    e->href = arena_printf(rq->arena, "%.*s%s", (int)n, node->href, uri_encode(rq->arena, name));
    return e;
}

/* May a card with that UID be at this place of the book? */
static fallible
check_place(struct request *rq, const struct dav_node *node, const struct card *card)
{
    struct rows rows;

    TRY(q_card_takes(rq->db, rq->arena, node->parent_id, card->uid, node->id, &rows));
    for (int i = 0; i < rows.n; i++) {
        struct card_takes_row row = card_takes_row(&rows, i);
        if (row.node != node->id || strcmp(row.uid, card->uid) != 0)
            return uid_conflict(rq, node, row.name);
    }
    return NULL;
}

/* The words that it is found by on pages. */
static const char *
words_of(struct arena *arena, const struct card *card, const struct card_fields *fields)
{
    static const enum card_field said[] = { CARD_GIVEN, CARD_FAMILY, CARD_NICKNAME, CARD_ORG,
        CARD_UNIT, CARD_TITLE, CARD_EMAIL, CARD_EMAIL_2, CARD_EMAIL_3, CARD_MOBILE, CARD_WORK_PHONE,
        CARD_HOME_PHONE, CARD_OTHER_PHONE, CARD_WORK_CITY, CARD_HOME_CITY, CARD_CATEGORIES };
    struct buf says = buf_new(arena, KB(4));

    buf_text(&says, card->name);
    for (size_t i = 0; i < COUNT_OF(said) && !says.over; i++)
        if (*fields->value[said[i]] != '\0')
            buf_printf(&says, "\n%s", fields->value[said[i]]);
    return text_casemap(arena, buf_string(&says));
}

/* For lists: not longer than one can read. */
static const char *
shortly(struct arena *arena, const char *text)
{
    enum { LONG = 200 };
    size_t n = strlen(text);

    if (n > LONG)
        for (n = LONG; ((unsigned char)text[n] & 0xc0) == 0x80; n--)
            ;
    return arena_copy(arena, text, n);
}

static fallible
note_card(struct request *rq, const struct dav_node *node, const struct card *card)
{
    struct card_fields fields;
    struct rows rows;

    card_fields_read(rq->arena, card, &fields);
    const char *phone = *fields.value[CARD_MOBILE] != '\0'       ? fields.value[CARD_MOBILE]
                        : *fields.value[CARD_WORK_PHONE] != '\0' ? fields.value[CARD_WORK_PHONE]
                        : *fields.value[CARD_HOME_PHONE] != '\0' ? fields.value[CARD_HOME_PHONE]
                                                                 : fields.value[CARD_OTHER_PHONE];
    db_defer(rq->db);
    return q_card_set(rq->db, rq->arena, node->parent_id, text_nfc(rq->arena, node->name),
        card->uid, shortly(rq->arena, card->name), shortly(rq->arena, fields.value[CARD_ORG]),
        shortly(rq->arena, fields.value[CARD_EMAIL]), shortly(rq->arena, phone), card->group,
        words_of(rq->arena, card, &fields), &rows);
}

static fallible
card_put(struct request *rq, const struct dav_node *node, const struct dav_content *content,
    struct dav_written *written)
{
    struct card card;

    if (content->inline_bytes == NULL || content->blob->size > (int64_t)CARD_SIZE)
        return REFUSE(rq->arena, CARD_TOO_LARGE);
    if (content->type != NULL && !is_card_type(content->type))
        return REFUSE(rq->arena, CARD_UNSUPPORTED);
    TRY(card_read(rq->arena, rq->lang, content->inline_bytes, (size_t)content->blob->size, &card));
    TRY(check_place(rq, node, &card));
    TRY(store_write(rq, node, content, TEXT_VCARD "; charset=utf-8", written));
    return note_card(rq, node, &card);
}

static fallible
card_remove(struct request *rq, const struct dav_node *node)
{
    struct rows rows;

    TRY(store_remove(rq, node));
    db_defer(rq->db);
    return q_card_forget(rq->db, rq->arena, node->id, &rows);
}

/* The book it comes to must take it, too. */
static fallible
check_arrival(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    struct dav_node there = *to;
    struct card card;

    TRY(contacts_read(rq, node, &card));
    if (to->parent_id == node->parent_id)
        there.id = node->id;
    return check_place(rq, &there, &card);
}

static fallible
card_copy(struct request *rq, const struct dav_node *node, const struct dav_node *to, bool deep)
{
    struct rows rows;

    if (to->parent_id == node->parent_id)
        return uid_conflict(rq, node, node->name);
    TRY(check_arrival(rq, node, to));
    TRY(store_copy(rq, node, to, deep));
    db_defer(rq->db);
    return q_card_copy(
        rq->db, rq->arena, node->id, to->parent_id, text_nfc(rq->arena, to->name), &rows);
}

/* Out of its tree it is a copy and a removal: who has seen it there is told that it is gone. */
static fallible
card_move(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    struct rows rows;

    if (node->root_id != to->root_id) {
        TRY(card_copy(rq, node, to, true));
        return card_remove(rq, node);
    }
    TRY(check_arrival(rq, node, to));
    TRY(store_move(rq, node, to));
    if (to->parent_id == node->parent_id)
        return NULL;
    db_defer(rq->db);
    return q_card_move(rq->db, rq->arena, node->id, to->parent_id, &rows);
}

const struct dav_kind card_kind = {
    .name = "card",
    .vary = "Accept",
    .row_max = card_row_max,
    .too_large = &CARD_TOO_LARGE,
    .properties = card_properties,
    .reports = card_reports,
    .read = card_get,
    .write = card_put,
    .remove = card_remove,
    .copy = card_copy,
    .move = card_move,
    .quota = store_quota,
    .reserve = store_reserve,
};

/* ---------------------------------------------------------------- address books */

static bool
is_free(const char *name)
{
    return strchr(name, '.') == NULL && strcmp(name, "inbox") != 0 && strcmp(name, "outbox") != 0;
}

static fallible
book_make(struct request *rq, const struct dav_node *node, const struct xml_in *properties UNUSED)
{
    int64_t id;

    if (!is_free(node->name))
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang, "An address book cannot have this name. Please choose another one."));
    return store_make(rq, node, NULL, &id);
}

/* All its contacts go with it, on every phone: that is for who may manage it. */
static fallible
book_remove(struct request *rq, const struct dav_node *node)
{
    if (!(node->rights & MAY_MANAGE))
        return REFUSE(rq->arena, NEED_WRITE);
    return store_remove(rq, node);
}

/* Another name; it stays whose it is. */
static fallible
book_move(struct request *rq, const struct dav_node *node, const struct dav_node *to)
{
    if (!(node->rights & MAY_MANAGE))
        return REFUSE(rq->arena, FORBIDDEN);
    if (node->root_id != to->root_id || !is_free(to->name))
        return REFUSE(rq->arena, BOOK_MISPLACED);
    return store_move(rq, node, to);
}

static const struct dav_type addressbook_type = { NS_CARDDAV, "addressbook" };

const struct dav_kind addressbook_kind = {
    .name = "addressbook",
    .collection = true,
    .type = &addressbook_type,
    .properties = addressbook_properties,
    .reports = addressbook_reports,
    .misplaced = &BOOK_MISPLACED,
    .member = &card_kind,
    .children = store_children,
    .several = store_several,
    .changes = store_changes,
    .make = book_make,
    .remove = book_remove,
    .move = book_move,
    .levels = store_levels,
    .set_levels = store_set_levels,
    .quota = store_quota,
};

/* ---------------------------------------------------------------- homes */

/* All address books of a chapter or a person; it has no address. */
static const struct dav_kind addressbooks_kind = {
    .name = "addressbooks",
    .collection = true,
    .child_collection = &addressbook_kind,
};

static const struct dav_kind home_kind = {
    .name = "addressbook-home", .collection = true, .children = home_children
};
static const struct dav_kind above_kind = {
    .name = "addressbook-homes", .collection = true, .children = home_list
};

const struct home contacts_home = {
    .tree = { .prefix = "/dav/contacts", .root = &addressbooks_kind },
    .kind = &home_kind,
    .above = &above_kind,
};

static fallible
contacts_find(struct request *rq, const struct path *below, struct dav_node *node)
{
    return home_find(rq, &contacts_home, below, node);
}

const struct dav_mount contacts_mount = {
    .prefix = "/dav/contacts",
    .area = AREA_CONTACTS,
    .features = "addressbook",
    .principal_properties = contacts_principal_properties,
    .scope = home_scope,
    .find = contacts_find,
};
