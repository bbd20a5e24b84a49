/* The mail with a guest's link. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "html/lang.h"
#include "html/out.h"
#include "html/view.h"
#include "http/app.h"
#include "mail/address.h"
#include "mail/mail.h"
#include "modules/chapters/chapter.h"
#include "modules/chapters/group.h"
#include "modules/chapters/pages.h"

#define TEXT_MAX KB(16)

static const char *
text_of(const struct app *app, struct arena *arena, const struct lang *lang,
    const struct chapter *chapter, const struct guest *guest, const char *link)
{
    const struct view v = { .arena = arena, .lang = lang, .site = app->config->title };
    struct out *o = out_new(arena, TEXT_MAX);

    mail_invitation(o, &v,
        &(struct invite_sheet){
            .name = guest->name, .until = guest->until, .chapter = chapter->name, .link = link });
    return arena_copy(arena, out_memory(o), (size_t)out_length(o));
}

static enum guest_mailed
outcome(const struct mail_queued *queued)
{
    if (queued->stopped > 0)
        return GUEST_MAIL_UNWANTED;
    return queued->queued > 0 ? GUEST_MAILED : GUEST_MAIL_TOO_MANY;
}

struct error *
guest_mail(const struct app *app, struct db *db, struct arena *arena, const struct chapter *chapter,
    const struct guest *guest, const char *link, enum guest_mailed *mailed)
{
    const struct lang *lang = lang_find(chapter->language);
    const struct mail_receiver receiver = {
        .address = guest->mail, .name = guest->name, .person = guest->id, .outside = true
    };
    const char *reply_to = NULL;
    struct mail_queued queued;

    *mailed = GUEST_MAIL_OFF;
    if (!mail_is_on(app->config))
        return NULL;
    if (lang == NULL)
        lang = app->lang;
    if (chapter->contact != NULL && !mail_address(arena, chapter->contact, &reply_to))
        reply_to = NULL;
    const struct mail mail = {
        .chapter = chapter->id,
        .purpose = &MAIL_INVITATION,
        .sender = chapter->name,
        .reply_to = reply_to,
        .lang = lang,
        .subject = arena_printf(arena, tr(lang, "%s invites you"), chapter->name),
        .text = text_of(app, arena, lang, chapter, guest, link),
    };
    TRY(mail_queue(app, db, arena, &mail, &receiver, 1, &queued));
    *mailed = outcome(&queued);
    return NULL;
}
