#ifndef ICAL_CARD_LINE_H
#define ICAL_CARD_LINE_H

#include "ical/object.h"

/* A line that is being changed: its parameters are its own. */
struct card_line {
    struct arena *arena;
    struct ical_line line;
    struct ical_param *param; /* line.param */
};

enum { CARD_LINE_ROOM = 6 }; /* so many parameters may be added */

/* A copy; `bytes` is what it stands in, for its names in the letters that they were sent in. */
struct card_line card_line_copy(struct arena *, const struct ical_line *, const char *bytes);

const char *card_line_param(const struct card_line *, const char *name);
/* Puts the one value in the place of what it had, or adds the parameter; NULL removes it. */
void card_line_set(struct card_line *, const char *name, const char *value);
/* Removes the parameter when that, in any letters, is what it says. */
void card_line_unset(struct card_line *, const char *name, const char *value);

/* One value of TYPE: whether it was there and is not any more; in any letters. */
bool card_line_take_type(struct card_line *, const char *type);
void card_line_add_type(struct card_line *, const char *type);

#endif
