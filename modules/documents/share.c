/* Links and drop boxes as those see them who make them: a page of each folder, one of the chapter.
 */
#include <inttypes.h>
#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/pages.h"
#include "modules/documents/share.h"
#include "q/account.h"
#include "q/share.h"
#include "webdav/dav.h"
#include "webdav/door.h"

#define TOKEN_BYTES   16
#define ONCE_CHARS    40
#define PURPOSE_CHARS 100
#define PASSWORD_MIN  8
#define PASSWORD_MAX  200
#define LINKS_ALIVE   200 /* of a chapter: few enough for one page */

static const struct {
    const char *word;
    enum role least;
} settings[] = { { "nobody", ROLE_NOBODY }, { "board", ROLE_BOARD }, { "member", ROLE_MEMBER } };

static struct bytes
hash_of(struct request *rq, const char *text)
{
    unsigned char *hash = arena_alloc(rq->arena, SHA256_SIZE);

    sha256(text, strlen(text), hash);
    return (struct bytes){ hash, SHA256_SIZE };
}

struct error *
share_least(struct request *rq, enum role *least)
{
    struct rows rows;

    TRY(q_share_setting(rq->db, rq->arena, rq->chapter, &rows));
    *least = ROLE_BOARD;
    for (size_t i = 0; rows.n > 0 && i < COUNT_OF(settings); i++)
        if (strcmp(settings[i].word, share_setting_row(&rows, 0).who) == 0)
            *least = settings[i].least;
    return NULL;
}

/* Who sees the links and can end them: when they are switched off, the board. */
static fallible
check_may(struct request *rq, const struct dav_node *node, enum role *least)
{
    TRY(share_least(rq, least));
    if (access_may_share(rq->who, &node->policy, *least == ROLE_NOBODY ? ROLE_BOARD : *least))
        return NULL;
    return FAIL(rq->arena, FORBIDDEN, "%s",
        *least == ROLE_MEMBER
            ? tr(rq->lang,
                  "Links are made by members of the chapter who may change what they lead to.")
            : tr(rq->lang, "Links are made by the board of the chapter."));
}

static const char *
address_of(const struct request *rq, const struct dav_node *node)
{
    return uri_href(rq->arena, &rq->path, node->collection);
}

/* ---------------------------------------------------------------- the page of a folder or document
 */

/* What the form asks for; at first what is usual. */
struct wish {
    bool drop_box;
    const char *purpose, *password, *until; /* password, until: NULL: none, the usual */
};

static fallible
show(struct request *rq, struct response *rs, const struct dav_node *node, const struct wish *wish,
    const char *problem)
{
    const struct config *c = rq->app->config;
    const char *back = address_of(rq, node);
    struct rows rows;
    enum role least;
    struct view v;

    TRY(check_may(rq, node, &least));
    TRY(q_share_until(
        rq->db, rq->arena, NULL, (int32_t)c->link_days, (int32_t)c->link_days_max, &rows));
    struct share_until_row days = share_until_row(&rows, 0);
    struct share_sheet sheet = { .here = arena_printf(rq->arena, "%s?share", back),
        .back = back,
        .problem = problem,
        .readers = documents_readers(node->policy.read_level),
        .folder = node->collection,
        .off = least == ROLE_NOBODY,
        .drop_box = wish->drop_box,
        .purpose = wish->purpose,
        .until = wish->until != NULL  ? wish->until
                 : days.until != NULL ? days.until
                                      : days.latest,
        .latest = days.latest,
        .once = token_random(rq->arena, TOKEN_BYTES) };
    TRY(share_rows_of_node(rq, node, least, &sheet.row, &sheet.n));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Share by link"), &v);
    if (problem != NULL)
        v.notice = NULL;
    TRY(document_crumbs(rq, true, &v));
    documents_share(o, &v, &sheet);
    return NULL;
}

struct error *
share_page(struct request *rq, struct response *rs, const struct dav_node *node)
{
    return show(rq, rs, node, &(struct wish){ .purpose = "" }, NULL);
}

