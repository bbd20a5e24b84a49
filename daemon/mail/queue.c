#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/app.h"
#include "mail/mail.h"
#include "mail/mark.h"
#include "q/mail.h"

#define ONCE_DAYS 366 /* a second mail with the same key is kept from going for so long */

bool
mail_is_on(const struct config *config)
{
    return config->smtp_url != NULL;
}

/* Of what and to whom: one of a kind when there is no key. */
static const char *
once_hash(struct arena *arena, struct bytes key, const struct mail *mail, const char *mark)
{
    unsigned char hash[SHA256_SIZE];
    const char *what = arena_printf(arena, "once %lld %lld %s %s %s", (long long)mail->chapter,
        (long long)mail->person, mail->purpose->name, mark,
        mail->key == NULL ? token_random(arena, 16) : mail->key);

    hmac_sha256(key.p, key.n, what, strlen(what), hash);
    return hex_encode(arena, hash, sizeof hash);
}

static fallible
add(const struct config *config, struct db *db, struct arena *arena, const struct mail *mail,
    const struct mail_receiver *to, int n, struct bytes key, struct rows *rows)
{
    const size_t room = (size_t)n + 1;
    const char **address = NEW_ARRAY(arena, const char *, room);
    const char **name = NEW_ARRAY(arena, const char *, room);
    const char **mark = NEW_ARRAY(arena, const char *, room);
    const char **hash = NEW_ARRAY(arena, const char *, room);
    int64_t *person = NEW_ARRAY(arena, int64_t, room);
    const struct bytes calendar = { mail->calendar, mail->n_calendar };

    for (int i = 0; i < n; i++) {
        address[i] = to[i].address;
        name[i] = to[i].name;
        person[i] = to[i].outside ? -to[i].person : to[i].person;
        mark[i] = mail_mark(arena, key, to[i].address);
        hash[i] = once_hash(arena, key, mail, mark[i]);
    }
    return q_mail_add(db, arena, mail->chapter == 0 ? NULL : &mail->chapter,
        mail->person == 0 ? NULL : &mail->person, mail->purpose->name, mail->purpose->again,
        mail->sender, mail->reply_to, mail->subject, mail->text, mail->method,
        mail->calendar == NULL ? NULL : &calendar, mail->lang->tag,
        mail->start == 0 ? NULL : &mail->start, (int32_t)config->mail_days,
        mail->key == NULL ? 1 : ONCE_DAYS, (int32_t)config->mail_per_day,
        (int32_t)config->mail_outside_per_day, (struct texts){ address, n },
        (struct texts){ name, n }, (struct ints){ person, n }, (struct texts){ mark, n },
        (struct texts){ hash, n }, rows);
}

struct error *
mail_queue(const struct app *app, struct db *db, struct arena *arena, const struct mail *mail,
    const struct mail_receiver *to, int n, struct mail_queued *queued)
{
    struct bytes key;
    struct rows rows;

    *queued = (struct mail_queued){ 0 };
    if (!mail_is_on(app->config))
        return FAIL(arena, CONFLICT, "%s", tr(mail->lang, "This installation sends no mail."));
    if (n == 0)
        return NULL;
    TRY(mail_key(db, arena, &key));
    TRY(add(app->config, db, arena, mail, to, n, key, &rows));
    struct mail_add_row row = mail_add_row(&rows, 0);
    *queued = (struct mail_queued){ row.queued, row.stopped, row.before, row.beyond };
    return NULL;
}
