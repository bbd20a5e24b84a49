#ifndef CHAPTERS_CHAPTER_H
#define CHAPTERS_CHAPTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct db;
struct lang;

/*
 * Chapters: made, changed, closed, read. Used by chapterctl and by the pages;
 * none of these functions asks who wants it. All run inside the caller's
 * transaction; those that change something need READ_WRITE.
 */

struct chapter {
    int64_t id, parent_id; /* parent_id 0: at the top */
    const char *slug, *name, *kind;
    const char *number, *contact;     /* or NULL */
    const char *parent, *parent_name; /* slug and name; NULL at the top */
    const char *language;
    bool members_go_up;
    int64_t created, archived; /* microseconds; archived 0: open */
    int depth;                 /* 0 at the top; only in lists */
};

struct chapter_list {
    const struct chapter *chapter;
    int n;
};

/* NOT_FOUND when no chapter has this slug; one that is archived is found. */
fallible chapter_find(
    struct db *, struct arena *, const struct lang *, const char *slug, struct chapter *);
/* The whole tree, each chapter after its parent. */
fallible chapter_all(struct db *, struct arena *, bool archived_too, struct chapter_list *);
/* The open chapters directly below one; only id, slug, name, kind and number are set. */
fallible chapter_children(struct db *, struct arena *, int64_t id, struct chapter_list *);
/* Bytes stored and allowed. The chapter must be in the scope. */
fallible chapter_space(struct db *, struct arena *, int64_t id, int64_t *used, int64_t *max);

/* A group of the directory that gives a role. */
struct chapter_group {
    int role;        /* enum role */
    const char *key; /* normalised DN */
};
struct chapter_groups {
    const struct chapter_group *group;
    int n;
};
fallible chapter_groups(struct db *, struct arena *, int64_t id, struct chapter_groups *);

/* What a new chapter is given. */
struct chapter_new {
    const char *slug, *name, *kind; /* kind: "state", "district", "local", "network" */
    const char *parent;             /* slug, or NULL */
    const char *number;             /* or NULL */
    const char *language;           /* tag, or NULL for the installation's */
    int64_t quota;                  /* bytes; negative: as configured */
};

/*
 * Adds a chapter with all that belongs to it: the groups of the directory as
 * configured, its quota, and what each module starts with. The scope of the
 * transaction is widened by it. BAD_REQUEST says what is wrong with which
 * value, NOT_FOUND that the parent does not exist, CONFLICT that the slug is
 * taken, also when somebody else was faster by a moment.
 */
fallible chapter_add(
    const struct app *, struct db *, struct arena *, const struct chapter_new *, int64_t *id);

/*
 * Changes settings of a chapter, given as "key=value"; a key that takes several
 * values (the groups) may come several times, and an empty value clears. Keys:
 * name, number, parent, contact, language, quota, members_go_up, member_group,
 * board_group, chair_group. All or nothing; errors as of chapter_add().
 */
fallible chapter_set(const struct app *, struct db *, struct arena *, const struct chapter *,
    const char *const *changes, int n);

/*
 * Closes a chapter (nobody reads or writes, nothing is deleted) or opens it
 * again. *done is false when it was so already. CONFLICT while a chapter below
 * it is open, or when its parent is closed.
 */
fallible chapter_archive(const struct app *, struct db *, struct arena *, const struct chapter *,
    bool closed, bool *done);

/* ---- rules, without database (rules.c) ---- */

/* NULL when the text may be the slug of a new chapter, else a msgid that says why not. */
const char *chapter_slug_fault(const char *slug);

/* NULL when a chapter of this kind may stand there (parent_kind NULL: at the top), else a msgid. */
const char *chapter_place_fault(const char *kind, const char *parent_kind);

/* The roles a chapter gives, by their words in chapterctl and addresses; 0 when it is none. */
int chapter_role(const char *word);
const char *chapter_role_word(int role);

#endif
