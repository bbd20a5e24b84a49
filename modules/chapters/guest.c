/* Guests by e-mail: accounts that the directory does not know. */
#include <stddef.h>
#include <string.h>

#include "auth/audit.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/token.h"
#include "db/db.h"
#include "html/lang.h"
#include "http/app.h"
#include "mail/address.h"
#include "modules/chapters/change.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/grant.h"
#include "modules/chapters/group.h"
#include "modules/chapters/people.h"
#include "q/group.h"

#define GUEST_NAME_MAX 120
#define UID_DIGITS     8
#define CODE_BYTES     16

static fallible
check(const struct app *app, struct db *db, struct arena *arena, struct guest *guest)
{
    TRY(chapter_check_text(arena, app->lang, "name", &guest->name, GUEST_NAME_MAX));
    TRY(chapter_check_text(arena, app->lang, "mail", &guest->mail, MAIL_ADDRESS_MAX));
    if (*guest->name == '\0')
        return FAIL(arena, BAD_REQUEST, "%s", tr(app->lang, "Please write the name of the guest."));
    if (!mail_address(arena, guest->mail, &guest->mail))
        return FAIL(
            arena, BAD_REQUEST, tr(app->lang, "“%s” is not an e-mail address."), guest->mail);
    return people_check_until(app, db, arena, guest->until, true);
}

/* Without letters and digits that look alike: people type it into their devices. */
static const char *
new_uid(struct arena *arena)
{
    static const char digits[] = "23456789abcdefghjkmnpqrstuvwxyz";
    unsigned char random[UID_DIGITS];
    char *uid = arena_printf(arena, "guest-%0*d", UID_DIGITS, 0);

    random_bytes(random, sizeof random);
    for (int i = 0; i < UID_DIGITS; i++)
        uid[strlen("guest-") + (size_t)i] = digits[random[i] % (sizeof digits - 1)];
    return uid;
}

static fallible
keep(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    struct guest *guest, int64_t *id)
{
    struct rows rows;

    (void)app;
    TRY(q_guest_by_mail(db, arena, chapter->id, guest->mail, &rows));
    if (rows.n > 0) {
        *id = guest_by_mail_row(&rows, 0).id;
        guest->uid = guest_by_mail_row(&rows, 0).uid;
        return q_guest_set(db, arena, chapter->id, *id, guest->name, guest->until, &rows);
    }
    guest->uid = new_uid(arena);
    TRY(q_guest_add(
        db, arena, chapter->id, guest->uid, guest->name, guest->mail, guest->until, &rows));
    *id = guest_add_row(&rows, 0).id;
    return NULL;
}

struct error *
guest_invite(const struct app *app, struct db *db, struct arena *arena,
    const struct chapter *chapter, struct guest *guest, int role, int64_t by, const char **code)
{
    unsigned char *hash = arena_alloc(arena, SHA256_SIZE);
    struct rows rows;
    int64_t id;
    bool made;

    TRY(check(app, db, arena, guest));
    if (chapter->archived != 0)
        return FAIL(arena, CONFLICT, tr(app->lang, "The chapter “%s” is archived."), chapter->slug);
    TRY(keep(app, db, arena, chapter, guest, &id));
    guest->id = id;
    TRY(audit(db, arena,
        &(struct audit_entry){ .what = AUDIT_GUEST_INVITED,
            .by = by,
            .chapter = chapter->id,
            .kind = "person",
            .object = id,
            .about = id,
            .until = guest->until }));
    if (role != 0)
        TRY(grant_give(app, db, arena, chapter,
            &(struct grant){ .uid = guest->uid, .role = role, .until = guest->until, .by = by },
            &made));
    *code = token_random(arena, CODE_BYTES);
    sha256(*code, strlen(*code), hash);
    return q_invitation_add(db, arena, (struct bytes){ hash, SHA256_SIZE }, id, chapter->id, &rows);
}

struct error *
guest_end(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    const char *uid, int64_t by)
{
    struct rows rows;

    TRY(q_guest_by_uid(db, arena, chapter->id, uid, &rows));
    if (rows.n == 0)
        return FAIL(arena, NOT_FOUND, tr(app->lang, "There is no guest “%s” here."), uid);
    int64_t id = guest_by_uid_row(&rows, 0).id;
    TRY(q_guest_end(db, arena, chapter->id, id, &rows));
    return audit(db, arena,
        &(struct audit_entry){ .what = AUDIT_GUEST_ENDED,
            .by = by,
            .chapter = chapter->id,
            .kind = "person",
            .object = id,
            .about = id });
}

struct error *
guest_list(struct db *db, struct arena *arena, int64_t chapter, const struct guest **guests, int *n)
{
    struct rows rows;

    TRY(q_guests_of(db, arena, chapter, &rows));
    struct guest *all = NEW_ARRAY(arena, struct guest, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++) {
        struct guests_of_row row = guests_of_row(&rows, i);
        all[i] = (struct guest){ .uid = row.uid,
            .name = row.name,
            .mail = row.mail,
            .until = row.until,
            .over = row.over,
            .waits = row.waits };
    }
    *guests = all;
    *n = rows.n;
    return NULL;
}
