#include "mail/compose.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/time.h"
#include "html/lang.h"
#include "html/out.h"
#include "html/view.h"
#include "http/app.h"
#include "mail/mark.h"
#include "mail/message.h"
#include "mail/pages.h"
#include "mail/purpose.h"

#define TEXT_MAX KB(512)

static const char *
stop_url(
    const struct app *app, struct arena *arena, struct bytes key, const struct mail_take_row *m)
{
    const struct mail_stop stop = {
        .chapter = m->chapter_is_null ? 0 : m->chapter,
        .person = m->person_is_null ? 0 : m->person,
        .purpose = m->purpose,
        .mark = m->mark,
    };

    return arena_printf(
        arena, "%s/mail/stop/%s", app->config->base_url, mail_stop_write(arena, key, &stop));
}

static const char *
text_with_foot(const struct app *app, struct arena *arena, const struct lang *lang,
    const struct mail_take_row *m, const char *url)
{
    const struct mail_purpose *purpose = mail_purpose(m->purpose);
    const struct view v = { .arena = arena, .lang = lang, .site = app->config->title };
    struct out *o = out_new(arena, TEXT_MAX);

    out_raw(o, m->body, strlen(m->body));
    mail_foot(o, &v, m->sender, purpose == NULL ? m->purpose : tr(lang, purpose->title), url);
    return out_failed(o) || out_memory(o) == NULL
               ? m->body
               : arena_copy(arena, out_memory(o), (size_t)out_length(o));
}

struct error *
mail_compose(const struct app *app, struct db *db, struct arena *arena,
    const struct mail_take_row *m, struct buf *out)
{
    const struct lang *lang = lang_find(m->language);
    const char *at = strchr(app->config->mail_from, '@');
    struct bytes key;

    TRY(mail_key(db, arena, &key));
    const char *url = stop_url(app, arena, key, m);
    if (lang == NULL)
        lang = app->lang;
    mail_write(out, &(struct mail_message){
                        .id = arena_printf(arena, "%s%s", m->message_id, at),
                        .time = time_now(),
                        .language = lang->tag,
                        .from = app->config->mail_from,
                        .from_name = m->sender,
                        .to = m->address,
                        .to_name = m->name,
                        .reply_to = m->reply_to,
                        .subject = m->subject,
                        .text = text_with_foot(app, arena, lang, m, url),
                        .stop_url = url,
                        .method = m->method,
                        .calendar = m->calendar_is_null ? NULL : m->calendar.p,
                        .n_calendar = m->calendar_is_null ? 0 : m->calendar.n,
                    });
    return out->over ? FAIL(arena, TOO_LARGE, "the mail is too large") : NULL;
}
