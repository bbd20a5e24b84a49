#ifndef CONTACTS_CONTACTS_H
#define CONTACTS_CONTACTS_H

#include "base/error.h"
#include "webdav/home.h"

struct app;
struct arena;
struct card;
struct dav_mount;
struct db;
struct export_sink;
struct request;
struct search_hits;
struct module;

/*
 * Address books of chapters and of people (RFC 6352). Each person finds all of hers in one home,
 * /dav/contacts/{uid}/ (webdav/home.h). A book holds cards as they were sent (ical/card.h); in
 * which version of vCard they are answered is the client's wish.
 */
extern const struct module contacts_module;

extern const struct dav_kind addressbook_kind, card_kind;
extern const struct dav_mount contacts_mount;
extern const struct home contacts_home;

/* The address book a new chapter starts with. */
fallible contacts_chapter_made(const struct app *, struct db *, struct arena *, int64_t chapter);
/*
 * Removes address books that were deleted long ago. What was deleted of a book is remembered as
 * long as the book is: Thunderbird never recovers from a token that is too old (decisions 1.21).
 */
fallible contacts_retention(const struct app *, struct db *, struct arena *, int64_t *removed);

/* Doors of the module. In a transaction of the caller, whose scope has the chapter or person. */
fallible contacts_search(struct request *, const char *words, int limit, struct search_hits *);
fallible contacts_chapter_export(
    const struct app *, struct db *, struct arena *, int64_t chapter, struct export_sink *);
fallible contacts_person_export(
    const struct app *, struct db *, struct arena *, int64_t person, struct export_sink *);
fallible contacts_person_erase(const struct app *, struct db *, struct arena *, int64_t person);

/* Preconditions of RFC 6352, 6.3.2.1. */
extern const struct condition CARD_NO_UID_CONFLICT, CARD_TOO_LARGE;

#define TEXT_VCARD "text/vcard"

/* The card that a node holds; it is one, since nothing else is taken. */
fallible contacts_read(struct request *, const struct dav_node *, struct card *);

#endif
