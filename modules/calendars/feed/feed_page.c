/* Feeds with an address of their own as those make, rename and end them who manage calendars. */
#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/calendars.h"
#include "modules/calendars/feed/feed.h"
#include "modules/calendars/web/pages.h"
#include "q/account.h"
#include "q/feed.h"
#include "q/share.h"

#define TOKEN_BYTES 16
#define ONCE_CHARS  40
#define LABEL_CHARS 100
#define NAME_BYTES  1000
#define FEEDS_ALIVE 200 /* of a chapter: few enough for one page */

/* What the form asks for; at first what is usual. */
struct wish {
    enum feed_view view;
    const char *calendar, *label, *until; /* until: NULL: never */
};

static struct bytes
hash_of(struct request *rq, const char *text)
{
    unsigned char *hash = arena_alloc(rq->arena, SHA256_SIZE);

    sha256(text, strlen(text), hash);
    return (struct bytes){ (const char *)hash, SHA256_SIZE };
}

static const char *
address_of(struct request *rq)
{
    return arena_printf(rq->arena, "/c/%s/feeds", rq->param[0]);
}

/* The calendars that she manages; at least one. */
static fallible
find_places(struct request *rq, struct feed_places *places)
{
    TRY(feed_places(rq, places));
    if (places->n > 0)
        return NULL;
    return FAIL(rq->arena, FORBIDDEN, "%s",
        tr(rq->lang, "These addresses are made by whoever manages a calendar of the chapter."));
}

static fallible
links_are_off(struct request *rq, bool *off)
{
    struct rows rows;

    TRY(q_share_setting(rq->db, rq->arena, rq->chapter, &rows));
    *off = rows.n > 0 && strcmp(share_setting_row(&rows, 0).who, "nobody") == 0;
    return NULL;
}

/* ---------------------------------------------------------------- the page */

static fallible
show(struct request *rq, struct response *rs, const struct wish *wish, const char *problem)
{
    struct feeds_sheet sheet = { .here = address_of(rq),
        .back = arena_printf(rq->arena, "/c/%s/calendar", rq->param[0]),
        .problem = problem,
        .view = wish->view,
        .calendar = wish->calendar != NULL ? wish->calendar : "",
        .label = wish->label,
        .until = wish->until != NULL ? wish->until : "",
        .once = token_random(rq->arena, TOKEN_BYTES) };
    struct view v;

    TRY(find_places(rq, &sheet.places));
    TRY(links_are_off(rq, &sheet.off));
    TRY(feed_rows(rq, &sheet.places, sheet.off, &sheet.row, &sheet.n, &sheet.paused));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Addresses to subscribe to"), &v);
    if (problem != NULL) {
        v.notice = NULL;
        response_status(rs, 422);
    }
    TRY(calendar_crumbs(rq, true, &v));
    calendars_feeds(o, &v, &sheet);
    return NULL;
}

struct error *
feeds_page(struct request *rq, struct response *rs)
{
    const struct wish wish = {
        .view = FEED_BUSY, .calendar = request_query(rq, "calendar"), .label = ""
    };

    return show(rq, rs, &wish, NULL);
}

/* ---------------------------------------------------------------- making one */

static fallible
read_label(struct request *rq, const char **label)
{
    TRY(form_text(rq, "label", 4 * LABEL_CHARS, label));
    *label = text_nfc(rq->arena, text_trim(rq->arena, *label));
    return NULL;
}

static bool
is_label(const char *s)
{
    size_t n = 0;

    for (const char *c = s; *c != '\0'; c++)
        n += ((unsigned char)*c & 0xc0) != 0x80;
    return n > 0 && n <= LABEL_CHARS && text_is_name(s, strlen(s));
}

static fallible
read_wish(struct request *rq, struct wish *wish)
{
    const char *view;

    TRY(form_text(rq, "calendar", NAME_BYTES, &wish->calendar));
    TRY(form_text(rq, "view", 10, &view));
    TRY(read_label(rq, &wish->label));
    TRY(form_maybe(rq, "until", 10, &wish->until));
    if (wish->until != NULL && *wish->until == '\0')
        wish->until = NULL;
    return feed_view_read(view, &wish->view) ? NULL : REFUSE(rq->arena, BAD_REQUEST);
}

