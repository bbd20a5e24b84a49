#include "auth/session.h"

#include <string.h>

#include "auth/access.h"
#include "auth/principal.h"
#include "base/arena.h"
#include "base/token.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "q/session.h"

#define ID_BYTES 16
#define ID_CHARS 22        /* of base64url */
#define LIFETIME "2592000" /* 30 days; the table's own limit decides */

static const struct db_scope no_scope = { .chapters = "" };

bool
session_is_private(const struct request *rq)
{
    return strcmp(rq->client.scheme, "https") == 0 || rq->client.loopback;
}

/* Browsers take "__Host-" only together with Secure, and Secure only over https. */
static const char *
cookie_name(const struct request *rq)
{
    return strcmp(rq->client.scheme, "https") == 0 ? "__Host-chapterd" : "chapterd-dev";
}

const char *
session_cookie(struct request *rq)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *id = request_cookie(rq, cookie_name(rq));

    return id != NULL && strlen(id) == ID_CHARS && strspn(id, alphabet) == ID_CHARS ? id : NULL;
}

static struct bytes
hash_of(struct request *rq, const char *id)
{
    unsigned char *digest = arena_alloc(rq->arena, SHA256_SIZE);

    sha256(id, strlen(id), digest);
    return (struct bytes){ digest, SHA256_SIZE };
}

bool
session_hash(struct request *rq, struct bytes *hash)
{
    const char *id = session_cookie(rq);

    if (id == NULL)
        return false;
    *hash = hash_of(rq, id);
    return true;
}

static void
send_cookie(struct request *rq, struct response *rs, const char *id, const char *max_age)
{
    bool secure = strcmp(rq->client.scheme, "https") == 0;

    response_header(rs, "Set-Cookie",
        arena_printf(rq->arena, "%s=%s; Path=/; Max-Age=%s; HttpOnly; SameSite=Lax%s",
            cookie_name(rq), id, max_age, secure ? "; Secure" : ""));
}

/* The mark of use is renewed every few minutes only: reading pages writes next to nothing. */
static fallible
touch(struct request *rq, struct bytes hash)
{
    struct rows rows;

    TRY(db_begin(rq->db, rq->arena, READ_WRITE, &no_scope));
    return db_end(rq->db, rq->arena, q_session_touch(rq->db, rq->arena, hash, &rows));
}

fallible
session_find(struct request *rq, const struct principal **who)
{
    const char *id = session_cookie(rq);
    bool used_long_ago;

    *who = &nobody;
    if (id == NULL || !session_is_private(rq))
        return NULL;

    struct bytes hash = hash_of(rq, id);
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(
        rq->db, rq->arena, principal_load(rq->db, rq->arena, 0, &hash, who, &used_long_ago)));
    return used_long_ago ? touch(rq, hash) : NULL;
}

fallible
session_begin(struct request *rq, struct response *rs, const struct principal *who)
{
    const char *old = session_cookie(rq), *id = token_random(rq->arena, ID_BYTES);
    struct rows rows;

    if (old != NULL)
        TRY(q_session_end(rq->db, rq->arena, hash_of(rq, old), &rows));
    TRY(q_session_add(rq->db, rq->arena, hash_of(rq, id), who->person, &rows));
    send_cookie(rq, rs, id, LIFETIME);
    return NULL;
}

fallible
session_end(struct request *rq, struct response *rs)
{
    const char *id = session_cookie(rq);
    struct rows rows;

    if (id != NULL)
        TRY(q_session_end(rq->db, rq->arena, hash_of(rq, id), &rows));
    send_cookie(rq, rs, "", "0");
    return NULL;
}

const char *
session_for_forms(struct request *rq, struct response *rs)
{
    const char *id = session_cookie(rq);

    if (id == NULL) {
        id = token_random(rq->arena, ID_BYTES);
        send_cookie(rq, rs, id, LIFETIME);
    }
    return id;
}
