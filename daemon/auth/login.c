#include "auth/login.h"

#include <string.h>

#include "auth/app_password.h"
#include "auth/basic.h"
#include "auth/ldap.h"
#include "auth/passwords.h"
#include "auth/principal.h"
#include "auth/throttle.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/macros.h"
#include "db/db.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "q/person.h"

static const struct db_scope no_scope = { .chapters = "" };

/*
 * The names to look for: the one typed; without "HOST\" before it, which
 * Windows adds (cl-A7); and, when it is somebody's former name, her present one.
 */
struct candidates {
    const char *name[3];
    int n;
    const char *present; /* of these the present name of a former one, or NULL */
};

static fallible
find_candidates(struct request *rq, const char *user, struct candidates *c)
{
    const char *backslash = strchr(user, '\\');
    struct rows rows;

    *c = (struct candidates){ .name = { user }, .n = 1 };
    if (backslash != NULL && backslash[1] != '\0')
        c->name[c->n++] = user = backslash + 1;
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(rq->db, rq->arena, q_person_by_uid(rq->db, rq->arena, user, &rows)));
    if (rows.n == 1 && person_by_uid_row(&rows, 0).former)
        c->name[c->n++] = c->present = person_by_uid_row(&rows, 0).uid;
    return NULL;
}

static fallible
refresh(struct request *rq, const struct directory_person *found, const struct principal **who)
{
    struct rows rows;
    bool unused;

    TRY(q_person_login(rq->db, rq->arena, found->id, found->uid, found->name, found->mail,
        found->state_admin, found->groups, &rows));
    return principal_load(rq->db, rq->arena, person_login_row(&rows, 0).person, NULL, who, &unused);
}

/* Keeps what the directory said of her and loads what she may. */
static fallible
welcome(struct request *rq, const struct directory_person *found, const struct candidates *c,
    const char *typed, const struct principal **who)
{
    const struct principal *loaded;

    TRY(db_begin(rq->db, rq->arena, READ_WRITE, &no_scope));
    TRY(db_end(rq->db, rq->arena, refresh(rq, found, &loaded)));

    struct principal *p = NEW(rq->arena, struct principal);
    *p = *loaded;
    if (c->present != NULL && strcasecmp(found->uid, c->present) == 0)
        p->old_uid = typed;
    *who = p;
    return NULL;
}

/* *who stays NULL when the password is wrong. */
static fallible
ask_directory(
    struct request *rq, const struct credentials *credentials, const struct principal **who)
{
    const struct directory_person *found;
    struct candidates c;

    TRY(find_candidates(rq, credentials->user, &c));
    TRY(directory_login(passwords_directory(rq->app->passwords), rq->arena, c.name, c.n,
        credentials->password, &found));
    if (found == NULL)
        return NULL;
    return welcome(rq, found, &c, c.name[c.n > 1 && strchr(c.name[0], '\\') != NULL ? 1 : 0], who);
}

/* An app password is in our table, and the directory knows nothing of it. */
static fallible
ask(struct request *rq, const struct credentials *credentials, bool repeated,
    const struct principal **who)
{
    const char *user = credentials->user;

    TRY(throttle_take(rq, user, repeated));
    struct error *e = app_password_looks_like(credentials->password)
                          ? app_password_check(rq, credentials, who)
                          : ask_directory(rq, credentials, who);
    if (repeated || (e == NULL && *who == NULL))
        return e;
    struct error *uncounted = throttle_forgive(rq, user);
    if (uncounted != NULL) /* it is one too many for some minutes: no reason to refuse anybody */
        LOG(LOG_WARNING_, "login_not_forgiven", "cause",
            uncounted->cause != NULL ? uncounted->cause : uncounted->cond->title);
    return e;
}

fallible
login_check(struct request *rq, const struct credentials *credentials, const struct principal **who)
{
    struct passwords *passwords = rq->app->passwords;
    struct password_question *question;

    *who = NULL;
    switch (passwords_ask(
        passwords, rq->arena, credentials->user, credentials->password, who, &question)) {
    case PASSWORD_GOOD:
    case PASSWORD_BAD:
        return NULL;
    case PASSWORD_BUSY:
        return error_cause(
            REFUSE(rq->arena, TRY_LATER), rq->arena, "nobody answered for this login");
    case PASSWORD_ASK:
        break;
    }

    struct error *e = ask(rq, credentials, passwords_repeated(question), who);
    if (e != NULL)
        *who = NULL;
    passwords_learn(passwords, question,
        e != NULL      ? PASSWORD_BUSY
        : *who != NULL ? PASSWORD_GOOD
                       : PASSWORD_BAD,
        *who);
    return e;
}
