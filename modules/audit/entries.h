#ifndef AUDIT_ENTRIES_H
#define AUDIT_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/audit.h"
#include "base/error.h"
#include "q/audit.h"

struct arena;
struct db;
struct lang;

/* Which entries of a chapter's log. All zero: the newest of all kinds. */
struct audit_filter {
    enum audit_group group;    /* 0: all */
    const char *since, *till;  /* days, "2027-03-31", both included; or NULL */
    int64_t before;            /* id of the entry that the page before ended with; 0: none */
};

struct audit_entries {
    const struct audit_of_chapter_row *entry; /* the newest first */
    int n;
    bool more; /* there are older ones */
};

/* At most `most` entries. The chapter must be in the scope; who asks is the caller's business. */
fallible audit_read(struct db *, struct arena *, int64_t chapter, const struct audit_filter *,
    const char *zone, int most, struct audit_entries *);

/* "rights", "chapter", "contents", "operation", for addresses; NULL: no such group. */
const char *audit_group_word(enum audit_group);
/* What it is called, a msgid. */
const char *audit_group_title(enum audit_group);
/* 0 when the word is none. */
enum audit_group audit_group_find(const char *word);

/* What an entry tells, as sentences: "Mia Muster deleted the folder ...". Plain text. */
const char *audit_sentence(
    struct arena *, const struct lang *, const struct audit_of_chapter_row *);
/* Who did it: a name, also for somebody who is no longer known. */
const char *audit_actor(struct arena *, const struct lang *, const struct audit_of_chapter_row *);

/* The sentence of a word before it is filled in, a msgid; for tests. */
const char *audit_template(enum audit_what);

#endif
