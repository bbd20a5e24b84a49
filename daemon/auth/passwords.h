#ifndef AUTH_PASSWORDS_H
#define AUTH_PASSWORDS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct config;
struct directory;
struct principal;

/*
 * Which passwords the directory confirmed or refused a moment ago. Keeps no
 * password: a keyed hash of name and password, under a key that only this
 * process has, in memory that is neither swapped nor dumped. Confirmed ones
 * are known config->password_cache seconds, refused ones PASSWORDS_BAD_S
 * (so that a telephone with an old password cannot lock the account), at most
 * PASSWORDS_MAX of each. Thread-safe.
 */
struct passwords;

enum {
    PASSWORDS_BAD_S = 30,
    PASSWORDS_REPEATED_S = 600,
    PASSWORDS_MAX = 25000,
    PASSWORD_BYTES_MAX = 1024,
    USER_BYTES_MAX = 256
};

/* Owns the directory. NULL without memory. */
struct passwords *passwords_new(const struct config *, struct directory *);
void passwords_free(struct passwords *); /* NULL is allowed */
struct directory *passwords_directory(const struct passwords *);

enum password_state {
    PASSWORD_GOOD, /* *who is a copy in the arena */
    PASSWORD_BAD,
    PASSWORD_ASK, /* not known: ask the directory, then call passwords_learn() */
    PASSWORD_BUSY /* somebody else asked the same and got no answer in time */
};

/* One question under way. */
struct password_question;

/*
 * What is known. Of several threads that ask the same at once one gets
 * PASSWORD_ASK and *question; the others wait for its answer, the first few
 * at most PASSWORDS_WAIT_S, more of them only a moment.
 */
enum { PASSWORDS_WAIT_S = 8 };
enum password_state passwords_ask(struct passwords *, struct arena *, const char *user,
    const char *password, const struct principal **who, struct password_question **question);

/*
 * Was the same password refused for the same name in the last ten minutes? Then
 * it is a telephone that does not know the new one, and not somebody who guesses.
 */
bool passwords_repeated(const struct password_question *);

/*
 * The answer: PASSWORD_GOOD with who, PASSWORD_BAD, or PASSWORD_BUSY when
 * there was none. Ends the question. It is not kept when rights have changed
 * since it was asked.
 */
void passwords_learn(struct passwords *, struct password_question *, enum password_state,
    const struct principal *who);

/* Forgets one person (rights or login have changed), or, with 0, everything. */
void passwords_drop(struct passwords *, int64_t person);
/* For notifications on channel "chapterd_rights": a person's id, or "" for all. */
void passwords_notified(struct passwords *, const char *payload);

/* How many are kept: for tests. */
int passwords_held(struct passwords *);

/* password_matches() of base/token.h, one at a time, for hashes that are none of the directory's.
 */
bool passwords_match(struct passwords *, const char *hash, const char *password);

/* The key of the hashes that failed logins are counted under, once throttle.c has read it. */
enum { LOGIN_KEY_SIZE = 32 };
bool passwords_login_key(struct passwords *, unsigned char key[LOGIN_KEY_SIZE]);
void passwords_set_login_key(struct passwords *, const unsigned char key[LOGIN_KEY_SIZE]);

#endif
