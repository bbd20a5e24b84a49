#ifndef CONTACTS_PAGES_H
#define CONTACTS_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ical/card_fields.h"
#include "webdav/dav.h"

struct out;
struct request;
struct response;
struct view;

/* ---------------------------------------------------------------- where a page is */

/* An address book of the chapter in the route, as its pages see it. */
struct book_choice {
    const char *name, *title;
    bool chosen;
};
struct contacts_place {
    const char *here;  /* address of its list, without a question mark: links add ?book= and more */
    const char *book;  /* "kontakte"; NULL: there is none that she may read */
    const char *title; /* what the book is called */
    struct dav_node node;
    bool may_write;
    struct book_choice *choice;
    int n_choices;
};

/* The book that ?book= or the form's field names, else the first that she may read. NOT_FOUND for
 * one that she may not. */
fallible contacts_place(struct request *, struct contacts_place *);
/* Those that she may read, none of which is chosen. */
fallible contacts_books(struct request *, struct contacts_place *);
/* The path of a file in the book. */
struct path contacts_path(struct request *, const struct contacts_place *, const char *file);
/* "{here}/{file}?book=…&…": file and more may be NULL. */
const char *contacts_href(
    struct request *, const struct contacts_place *, const char *file, const char *more);
/* Begins a page with its crumbs. */
struct out *contacts_begin(struct request *, struct response *, const struct contacts_place *,
    const char *title, bool below /* the list */, struct view *);

/* Stores a card there as a PUT would; it is checked by the kind. */
fallible contacts_store(struct request *, const struct contacts_place *, const char *file,
    const char *bytes, size_t n, bool replace);
/* A name for the file of a card with that UID. */
const char *contacts_file(struct request *, const char *uid);

/* ---------------------------------------------------------------- what they show */

struct contact_row {
    const char *name, *href, *org, *email, *phone;
    bool group;
};
struct contacts_sheet {
    const struct contacts_place *place;
    const char *said;                     /* what was searched for; "": all */
    const char *add, *import, *vcf, *csv; /* addresses */
    const struct contact_row *row;
    int n;
    int64_t total;
    const char *first, *more; /* addresses or NULL */
};

/* A line of a contact: what it is (a msgid; NULL: as the one before), and what it says. */
struct contact_fact {
    const char *title, *text;
    const char *href; /* or NULL */
};
struct contact_sheet {
    bool group, may_write;
    const char *edit, *vcf, *here; /* addresses; here: what the form that removes it is sent to */
    const struct contact_fact *fact;
    int n;
    const struct contact_fact *member;
    int n_members;
    int others; /* lines of the card that are not among the facts */
};

struct contact_form {
    const char *action, *back, *problem; /* problem NULL: none */
    const char *etag;                    /* of the card that is changed; "" of a new one */
    const char *book;
    struct card_fields fields;
    bool made; /* there is one already: it is changed */
};

struct import_line {
    const char *name, *text; /* text: why not, or what of it */
    bool taken;
};
struct import_sheet {
    const char *action, *back, *problem;
    const char *book;
    bool looked;       /* a file has been read; otherwise it is asked for */
    const char *cards; /* all that can be added, as vCards */
    const struct import_line *line;
    int n, n_new, n_there, n_bad;
    const char *ignored; /* columns that were not understood, or NULL */
};

/* A field of the form. */
struct field_kind {
    enum card_field field;
    const char *title, *type; /* msgid; of the <input>, "" for more than one line */
};
extern const struct field_group {
    const char *title;
    struct field_kind field[8];
    int n;
    bool seldom; /* folded away while nothing of it is filled */
} contacts_groups[];
extern const int contacts_n_groups;
bool contacts_group_filled(const struct field_group *, const struct card_fields *);

/* pages/contacts.html, pages/contact.html, pages/import.html */
void contacts_list(struct out *, const struct view *, const struct contacts_sheet *);
void contacts_one(struct out *, const struct view *, const struct contact_sheet *);
void contacts_edit(struct out *, const struct view *, const struct contact_form *);
void contacts_bring(struct out *, const struct view *, const struct import_sheet *);

/* ---------------------------------------------------------------- handlers */

/* /c/{chapter}/contacts/{file} and what is asked of it: GET, and POST with its scope. */
fallible contacts_page(struct request *, struct response *);
fallible contacts_scope(struct request *);
fallible contacts_post(struct request *, struct response *);

fallible contacts_list_page(struct request *, struct response *, const struct contacts_place *);
/* kind: "vcf" or "csv" */
fallible contacts_export(
    struct request *, struct response *, const struct contacts_place *, const char *kind);
fallible contacts_one_page(
    struct request *, struct response *, const struct contacts_place *, const char *file);
/* file NULL: a new one */
fallible contacts_edit_page(
    struct request *, struct response *, const struct contacts_place *, const char *file);
fallible contacts_save(
    struct request *, struct response *, const struct contacts_place *, const char *file);
fallible contacts_import_page(struct request *, struct response *, const struct contacts_place *);
fallible contacts_import_look(struct request *, struct response *, const struct contacts_place *);
fallible contacts_import_add(struct request *, struct response *, const struct contacts_place *);

#endif
