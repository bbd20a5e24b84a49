#ifndef CHAPTERS_PEOPLE_H
#define CHAPTERS_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct app;
struct arena;
struct db;
struct directory_person;

/*
 * People by their login names, for those who give roles. Somebody who has never
 * signed in stands in the directory alone, and that is asked outside any
 * transaction: look first, then find inside.
 */

/*
 * *found is what the directory says of a login name that nobody here has had yet; NULL when
 * somebody has, or the directory does not know it either. TRY_LATER when it is silent.
 */
fallible people_look_up(const struct app *, struct db *, struct arena *, const char *uid,
    const struct directory_person **found);

/*
 * The person of a login name (a former one is understood), inside a transaction; `found`, if not
 * NULL, is added when nobody has the name. NOT_FOUND; CONFLICT for somebody who has left.
 */
fallible people_find(const struct app *, struct db *, struct arena *, const char *uid,
    const struct directory_person *found, int64_t *id);

/* BAD_REQUEST when the text is no day or is over; with `guest` also when it is missing (NULL) or
 * more than a year away. NULL else is "until taken back". */
fallible people_check_until(
    const struct app *, struct db *, struct arena *, const char *until, bool guest);

#endif