static fallible
refuse(struct request *rq, struct response *rs, const struct dav_node *node,
    const struct wish *wish, const char *problem)
{
    response_status(rs, 422);
    return show(rq, rs, node, wish, problem);
}

/* ---------------------------------------------------------------- making one */

static fallible
read_wish(struct request *rq, struct wish *wish)
{
    const char *kind;

    TRY(form_text(rq, "kind", 10, &kind));
    TRY(form_text(rq, "purpose", 4 * PURPOSE_CHARS, &wish->purpose));
    TRY(form_maybe(rq, "password", PASSWORD_MAX, &wish->password));
    TRY(form_maybe(rq, "until", 10, &wish->until));
    wish->drop_box = strcmp(kind, "box") == 0;
    wish->purpose = text_nfc(rq->arena, text_trim(rq->arena, wish->purpose));
    if (wish->password != NULL && *wish->password == '\0')
        wish->password = NULL;
    if (wish->until != NULL && *wish->until == '\0')
        wish->until = NULL;
    return NULL;
}

static size_t
count_chars(const char *s)
{
    size_t n = 0;

    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static const char *
problem_of(struct request *rq, const struct dav_node *node, const struct wish *wish)
{
    if (*wish->purpose == '\0' || !text_is_name(wish->purpose, strlen(wish->purpose)) ||
        count_chars(wish->purpose) > PURPOSE_CHARS)
        return tr(rq->lang, "Please say in a few words what the link is for.");
    if (wish->drop_box && !node->collection)
        return tr(rq->lang, "Files can be sent to a folder only.");
    if (wish->password != NULL && count_chars(wish->password) < PASSWORD_MIN)
        return tr(
            rq->lang, "The password is too short: eight characters at least, or none at all.");
    if (wish->until != NULL && !time_is_day(wish->until))
        return tr(rq->lang, "Please give the last day as year-month-day, as in 2027-03-31.");
    return NULL;
}

static fallible
note(struct request *rq, enum audit_what what, const char *kind, int64_t node, const char *name,
    const char *purpose, const char *until)
{
    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = what,
            .by = rq->who->person,
            .chapter = rq->chapter,
            .kind = kind,
            .object = node,
            .title = name,
            .other = purpose,
            .until = until });
}

/* The answer to the form that made it: no address ever hands the token out again. */
static fallible
show_made(struct request *rq, struct response *rs, const struct dav_node *node, const char *token,
    struct share_made_sheet *sheet)
{
    struct view v;

    sheet->back = arena_printf(rq->arena, "%s?share", address_of(rq, node));
    sheet->address = arena_printf(rq->arena, "%s/s/%s", request_origin(rq), token);
    TRY(qr_make(rq->arena, sheet->address, &sheet->qr));
    struct out *o = page_begin(rq, rs, sheet->purpose, &v);
    v.here = sheet->back;
    TRY(document_crumbs(rq, true, &v));
    documents_share_made(o, &v, sheet);
    return NULL;
}

/* *id stays 0, with a problem, when the form was sent before, or there are too many. */
static fallible
keep(struct request *rq, const struct dav_node *node, const struct wish *wish, const char *token,
    const char *until, int64_t *id, const char **problem)
{
    const char *once, *hash = NULL;
    struct rows rows;

    *id = 0;
    TRY(form_text(rq, "once", ONCE_CHARS, &once));
    TRY(q_form_once_use(rq->db, rq->arena, rq->who->person, hash_of(rq, once), &rows));
    if (rows.n == 0) {
        *problem =
            tr(rq->lang, "This form has been sent before. The address of a link is shown only "
                         "once: if you did not keep it, give the link a new one.");
        return NULL;
    }
    if (wish->password != NULL && *(hash = password_hash(rq->arena, wish->password)) == '\0')
        return REFUSE(rq->arena, TRY_LATER);
    TRY(q_share_make(rq->db, rq->arena, rq->chapter, node->id, hash_of(rq, token), hash,
        wish->drop_box, (int16_t)node->policy.read_level, (int16_t)node->policy.write_level,
        wish->purpose, rq->who->person, until, LINKS_ALIVE, &rows));
    if (rows.n == 0) {
        *problem =
            tr(rq->lang, "The chapter has as many links as it can have. Please end one that is "
                         "not needed any more.");
        return NULL;
    }
    *id = share_make_row(&rows, 0).id;
    return note(rq, wish->drop_box ? AUDIT_DROP_BOX_MADE : AUDIT_LINK_MADE, node->kind->name,
        node->id, node->name, wish->purpose, until);
}

