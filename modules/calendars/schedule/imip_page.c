/* /r/{token}: an invitation that came by mail is answered, without an account. */
#include <stddef.h>
#include <string.h>

#include "auth/page.h"
#include "auth/throttle.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/uri.h"
#include "html/lang.h"
#include "html/out.h"
#include "html/view.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/schedule/imip.h"
#include "modules/calendars/web/pages.h"

#define WORD_MAX 20

static fallible
no_such_link(struct request *rq)
{
    return FAIL(rq->arena, NOT_FOUND, "%s",
        tr(rq->lang,
            "This link does not work, or no longer. Perhaps a part of it is missing, the event was "
            "cancelled, or you are no longer invited. Ask whoever invited you."));
}

struct error *
reply_scope(struct request *rq)
{
    static const struct db_scope no_scope = { .chapters = "" };
    struct bytes *hash = NEW(rq->arena, struct bytes);
    bool known;

    *hash = imip_hash(rq->arena, rq->param[0]);
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(rq->db, rq->arena,
        imip_scope(rq->db, rq->arena, *hash, &known, &rq->scope.chapters, &rq->scope.person)));
    if (!known) {
        TRY(throttle_guess(rq));
        return no_such_link(rq);
    }
    rq->own = hash;
    return NULL;
}

static fallible
find(struct request *rq, struct imip_invited **invited)
{
    TRY(imip_find(rq->db, rq->arena, rq->lang, *(const struct bytes *)rq->own, invited));
    return *invited == NULL ? no_such_link(rq) : NULL;
}

/* The answers there are: as a button sends it, as an object has it, as the page says it. */
struct choice {
    const char *word, *partstat, *title;
};
static const struct choice choices[] = {
    { "yes", "ACCEPTED", N_("I come") },
    { "perhaps", "TENTATIVE", N_("Perhaps I come") },
    { "no", "DECLINED", N_("I do not come") },
};

static const char *
title_of(const char *partstat)
{
    for (size_t k = 0; partstat != NULL && k < COUNT_OF(choices); k++)
        if (text_same_nocase(partstat, choices[k].partstat))
            return choices[k].title;
    return N_("none yet");
}

/* What is known of her answer where none has come by the link or by mail. */
static const char *
answer_in(struct arena *arena, const struct imip_invited *i)
{
    const struct ical_line *line = NULL;

    for (const struct ical_component *c = i->object.calendar->child; c != NULL; c = c->next)
        while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL)
            if (itip_same_address(itip_address(arena, line), i->address))
                return ical_param(line, "PARTSTAT");
    return NULL;
}

static fallible
show(struct request *rq, struct response *rs, const struct imip_invited *i, const char *answer,
    bool done)
{
    struct reply_sheet sheet = {
        .here = uri_href(rq->arena, &rq->path, false), .done = done, .over = i->over
    };
    struct view v;

    imip_describe(rq->app, rq->arena, rq->lang, i->object.calendar, &sheet.event);
    sheet.event.from = i->owner;
    if (answer == NULL)
        answer = i->answer != NULL ? i->answer : answer_in(rq->arena, i);
    sheet.answer = title_of(answer);
    struct out *o = page_begin(rq, rs,
        sheet.event.title != NULL ? sheet.event.title : tr(rq->lang, "Event without a title"), &v);
    v.here = "/";
    response_cache(rs, "no-store");
    calendars_reply(o, &v, &sheet);
    return NULL;
}

struct error *
reply_page(struct request *rq, struct response *rs)
{
    struct imip_invited *i;

    TRY(find(rq, &i));
    return show(rq, rs, i, NULL, false);
}

struct error *
reply_post(struct request *rq, struct response *rs)
{
    const char *word, *partstat = NULL;
    struct imip_invited *i;

    TRY(form_text(rq, "answer", WORD_MAX, &word));
    for (size_t k = 0; k < COUNT_OF(choices); k++)
        if (strcmp(word, choices[k].word) == 0)
            partstat = choices[k].partstat;
    if (partstat == NULL)
        return REFUSE(rq->arena, BAD_REQUEST);
    TRY(find(rq, &i));
    if (i->over)
        return show(rq, rs, i, NULL, false);
    TRY(imip_answer(rq->db, rq->arena, i, partstat));
    return show(rq, rs, i, partstat, true);
}
