#ifndef AUTH_APP_PASSWORD_H
#define AUTH_APP_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct bytes;
struct credentials;
struct principal;
struct request;

/*
 * Passwords of one device or program, for WebDAV alone: "cd_17_7kq2m9...".
 * The number finds the row; the secret has 25 digits of Crockford's base 32
 * (125 random bits), of which the table keeps the SHA-256. Checked without the directory.
 */
enum { APP_PASSWORD_SECRET = 25, APP_PASSWORDS_MAX = 20 };

/* Does it begin like one ("cd_17_")? Then it is never shown to the directory, whatever follows. */
bool app_password_looks_like(const char *password);

/*
 * Reads one as people type it: in any case, o for 0, i and l for 1, blanks at
 * the ends. secret becomes the digits as they were made. False: it cannot be one of ours.
 */
bool app_password_read(const char *password, int64_t *id, char secret[APP_PASSWORD_SECRET + 1]);

/* A new secret; and a whole password out of it. Wiped when the arena ends. */
const char *app_password_secret(struct arena *);
const char *app_password_write(struct arena *, int64_t id, const char *secret);
/* What the table keeps of a secret. */
struct bytes app_password_hash(struct arena *, const char *secret);

/*
 * Whose it is: *who can only what the password is for, and is NULL when it is
 * wrong, taken back, expired, or not of this login name (former ones count).
 * Outside any transaction; takes short ones of its own.
 */
fallible app_password_check(
    struct request *, const struct credentials *, const struct principal **who);

#endif
