#include "auth/page.h"

#include <string.h>

#include "auth/access.h"
#include "auth/csrf.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/time.h"
#include "http/app.h"
#include "http/request.h"
#include "http/response.h"
#include "http/static.h"

/* What "?done=..." behind an address says. */
static const char *
notice_of(const struct request *rq)
{
    static const struct {
        const char *done, *text;
    } notices[] = {
        { "uploaded", N_("Uploaded.") },
        { "deleted", N_("Deleted.") },
        { "renamed", N_("Renamed.") },
        { "moved", N_("Moved to this folder.") },
        { "copied", N_("Copied to this folder.") },
        { "created", N_("The folder was created.") },
        { "purged", N_("Deleted for good.") },
        { "restored", N_("Restored.") },
        { "contact-saved", N_("Saved.") },
        { "contacts-imported", N_("The contacts were added.") },
        { "keeping-set", N_("Saved.") },
        { "imported", N_("The entries of the file are in the calendar.") },
        { "import-nothing", N_("There was nothing to take.") },
        { "event-restored", N_("It is in the calendar again.") },
        { "event-saved", N_("Saved.") },
        { "editorial-made", N_("The editorial calendar is there. Add the first post.") },
        { "answered", N_("Your answer is saved. Whoever invites you gets it.") },
        { "task-done", N_("It is done. You find it under “Done”.") },
        { "homes-set", N_("Saved. Your devices show it with their next look at the server.") },
        { "levels-set", N_("Saved. It holds from now on.") },
        { "role-given", N_("The role is given. It holds from now on.") },
        { "role-taken", N_("The role is taken back.") },
        { "group-made", N_("The group is made. Now add people to it.") },
        { "group-removed", N_("The group is removed. What was opened to it is closed.") },
        { "group-joined", N_("Added to the group.") },
        { "group-left", N_("Removed from the group.") },
        { "guest-ended", N_("The guest has no access any more.") },
        { "signed-out", N_("You are signed out.") },
        { "signed-out-everywhere",
            N_("You are signed out in all browsers. Your devices keep their app passwords.") },
        { "override", N_("You may read this chapter now. It stands in the chapter's log, with your "
                         "reason.") },
        { "override-ended", N_("You no longer look into this chapter.") },
        { "tour-ended", N_("You find the tour again on the page of your account.") },
        { "sample", N_("Saved.") },
        { "link-ended", N_("The link is ended. Nobody gets in by it any more.") },
        { "link-confirmed", N_("The link works again.") },
        { "share-set", N_("Saved. It holds from now on.") },
        { "news-seen", N_("Noted. You are told when more arrives.") },
        { "busy-chosen", N_("Saved. It holds from now on.") },
        { "session-ended", N_("That browser is signed out.") },
        { "device-removed",
            N_("The app password is removed. Whoever uses it is refused from now on.") },
    };
    const char *done = request_query(rq, "done");

    for (size_t i = 0; done != NULL && i < COUNT_OF(notices); i++)
        if (strcmp(done, notices[i].done) == 0)
            return tr(rq->lang, notices[i].text);
    return NULL;
}

/* A state admin who reads by override is told so on every page of the chapter. */
static void
show_look(const struct request *rq, struct view *v)
{
    const struct look *look =
        rq->chapter != 0 && rq->who != NULL ? access_look(rq->who, rq->chapter) : NULL;

    if (look == NULL)
        return;
    v->look_until = time_people(rq->arena, look->until, rq->app->config->time_zone, rq->lang->tag);
    v->look_end = arena_printf(rq->arena, "/c/%s/override/end", rq->param[0]);
}

struct out *
page_begin(struct request *rq, struct response *rs, const char *title, struct view *v)
{
    bool known = rq->who != NULL && rq->who->person != 0;

    *v = (struct view){ .arena = rq->arena,
        .lang = rq->lang,
        .site = rq->app->config->title,
        .title = title,
        .here = rq->href == NULL ? "/" : rq->href,
        .person = known ? rq->who->name : NULL,
        .token = known ? csrf_token(rq, rs) : "",
        .style = static_href(rq, "style.css"),
        .script = static_href(rq, "script.js"),
        .request_id = rq->id,
        .notice = notice_of(rq) };
    show_look(rq, v);
    response_header(rs, "Content-Language", rq->lang->tag);
    response_header(rs, "Vary", "Accept-Language, Cookie");
    return response_text(rs, "text/html; charset=utf-8");
}