static fallible
make(struct request *rq, struct response *rs, const struct dav_node *node, enum role least)
{
    const struct config *c = rq->app->config;
    const char *token = token_random(rq->arena, TOKEN_BYTES), *problem;
    struct wish wish;
    struct rows rows;
    int64_t id;

    if (!access_may_share(rq->who, &node->policy, least))
        return FAIL(
            rq->arena, FORBIDDEN, "%s", tr(rq->lang, "The chapter has switched links off."));
    TRY(read_wish(rq, &wish));
    problem = problem_of(rq, node, &wish);
    if (problem != NULL)
        return refuse(rq, rs, node, &wish, problem);
    TRY(q_share_until(
        rq->db, rq->arena, wish.until, (int32_t)c->link_days, (int32_t)c->link_days_max, &rows));
    struct share_until_row days = share_until_row(&rows, 0);
    if (days.until == NULL)
        return refuse(rq, rs, node, &wish,
            arena_printf(
                rq->arena, tr(rq->lang, "The last day lies between today and %s."), days.latest));
    TRY(keep(rq, node, &wish, token, days.until, &id, &problem));
    if (id == 0)
        return refuse(rq, rs, node, &wish, problem);
    return show_made(rq, rs, node, token,
        &(struct share_made_sheet){ .purpose = wish.purpose,
            .until = days.until,
            .drop_box = wish.drop_box,
            .password = wish.password != NULL });
}

/* ---------------------------------------------------------------- ending, a new address */

static fallible
no_such_link(struct request *rq)
{
    return FAIL(rq->arena, NOT_FOUND, "%s", tr(rq->lang, "There is no such link any more."));
}

/* node NULL: of any place of the chapter. */
static fallible
end(struct request *rq, const int64_t *node)
{
    struct rows rows;
    int64_t id;

    TRY(form_int(rq, "link", &id));
    TRY(q_share_end(rq->db, rq->arena, rq->chapter, node, id, &rows));
    if (rows.n == 0)
        return no_such_link(rq);
    struct share_end_row row = share_end_row(&rows, 0);
    return note(rq, AUDIT_LINK_ENDED, row.kind, row.node, row.name, row.purpose, NULL);
}

static fallible
confirm(struct request *rq, const int64_t *node)
{
    struct rows rows;
    int64_t id;

    TRY(form_int(rq, "link", &id));
    TRY(q_share_confirm(rq->db, rq->arena, rq->chapter, node, id, &rows));
    if (rows.n == 0)
        return no_such_link(rq);
    struct share_confirm_row row = share_confirm_row(&rows, 0);
    return note(rq, AUDIT_LINK_CONFIRMED, row.kind, row.node, row.name, row.purpose, row.until);
}

static fallible
renew(struct request *rq, struct response *rs, const struct dav_node *node)
{
    const char *token = token_random(rq->arena, TOKEN_BYTES);
    struct rows rows;
    int64_t id;

    TRY(form_int(rq, "link", &id));
    TRY(q_share_renew(rq->db, rq->arena, rq->chapter, node->id, id, hash_of(rq, token), &rows));
    if (rows.n == 0)
        return no_such_link(rq);
    struct share_renew_row row = share_renew_row(&rows, 0);
    TRY(note(
        rq, AUDIT_LINK_RENEWED, node->kind->name, node->id, node->name, row.purpose, row.until));
    return show_made(rq, rs, node, token,
        &(struct share_made_sheet){ .purpose = row.purpose,
            .until = row.until,
            .drop_box = row.drop_box,
            .password = row.password });
}

