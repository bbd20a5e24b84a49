#ifndef AUTH_NEXT_H
#define AUTH_NEXT_H

/*
 * Where to go after signing in, as a stranger may have written it into the
 * link: an address of ours without scheme and host, else "/" (H10).
 */
const char *next_or_home(const char *next);

#endif