static fallible
problem_of(struct request *rq, const struct wish *wish, const char **problem)
{
    struct rows rows;

    *problem = NULL;
    if (!is_label(wish->label))
        *problem = tr(rq->lang, "Please say in a few words what the address is for.");
    else if (wish->until != NULL && !time_is_day(wish->until))
        *problem = tr(rq->lang, "Please give the last day as year-month-day, as in 2027-03-31.");
    if (*problem != NULL || wish->until == NULL)
        return NULL;
    TRY(q_feed_is_past(rq->db, rq->arena, wish->until, &rows));
    if (feed_is_past_row(&rows, 0).past)
        *problem = tr(rq->lang, "The last day is over already.");
    return NULL;
}

static fallible
note(struct request *rq, enum audit_what what, const struct feed_place *place, const char *label,
    const char *until)
{
    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = what,
            .by = rq->who->person,
            .chapter = rq->chapter,
            .kind = calendar_kind.name,
            .object = place->id,
            .title = place->title,
            .other = label,
            .until = until });
}

/* The answer to the form that made it: no address ever hands the token out again. */
static fallible
show_made(struct request *rq, struct response *rs, const char *token, struct feed_made_sheet *sheet)
{
    const char *address = arena_printf(rq->arena, "%s/feed/%s.ics", request_origin(rq), token);
    struct view v;

    sheet->back = address_of(rq);
    sheet->to = subscribe_to(rq->arena, address, sheet->label);
    TRY(qr_make(rq->arena, address, &sheet->qr));
    struct out *o = page_begin(rq, rs, sheet->label, &v);
    v.here = sheet->back;
    TRY(calendar_crumbs(rq, true, &v));
    calendars_feed_made(o, &v, sheet);
    return NULL;
}

/* *problem, when the form was sent before, or there are too many. */
static fallible
keep(struct request *rq, const struct feed_place *place, const struct wish *wish, const char *token,
    const char **problem)
{
    const char *once;
    struct rows rows;

    TRY(form_text(rq, "once", ONCE_CHARS, &once));
    TRY(q_form_once_use(rq->db, rq->arena, rq->who->person, hash_of(rq, once), &rows));
    if (rows.n == 0) {
        *problem = tr(rq->lang,
            "This form has been sent before. An address is shown only once: if you did not keep "
            "it, give it a new one.");
        return NULL;
    }
    TRY(q_feed_make(rq->db, rq->arena, rq->chapter, place->id, hash_of(rq, token),
        feed_views[wish->view], place->read_level, wish->label, rq->who->person, wish->until,
        FEEDS_ALIVE, &rows));
    if (rows.n == 0) {
        *problem = tr(rq->lang, "The chapter has as many addresses as it can have. Please end one "
                                "that is not needed any more.");
        return NULL;
    }
    return note(rq, AUDIT_LINK_MADE, place, wish->label, wish->until);
}

