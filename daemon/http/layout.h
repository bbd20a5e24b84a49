#ifndef HTTP_LAYOUT_H
#define HTTP_LAYOUT_H

#include "base/error.h"

struct arena;
struct head;

/*
 * The library cuts the head up where it lies: it puts NULs over the colons and line ends and
 * hands out pointers. What it did not understand, or understood in a way of its own, shows as
 * bytes that belong to nothing: a NUL inside the target, a name or a value, a continued line
 * (it goes to the end of the *name* before), a bare LF, a line without a name (it ends the head
 * early, and the rest would be read as a second request). BAD_REQUEST.
 * A head whose size is 0 is not one of the library's, and passes.
 */
fallible layout_check(struct arena *, const struct head *);

#endif
