#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "base/error.h"

struct credentials;
struct principal;
struct request;

/*
 * Who has this name and password: from the cache, else from the directory, or,
 * when it looks like an app password, from our table and never from the directory.
 * *who is NULL when they are wrong. Refreshes her row in the database from
 * what the directory says. Outside any transaction; takes short ones of its own.
 * TOO_MANY while guessing is held back, TRY_LATER when the directory is silent.
 */
fallible login_check(struct request *, const struct credentials *, const struct principal **who);

#endif
