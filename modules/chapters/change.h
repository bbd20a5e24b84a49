#ifndef CHAPTERS_CHANGE_H
#define CHAPTERS_CHANGE_H

/* Shared by what changes chapters and roles; private to this module. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;
struct lang;

#define CHAPTER_NAME_MAX    200
#define CHAPTER_NUMBER_MAX  40
#define CHAPTER_CONTACT_MAX 200

/*
 * The groups or the place of this chapter change, and with them the roles of all
 * its people, here and in the chapters above: collections that may have appeared
 * to or vanished from somebody are marked as changed, so that her clients learn of
 * it with the next sync. (A single grant marks them by itself, in the database.)
 */
fallible chapter_roles_changed(struct db *, struct arena *, const char *slug);

/*
 * May a chapter of this kind stand below parent_slug (NULL: at the top)? itself
 * is its id, 0 for a new one. The caller holds chapter_tree_lock. *parent_id 0
 * at the top.
 */
fallible chapter_check_place(struct db *, struct arena *, const struct lang *, const char *kind,
    const char *parent_slug, int64_t itself, int64_t *parent_id);

/* Trims the text; BAD_REQUEST, naming key, when it is no plain text or over `most` characters. */
fallible chapter_check_text(
    struct arena *, const struct lang *, const char *key, const char **value, size_t most);

#endif