static fallible
done(struct request *rq, struct response *rs, const char *where, const char *what)
{
    response_redirect(rs, arena_printf(rq->arena, "%sdone=%s", where, what));
    return NULL;
}

/* Whoever may write in the folder has seen what arrived there. */
static fallible
seen(struct request *rq, struct response *rs, const struct dav_node *node)
{
    struct rows rows;

    if ((node->rights & MAY_WRITE) == 0)
        return REFUSE(rq->arena, FORBIDDEN);
    TRY(q_share_seen(rq->db, rq->arena, node->id, &rows));
    return done(rq, rs, arena_printf(rq->arena, "%s?", address_of(rq, node)), "news-seen");
}

struct error *
share_post(struct request *rq, struct response *rs, const char *what)
{
    struct path path = dav_path(rq->arena, &rq->path);
    struct dav_node node;
    enum role least;

    TRY(dav_look(rq, &path, &node));
    if (strcmp(what, "seen") == 0)
        return seen(rq, rs, &node);
    TRY(check_may(rq, &node, &least));
    const char *here = arena_printf(rq->arena, "%s?share&", address_of(rq, &node));
    if (strcmp(what, "make") == 0)
        return make(rq, rs, &node, least);
    if (strcmp(what, "renew") == 0)
        return renew(rq, rs, &node);
    if (strcmp(what, "end") == 0) {
        TRY(end(rq, &node.id));
        return done(rq, rs, here, "link-ended");
    }
    if (strcmp(what, "confirm") == 0) {
        TRY(confirm(rq, &node.id));
        return done(rq, rs, here, "link-confirmed");
    }
    return REFUSE(rq->arena, BAD_REQUEST);
}

/* ---------------------------------------------------------------- the page of the chapter */

struct error *
shares_page(struct request *rq, struct response *rs)
{
    struct shares_sheet sheet = { .here = arena_printf(rq->arena, "/c/%s/shares", rq->param[0]),
        .may_set = access_role(rq->who, rq->chapter) >= ROLE_CHAIR };
    enum role least;
    struct view v;

    TRY(share_least(rq, &least));
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        if (settings[i].least == least)
            sheet.setting = settings[i].word;
    TRY(share_rows_of_chapter(rq, least, &sheet.row, &sheet.n, &sheet.paused));
    struct out *o = page_begin(rq, rs, tr(rq->lang, "Links and drop boxes"), &v);
    TRY(document_crumbs(rq, false, &v));
    documents_shares(o, &v, &sheet);
    return NULL;
}

static fallible
set(struct request *rq)
{
    struct rows rows;
    const char *who;

    if (access_role(rq->who, rq->chapter) < ROLE_CHAIR)
        return FAIL(
            rq->arena, FORBIDDEN, "%s", tr(rq->lang, "Who makes links is decided by the chair."));
    TRY(form_text(rq, "who", 10, &who));
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        if (strcmp(settings[i].word, who) != 0)
            continue;
        TRY(q_share_setting_set(rq->db, rq->arena, rq->chapter, who, &rows));
        return audit(rq->db, rq->arena,
            &(struct audit_entry){ .what = AUDIT_CHAPTER_CHANGED,
                .by = rq->who->person,
                .chapter = rq->chapter,
                .object = rq->chapter,
                .title = rq->param[0],
                .other = arena_printf(rq->arena, "links: %s", who) });
    }
    return REFUSE(rq->arena, BAD_REQUEST);
}

struct error *
shares_post(struct request *rq, struct response *rs)
{
    const char *here = arena_printf(rq->arena, "/c/%s/shares?", rq->param[0]), *what;

    TRY(form_text(rq, "share", 10, &what));
    if (strcmp(what, "end") == 0) {
        TRY(end(rq, NULL));
        return done(rq, rs, here, "link-ended");
    }
    if (strcmp(what, "confirm") == 0) {
        TRY(confirm(rq, NULL));
        return done(rq, rs, here, "link-confirmed");
    }
    if (strcmp(what, "set") == 0) {
        TRY(set(rq));
        return done(rq, rs, here, "share-set");
    }
    return REFUSE(rq->arena, BAD_REQUEST);
}
