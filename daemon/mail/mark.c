#include "mail/mark.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/token.h"
#include "mail/mail.h"
#include "q/mail.h"

#define MARK_BYTES (MAIL_MARK_DIGITS / 2)
#define PARTS      4 /* of a code: owner, purpose, mark, signature */

struct error *
mail_key(struct db *db, struct arena *arena, struct bytes *key)
{
    struct rows rows;

    TRY(q_mail_key(db, arena, &rows));
    *key = mail_key_row(&rows, 0).key;
    return NULL;
}

/* "address anna@example.org": no text of one kind is a text of another. */
static const char *
keyed(struct arena *arena, struct bytes key, const char *kind, const char *text)
{
    unsigned char hash[SHA256_SIZE];
    const char *all = arena_printf(arena, "%s %s", kind, text);

    hmac_sha256(key.p, key.n, all, strlen(all), hash);
    return hex_encode(arena, hash, MARK_BYTES);
}

const char *
mail_mark(struct arena *arena, struct bytes key, const char *address)
{
    char *small = arena_copy(arena, address, strlen(address));

    for (char *c = small; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return keyed(arena, key, "address", small);
}

const char *
mail_stop_write(struct arena *arena, struct bytes key, const struct mail_stop *stop)
{
    const char *what = arena_printf(arena, "%s%lld.%s.%s", stop->chapter != 0 ? "c" : "p",
        (long long)(stop->chapter != 0 ? stop->chapter : stop->person), stop->purpose, stop->mark);

    return arena_printf(arena, "%s.%s", what, keyed(arena, key, "stop", what));
}

bool
mail_stop_read(struct arena *arena, struct bytes key, const char *code, struct mail_stop *stop)
{
    const char *const *part;
    int64_t id;

    if (text_split(arena, code, ".", &part) != PARTS)
        return false;
    const char *signature = part[PARTS - 1];
    if (strlen(signature) != MAIL_MARK_DIGITS || strlen(code) <= MAIL_MARK_DIGITS + 1 ||
        (part[0][0] != 'c' && part[0][0] != 'p') || !text_to_int(part[0] + 1, INT64_MAX, &id))
        return false;
    const char *what = arena_copy(arena, code, strlen(code) - MAIL_MARK_DIGITS - 1);
    if (!same_secret(keyed(arena, key, "stop", what), signature, MAIL_MARK_DIGITS))
        return false;
    *stop = (struct mail_stop){ .chapter = part[0][0] == 'c' ? id : 0,
        .person = part[0][0] == 'p' ? id : 0,
        .purpose = part[1],
        .mark = part[2] };
    return true;
}

struct error *
mail_token(struct db *db, struct arena *arena, const char *what, const char **token)
{
    struct bytes key;

    TRY(mail_key(db, arena, &key));
    *token = keyed(arena, key, "token", what);
    return NULL;
}
