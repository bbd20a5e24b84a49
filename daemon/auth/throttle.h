#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/error.h"

struct request;

/*
 * Guessing is slowed down where all processes see it, in table login_failure:
 * from the fifth wrong password for a name from one network on, 2, 4, ... 60
 * seconds must pass; a network with 100 wrong ones in ten minutes waits until
 * they are over. A good password costs nothing, a cached one does not even look.
 * Outside any transaction; these use one of their own.
 */

/* May this name be tried from here? TOO_MANY otherwise. */
fallible throttle_check(struct request *, const char *user);
/* It was the wrong password. */
fallible throttle_failed(struct request *, const char *user);

#endif
