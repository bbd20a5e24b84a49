#ifndef CHAPTERS_APPLY_H
#define CHAPTERS_APPLY_H

#include <stddef.h>

#include "base/error.h"

struct arena;

/*
 * The file of "chapterctl apply": chapters as they should be.
 *
 *   # a remark
 *   [jena]
 *   kind = district
 *   name = Kreisverband Jena
 *
 * Sections are slugs, keys those of "chapter set" and `kind`; those of groups may come several
 * times, all others once. Blanks around names and values do not count.
 */

struct apply_setting {
    const char *key, *value; /* "" clears */
    int line;
};
struct apply_chapter {
    const char *slug;
    int line;
    struct apply_setting *set;
    int n;
};
struct apply_plan {
    const char *path; /* for messages */
    struct apply_chapter *chapter;
    int n;
};

enum { APPLY_LINE_MAX = 4096, APPLY_CHAPTERS_MAX = 10000, APPLY_SETTINGS_MAX = 64 };

/* Takes the text apart. BAD_REQUEST names file, line and remedy; nothing is known of chapters here.
 */
fallible apply_read(
    struct arena *, const char *path, const char *text, size_t n, struct apply_plan *);

/* The value of a key that comes once, or NULL. */
const struct apply_setting *apply_get(const struct apply_chapter *, const char *key);

#endif