static fallible
make(struct request *rq, struct response *rs, const struct feed_places *places)
{
    const char *token = token_random(rq->arena, TOKEN_BYTES), *problem;
    const struct feed_place *place = NULL;
    struct wish wish;
    bool off;

    TRY(links_are_off(rq, &off));
    if (off)
        return FAIL(
            rq->arena, FORBIDDEN, "%s", tr(rq->lang, "The chapter has switched links off."));
    TRY(read_wish(rq, &wish));
    for (int i = 0; i < places->n; i++)
        if (strcmp(places->p[i].name, wish.calendar) == 0)
            place = &places->p[i];
    if (place == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    TRY(problem_of(rq, &wish, &problem));
    if (problem == NULL)
        TRY(keep(rq, place, &wish, token, &problem));
    if (problem != NULL)
        return show(rq, rs, &wish, problem);
    return show_made(rq, rs, token,
        &(struct feed_made_sheet){ .label = wish.label, .until = wish.until, .view = wish.view });
}

/* ---------------------------------------------------------------- ending, a new address */

static fallible
no_such_feed(struct request *rq)
{
    return FAIL(rq->arena, CONFLICT, "%s",
        tr(rq->lang, "This address does not exist any more, or its time is over."));
}

/* The feed that a form means, and its calendar: one of those that she manages. */
static fallible
find_feed(struct request *rq, const struct feed_places *places, int64_t *id,
    const struct feed_place **place)
{
    struct rows rows;

    TRY(form_int(rq, "id", id));
    TRY(q_feed_node(rq->db, rq->arena, rq->chapter, *id, &rows));
    for (int i = 0; rows.n > 0 && i < places->n; i++)
        if (places->p[i].id == feed_node_row(&rows, 0).node) {
            *place = &places->p[i];
            return NULL;
        }
    return no_such_feed(rq);
}

static fallible
done(struct request *rq, struct response *rs, const char *what)
{
    response_redirect(rs, arena_printf(rq->arena, "%s?done=%s", address_of(rq), what));
    return NULL;
}

static fallible
end(struct request *rq, struct response *rs, int64_t id, const struct feed_place *place)
{
    struct rows rows;

    TRY(q_feed_end(rq->db, rq->arena, id, &rows));
    if (rows.n == 0)
        return no_such_feed(rq);
    TRY(note(rq, AUDIT_LINK_ENDED, place, feed_end_row(&rows, 0).label, NULL));
    return done(rq, rs, "link-ended");
}

static fallible
confirm(struct request *rq, struct response *rs, int64_t id, const struct feed_place *place)
{
    struct rows rows;

    TRY(q_feed_confirm(rq->db, rq->arena, id, &rows));
    if (rows.n == 0)
        return no_such_feed(rq);
    struct feed_confirm_row row = feed_confirm_row(&rows, 0);
    TRY(note(rq, AUDIT_LINK_CONFIRMED, place, row.label, row.until));
    return done(rq, rs, "link-confirmed");
}

static fallible
rename_feed(struct request *rq, struct response *rs, int64_t id, const struct feed_place *place)
{
    const char *label;
    struct rows rows;

    TRY(read_label(rq, &label));
    if (!is_label(label))
        return show(rq, rs, &(struct wish){ .view = FEED_BUSY, .label = "" },
            tr(rq->lang, "Please say in a few words what the address is for."));
    TRY(q_feed_rename(rq->db, rq->arena, id, label, &rows));
    if (rows.n == 0)
        return no_such_feed(rq);
    TRY(note(rq, AUDIT_LINK_RENAMED, place, label, feed_rename_row(&rows, 0).until));
    return done(rq, rs, "renamed");
}

static fallible
renew(struct request *rq, struct response *rs, int64_t id, const struct feed_place *place)
{
    const char *token = token_random(rq->arena, TOKEN_BYTES);
    struct feed_made_sheet sheet = { .view = FEED_BUSY };
    struct rows rows;

    TRY(q_feed_renew(rq->db, rq->arena, id, hash_of(rq, token), &rows));
    if (rows.n == 0)
        return no_such_feed(rq);
    struct feed_renew_row row = feed_renew_row(&rows, 0);
    TRY(note(rq, AUDIT_LINK_RENEWED, place, row.label, row.until));
    sheet.label = row.label;
    sheet.until = row.until;
    feed_view_read(row.view, &sheet.view);
    return show_made(rq, rs, token, &sheet);
}

struct error *
feeds_post(struct request *rq, struct response *rs)
{
    static const struct {
        const char *word;
        fallible (*act)(struct request *, struct response *, int64_t, const struct feed_place *);
    } acts[] = { { "end", end }, { "confirm", confirm }, { "rename", rename_feed },
        { "renew", renew } };
    const struct feed_place *place;
    struct feed_places places;
    const char *what;
    int64_t id;

    TRY(find_places(rq, &places));
    TRY(form_text(rq, "feed", 10, &what));
    if (strcmp(what, "make") == 0)
        return make(rq, rs, &places);
    for (size_t i = 0; i < COUNT_OF(acts); i++)
        if (strcmp(what, acts[i].word) == 0) {
            TRY(find_feed(rq, &places, &id, &place));
            return acts[i].act(rq, rs, id, place);
        }
    return REFUSE(rq->arena, BAD_REQUEST);
}
