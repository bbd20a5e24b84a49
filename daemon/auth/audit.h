#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include <stdint.h>

#include "auth/access.h"
#include "base/error.h"

struct arena;
struct db;

/*
 * The audit log: who did what to whose rights, and to what cannot be undone. An
 * entry is written in the transaction of the change by audit(): it commits
 * with it or not at all. It holds names of things, never contents, passwords or
 * addresses, and no names of people: those are looked up when it is read.
 */

/*
 * What can be told. Each has its word in the database, its sentence and the
 * details it needs in audit.c; the words never change.
 */
enum audit_what {
    /* rights: what the chapter decides itself */
    AUDIT_ROLE_GIVEN,         /* about, role, until; reason */
    AUDIT_ROLE_TAKEN,         /* about, role */
    AUDIT_LEVELS_SET,         /* object a collection, was, now */
    AUDIT_LEVELS_INHERITED,   /* object a collection, was: it follows its parent again */
    AUDIT_SHARED_WITH_PERSON, /* object, about, now, until: a grant; until may be NULL */
    AUDIT_SHARED_WITH_GROUP,  /* object, other (the group's title), now, until */
    AUDIT_UNSHARED_PERSON,    /* object, about */
    AUDIT_UNSHARED_GROUP,     /* object, other */
    AUDIT_GROUP_MADE,         /* object a group */
    AUDIT_GROUP_CHANGED,      /* object; other: what was changed */
    AUDIT_GROUP_REMOVED,      /* object */
    AUDIT_GROUP_JOINED,       /* object, about, until */
    AUDIT_GROUP_LEFT,         /* object, about */
    AUDIT_GUEST_INVITED,      /* about, until */
    AUDIT_GUEST_ENDED,        /* about */
    AUDIT_LINK_MADE,          /* object, other (what it is for), until: anybody who has it reads */
    AUDIT_DROP_BOX_MADE,      /* object, other, until: anybody who has it puts files there */
    AUDIT_LINK_RENEWED,       /* object, other, until: a new address, the old one is no good */
    AUDIT_LINK_RENAMED,       /* object, other (what it is for now), until */
    AUDIT_LINK_CONFIRMED,     /* object, other, until: works again after a restore */
    AUDIT_LINK_ENDED,         /* object, other */

    /* the chapter itself */
    AUDIT_CHAPTER_MADE,    /* object the chapter */
    AUDIT_CHAPTER_CHANGED, /* object; other: the settings that were changed */
    AUDIT_CHAPTER_CLOSED,
    AUDIT_CHAPTER_OPENED,
    AUDIT_GROUPS_SET,  /* role, amount: how many groups of the directory give it now */
    AUDIT_QUOTA_SET,   /* was_amount, amount: bytes */
    AUDIT_PERSON_LEFT, /* about: no longer in the directory */

    /* contents as a whole */
    AUDIT_FOLDER_DELETED, /* object */
    AUDIT_TRASH_RESTORED, /* object: a folder that was deleted */
    AUDIT_TRASH_PURGED,   /* object; amount: bytes */
    AUDIT_VERSIONS_SET,      /* object a collection; amount: days, was_amount: versions of each document */
    AUDIT_VERSIONS_INHERITED,
    AUDIT_RETENTION_SET,     /* object; amount: months, other: "change" or "upload" */
    AUDIT_RETENTION_NEVER,   /* object: nothing in it is deleted by rules */
    AUDIT_RETENTION_ENDED,   /* object */
    AUDIT_RETENTION_DELETED, /* object; amount: documents, was_amount: months, other as above */
    AUDIT_CHAPTER_EXPORTED,
    AUDIT_CHAPTER_IMPORTED,

    /* those who run the installation */
    AUDIT_OVERRIDE_BEGUN, /* amount: minutes; reason */
    AUDIT_OVERRIDE_ENDED,
    AUDIT_RESTORED,     /* of the installation; other: the time of the backup */
    AUDIT_DEBUG_LOG_ON, /* of the installation; amount: hours at most */

    /* a person's own */
    AUDIT_APP_PASSWORD_MADE, /* object */
    AUDIT_APP_PASSWORD_REMOVED,
    AUDIT_PERSON_EXPORTED,
    AUDIT_WHATS
};

/* For filters; each word belongs to one. */
enum audit_group {
    AUDIT_OF_RIGHTS = 1,
    AUDIT_OF_CHAPTER,
    AUDIT_OF_CONTENTS,
    AUDIT_OF_OPERATION,
    AUDIT_OF_PERSON
};

/* For `by`, in place of a person's id. */
enum {
    BY_OPERATOR = 0, /* whoever runs chapterctl */
    BY_SERVICE = -1  /* the daemon by itself */
};

struct audit_levels {
    enum role read, write;
};

struct audit_entry {
    enum audit_what what;
    int64_t by;        /* a person, BY_OPERATOR or BY_SERVICE */
    int64_t chapter;   /* whose board reads it; with 0 it is the whole installation's ... */
    int64_t owner;     /* ... or this person's alone */
    const char *kind;  /* of the object: "folder", "calendar", "group"; NULL: "chapter" */
    int64_t object;    /* its id, or 0 */
    const char *title; /* what it is called; cut at 200 characters; NULL: none */
    int64_t about;     /* the person whom it concerns; 0: none */
    const char *other; /* NULL: none */
    enum role role;    /* ROLE_PUBLIC: none */
    const struct audit_levels *was, *now; /* NULL: none */
    int64_t was_amount, amount;
    const char *until;  /* "2027-03-31", the last day; NULL: none */
    const char *reason; /* cut at 500 characters; NULL: none */
};

/*
 * Adds an entry, in a transaction that writes and whose scope has the chapter
 * (or the owner). Which details a word needs is asserted.
 */
fallible audit(struct db *, struct arena *, const struct audit_entry *);

/* The word in the database, also in JSON and CSV. */
const char *audit_word(enum audit_what);
/* -1: there is no such word (here; a later version may have had more). */
int audit_find(const char *word);
enum audit_group audit_group(enum audit_what);

#endif
