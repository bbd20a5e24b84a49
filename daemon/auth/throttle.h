#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include <stdbool.h>

#include "base/error.h"

struct request;

/*
 * Guessing is slowed down where all processes see it, in table login_failure:
 * from the fifth wrong password for a name from one network on, 2, 4, ... 60
 * seconds must pass; a network with 100 wrong ones in ten minutes waits until
 * they are over. A try is counted before its password is looked at and taken back
 * when it was right: fifty at once are fifty. A cached password does not even look.
 * Outside any transaction; these use one of their own.
 */

/*
 * Counts a try of this name from here; TOO_MANY when it must not be made. repeated: it is a
 * wrong password that has been counted before, so it only has to wait like others.
 */
fallible throttle_take(struct request *, const char *user, bool repeated);
/* What throttle_take() counted was no wrong password. */
fallible throttle_forgive(struct request *, const char *user);

/*
 * Counts an address that somebody may have guessed, such as the token of a link; TOO_MANY when
 * there were 100 wrong ones from her network in ten minutes. Right ones are never held back: there
 * are too many to guess, and people who share a network must not lock each other out.
 */
fallible throttle_guess(struct request *);

#endif
