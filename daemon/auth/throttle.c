#include "auth/throttle.h"

#include <ctype.h>
#include <string.h>

#include "auth/auth.h"
#include "auth/passwords.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/token.h"
#include "db/db.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "q/session.h"

#define NETWORK_FAILURES_MAX 100

static const struct db_scope no_scope = { .chapters = "" };

static fallible
read_key(struct request *rq, unsigned char key[LOGIN_KEY_SIZE])
{
    struct rows rows;

    if (passwords_login_key(rq->app->passwords, key))
        return NULL;
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(rq->db, rq->arena, q_login_key(rq->db, rq->arena, &rows)));
    struct bytes stored = login_key_row(&rows, 0).key;
    if (stored.n != LOGIN_KEY_SIZE)
        return error_cause(REFUSE(rq->arena, INTERNAL), rq->arena, "installation.login_key");
    memcpy(key, stored.p, LOGIN_KEY_SIZE);
    passwords_set_login_key(rq->app->passwords, key);
    return NULL;
}

/*
 * The name much as the directory compares it, so that another spelling is not
 * another try: without "HOST\", in lower case, one blank for many.
 */
static const char *
account_of(struct request *rq, const char *user)
{
    const char *backslash = strrchr(user, '\\');
    const char *from = text_trim(rq->arena, backslash == NULL ? user : backslash + 1);
    char *name = arena_copy(rq->arena, from, strlen(from)), *to = name;

    for (const char *c = name; *c != '\0'; c++)
        if (*c != ' ' || c[1] != ' ')
            *to++ = (char)tolower((unsigned char)*c);
    *to = '\0';
    return name;
}

static struct bytes
hash(struct request *rq, const unsigned char *key, const char *account, const char *network)
{
    unsigned char *mac = arena_alloc(rq->arena, SHA256_SIZE);
    const char *text = arena_printf(rq->arena, "%s\n%s", account, network);

    hmac_sha256(key, LOGIN_KEY_SIZE, text, strlen(text), mac);
    return (struct bytes){ mac, SHA256_SIZE };
}

static fallible
buckets(struct request *rq, const char *user, struct bytes *account, struct bytes *network)
{
    unsigned char key[LOGIN_KEY_SIZE];

    TRY(read_key(rq, key));
    *account = hash(rq, key, account_of(rq, user), rq->client.network);
    *network = hash(rq, key, "", rq->client.network);
    forget(key, sizeof key);
    return NULL;
}

/* Why it must wait, and how long. */
static fallible
held_back(struct request *rq, struct bytes account, struct bytes network)
{
    struct rows rows;

    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(rq->db, rq->arena, q_login_wait(rq->db, rq->arena, account, network, &rows)));
    struct login_wait_row row = login_wait_row(&rows, 0);
    if (row.failures >= NETWORK_FAILURES_MAX)
        return FAIL(rq->arena, TOO_MANY, "%s",
            tr(rq->lang,
                "Too many wrong passwords came from your network. Please wait ten minutes."));
    if (row.wait > 0)
        return FAIL(rq->arena, TOO_MANY,
            tr(rq->lang, "Too many wrong passwords. Please wait %d seconds, then try again."),
            (int)row.wait);
    return NULL;
}

/* *taken: it is counted; else the transaction was rolled back. */
static fallible
take(struct request *rq, struct bytes account, struct bytes network, bool *taken)
{
    struct rows rows;

    TRY(db_begin(rq->db, rq->arena, READ_WRITE, &no_scope));
    struct error *e =
        q_login_take(rq->db, rq->arena, account, network, NETWORK_FAILURES_MAX, &rows);
    if (e != NULL) {
        db_rollback(rq->db);
        return e;
    }
    struct login_take_row row = login_take_row(&rows, 0);
    *taken = row.account && row.network;
    if (*taken)
        return db_commit(rq->db, rq->arena);
    db_rollback(rq->db);
    return NULL;
}

fallible
throttle_take(struct request *rq, const char *user, bool repeated)
{
    struct bytes account, network;
    bool taken = false;

    TRY(buckets(rq, user, &account, &network));
    if (!repeated)
        TRY(take(rq, account, network, &taken));
    if (taken)
        return NULL;
    TRY(held_back(rq, account, network));
    /* Its time was over between the two looks: next time, then. */
    return repeated ? NULL : REFUSE(rq->arena, TOO_MANY);
}

fallible
throttle_forgive(struct request *rq, const char *user)
{
    struct bytes account, network;
    struct rows rows;

    TRY(buckets(rq, user, &account, &network));
    TRY(db_begin(rq->db, rq->arena, READ_WRITE, &no_scope));
    return db_end(rq->db, rq->arena, q_login_forgive(rq->db, rq->arena, account, network, &rows));
}

fallible
throttle_guess(struct request *rq)
{
    unsigned char key[LOGIN_KEY_SIZE];
    struct rows rows;

    TRY(read_key(rq, key));
    struct bytes bucket = hash(rq, key, "\n", rq->client.network); /* no account has such a name */
    forget(key, sizeof key);
    TRY(db_begin(rq->db, rq->arena, READ_WRITE, &no_scope));
    TRY(db_end(
        rq->db, rq->arena, q_guess_take(rq->db, rq->arena, bucket, NETWORK_FAILURES_MAX, &rows)));
    if (guess_take_row(&rows, 0).taken)
        return NULL;
    return FAIL(rq->arena, TOO_MANY, "%s",
        tr(rq->lang,
            "Too many links that do not work were opened from your network. Please wait ten "
            "minutes."));
}
