#include "auth/app_password.h"

#include <ctype.h>
#include <string.h>

#include "auth/access.h"
#include "auth/basic.h"
#include "auth/principal.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/token.h"
#include "db/db.h"
#include "http/request.h"
#include "q/account.h"

#define PREFIX    "cd_"
#define ID_DIGITS 18 /* fit into an int8 */

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const struct db_scope no_scope = { .chapters = "" };

/* Where the secret begins, or NULL. */
static const char *
after_prefix(const char *password, int64_t *id)
{
    const char *at = password + strspn(password, " ");
    char number[ID_DIGITS + 1];

    if (tolower((unsigned char)at[0]) != 'c' || tolower((unsigned char)at[1]) != 'd' ||
        at[2] != '_')
        return NULL;
    at += strlen(PREFIX);
    size_t n = strspn(at, "0123456789");
    if (n == 0 || at[n] != '_')
        return NULL;
    *id = 0;
    if (n <= ID_DIGITS) {
        memcpy(number, at, n);
        number[n] = '\0';
        if (!text_to_int(number, INT64_MAX, id))
            *id = 0;
    }
    return at + n + 1;
}

bool
app_password_looks_like(const char *password)
{
    int64_t id;

    return after_prefix(password, &id) != NULL;
}

/* The digit that is meant; 0 when it is none. */
static char
digit_of(char c)
{
    char small = (char)tolower((unsigned char)c);

    if (small == 'o')
        return '0';
    if (small == 'i' || small == 'l')
        return '1';
    return small != '\0' && strchr(digits, small) != NULL ? small : '\0';
}

bool
app_password_read(const char *password, int64_t *id, char secret[APP_PASSWORD_SECRET + 1])
{
    const char *at = after_prefix(password, id);

    if (at == NULL || *id == 0)
        return false;
    for (int i = 0; i < APP_PASSWORD_SECRET; i++, at++)
        if ((secret[i] = digit_of(*at)) == '\0')
            return false;
    secret[APP_PASSWORD_SECRET] = '\0';
    return at[strspn(at, " ")] == '\0';
}

const char *
app_password_secret(struct arena *arena)
{
    unsigned char random[APP_PASSWORD_SECRET];
    char *secret = arena_alloc(arena, APP_PASSWORD_SECRET + 1);

    random_bytes(random, sizeof random);
    for (int i = 0; i < APP_PASSWORD_SECRET; i++)
        secret[i] = digits[random[i] % 32];
    secret[APP_PASSWORD_SECRET] = '\0';
    forget(random, sizeof random);
    credentials_wipe_later(arena, secret);
    return secret;
}

const char *
app_password_write(struct arena *arena, int64_t id, const char *secret)
{
    char *password = arena_printf(arena, PREFIX "%lld_%s", (long long)id, secret);

    credentials_wipe_later(arena, password);
    return password;
}

struct bytes
app_password_hash(struct arena *arena, const char *secret)
{
    unsigned char *digest = arena_alloc(arena, SHA256_SIZE);

    sha256(secret, strlen(secret), digest);
    return (struct bytes){ digest, SHA256_SIZE };
}

/* What the table says, in one transaction. */
struct finding {
    const struct principal *who; /* NULL: wrong */
    bool used_today;
};

static fallible
look_up(struct request *rq, int64_t id, const char *user, struct bytes hash, struct finding *found)
{
    const struct principal *loaded;
    struct rows rows;
    bool unused;

    TRY(q_app_password_find(rq->db, rq->arena, id, user, &rows));
    if (rows.n == 0)
        return NULL;
    struct app_password_find_row row = app_password_find_row(&rows, 0);
    if (row.hash.n != hash.n || !same_secret(row.hash.p, hash.p, hash.n))
        return NULL;
    TRY(principal_load(rq->db, rq->arena, row.person, NULL, &loaded, &unused));
    if (loaded->person == 0)
        return NULL;

    struct principal *p = NEW(rq->arena, struct principal);
    *p = *loaded;
    p->only = (unsigned)row.areas;
    p->until = row.expires_is_null ? 0 : row.expires;
    p->old_uid = row.former ? user : NULL;
    *found = (struct finding){ p, row.used_today };
    return NULL;
}

static fallible
note_use(struct request *rq, int64_t id)
{
    struct rows rows;

    TRY(db_begin(rq->db, rq->arena, READ_WRITE, &no_scope));
    struct error *e = q_app_password_used(rq->db, rq->arena, id, &rows);
    if (e != NULL) {
        db_rollback(rq->db);
        return e;
    }
    return db_commit(rq->db, rq->arena);
}

/* Windows puts "HOST\" before the name (cl-A7). */
static const char *
name_of(struct request *rq, const char *user)
{
    const char *backslash = strchr(user, '\\');

    return text_trim(rq->arena, backslash != NULL ? backslash + 1 : user);
}

fallible
app_password_check(
    struct request *rq, const struct credentials *credentials, const struct principal **who)
{
    char secret[APP_PASSWORD_SECRET + 1];
    struct finding found = { NULL, false };
    int64_t id;

    *who = NULL;
    if (!app_password_read(credentials->password, &id, secret))
        return NULL;
    struct bytes hash = app_password_hash(rq->arena, secret);
    forget(secret, sizeof secret);
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    struct error *e = look_up(rq, id, name_of(rq, credentials->user), hash, &found);
    if (e != NULL) {
        db_rollback(rq->db);
        return e;
    }
    TRY(db_commit(rq->db, rq->arena));
    *who = found.who;
    return found.who == NULL || found.used_today ? NULL : note_use(rq, id);
}
