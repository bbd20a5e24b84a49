#ifndef ICAL_PATCH_H
#define ICAL_PATCH_H

#include <stddef.h>

#include "ical/object.h"

struct arena;

/*
 * Changes of an object that leave all other bytes as they were sent. What is cut, swapped or put in
 * is named by where it stands in the bytes before; no two changes may overlap.
 */
struct ical_patch;

struct ical_patch *ical_patch_new(struct arena *, const char *bytes, size_t n);
void ical_patch_cut(struct ical_patch *, size_t from, size_t to);
/* Whole lines; of several at one place the first put in stands first. */
void ical_patch_put(struct ical_patch *, size_t at, const char *text);

/* Lines instead of all lines of that name in a component; behind its others where it has none of
 * them. NULL: it has none afterwards. */
void ical_patch_set(
    struct ical_patch *, const struct ical_component *, const char *name, const char *text);

/* The bytes with all of it, NUL-terminated. */
const char *ical_patch_apply(struct ical_patch *, size_t *n);

#endif
