/* What is sent to a link: its password, or files for a drop box. */
#include <inttypes.h>
#include <string.h>

#include "auth/csrf.h"
#include "auth/page.h"
#include "auth/passwords.h"
#include "auth/throttle.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/body.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/documents/visit.h"
#include "q/share.h"
#include "webdav/door.h"
#include "webdav/quota.h"

#define PASSWORD_BYTES 200
#define FORM_ITSELF    ((int64_t)KB(64)) /* at most, around its files */
#define OPEN_SECONDS   (4 * 3600)

static const char *
here(const struct request *rq)
{
    return uri_href(rq->arena, &rq->path, rq->path.slash);
}

/* ---------------------------------------------------------------- the password */

/* "__Secure-" is taken over https alone. */
static const char *
cookie_name(const struct request *rq)
{
    return strcmp(rq->client.scheme, "https") == 0 ? "__Secure-link" : "link-dev";
}

/*
 * "{end}.{mac}", keyed by what is kept of the password: good for this link alone, until the
 * password, the address or the time is another. Nothing of it is stored.
 */
static const char *
cookie_value(struct request *rq, const char *password, int64_t end)
{
    unsigned char mac[SHA256_SIZE];
    const char *what = arena_printf(rq->arena, "chapterd link %s %" PRId64, rq->param[0], end);

    hmac_sha256(password, strlen(password), what, strlen(what), mac);
    return arena_printf(rq->arena, "%" PRId64 ".%s", end, hex_encode(rq->arena, mac, sizeof mac));
}

bool
visit_is_open(struct request *rq, const struct share *share)
{
    const char *cookie = request_cookie(rq, cookie_name(rq));
    int64_t end;

    if (share->password == NULL)
        return true;
    if (cookie == NULL)
        return false;
    const char *number = arena_copy(rq->arena, cookie, strcspn(cookie, "."));
    if (!text_to_int(number, INT64_MAX, &end) || end < time_now() / 1000000)
        return false;
    const char *wanted = cookie_value(rq, share->password, end);
    return strlen(cookie) == strlen(wanted) && same_secret(cookie, wanted, strlen(wanted));
}

static void
open_for(struct request *rq, struct response *rs, const struct share *share)
{
    bool secure = strcmp(rq->client.scheme, "https") == 0;
    const char *value = cookie_value(rq, share->password, time_now() / 1000000 + OPEN_SECONDS);

    response_header(rs, "Set-Cookie",
        arena_printf(rq->arena, "%s=%s; Path=/s/%s; Max-Age=%d; HttpOnly; SameSite=Lax%s",
            cookie_name(rq), value, uri_encode(rq->arena, rq->param[0]), OPEN_SECONDS,
            secure ? "; Secure" : ""));
}

struct error *
visit_ask(struct request *rq, struct response *rs, const char *problem)
{
    struct visit_sheet sheet = { .here = here(rq), .problem = problem };
    struct view v;

    struct out *o = page_begin(rq, rs, tr(rq->lang, "This link has a password"), &v);
    v.here = sheet.here;
    if (problem != NULL)
        response_status(rs, 403);
    documents_visit_password(o, &v, &sheet);
    return NULL;
}

/* Counted before it is looked at, as at signing in. */
static fallible
try_password(struct request *rq, const struct share *share, const char *password, bool *right)
{
    const char *bucket = arena_printf(rq->arena, "/s/%" PRId64, share->pass.id);

    TRY(throttle_take(rq, bucket, false));
    *right = passwords_match(rq->app->passwords, share->password, password);
    return *right ? throttle_forgive(rq, bucket) : NULL;
}

/* ---------------------------------------------------------------- before the transaction */

static fallible
find_alone(struct request *rq, struct share *share)
{
    const struct db_scope only_look = { .chapters = rq->scope.chapters };

    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &only_look));
    return db_end(rq->db, rq->arena, visit_find(rq, share));
}

/* A stranger cannot make room, and does not know who could. */
static fallible
or_no_room(struct request *rq, struct error *e)
{
    if (e == NULL || e->cond != &STORAGE_FULL)
        return e;
    return FAIL(rq->arena, STORAGE_FULL, "%s",
        tr(rq->lang,
            "There is no room left where these files should go. Nothing was stored. Please tell "
            "whoever gave you the link."));
}

static fallible
refuse_full(struct request *rq)
{
    const struct config *c = rq->app->config;

    return FAIL(rq->arena, TOO_LARGE,
        tr(rq->lang, "This drop box takes %d files and %s in all, and that would be more. Nothing "
                     "was stored."),
        (int)c->drop_box_files, text_size(rq->arena, (int64_t)c->drop_box_max, rq->lang->tag));
}

/* The body of an upload is taken only from who could leave it here. */
struct error *
visit_admit(struct request *rq)
{
    const struct config *c = rq->app->config;
    struct visit *visit = rq->own;
    struct dav_node folder;
    struct share share;

    TRY(csrf_check_origin(rq));
    TRY(visit_find(rq, &share));
    if (!visit_is_open(rq, &share))
        return FAIL(rq->arena, FORBIDDEN, "%s",
            tr(rq->lang,
                "Please open the link and type its password first; then send the files again."));
    TRY(visit_look_box(rq, &share, &folder));
    if (body_length(rq) > (int64_t)c->drop_box_form_max)
        return FAIL(rq->arena, TOO_LARGE,
            tr(rq->lang, "At most %s can be sent at once. Please send fewer files."),
            text_size(rq->arena, (int64_t)c->drop_box_form_max, rq->lang->tag));
    if (share.files >= c->drop_box_files || share.bytes >= (int64_t)c->drop_box_max)
        return FAIL(rq->arena, TOO_LARGE, "%s", tr(rq->lang, "This drop box is full."));
    if (share.bytes + body_length(rq) > (int64_t)c->drop_box_max + FORM_ITSELF)
        return refuse_full(rq);
    visit->files.chapter = share.pass.chapter;
    return or_no_room(rq, quota_reserve(rq, share.pass.chapter, body_length(rq)));
}

struct error *
visit_prepare(struct request *rq)
{
    struct visit *visit = rq->own;
    const char *password;
    struct share share;

    if (visit->tried)
        return NULL; /* the request is run again */
    TRY(csrf_check_origin(rq));
    TRY(form_maybe(rq, "password", PASSWORD_BYTES, &password));
    if (password == NULL)
        return posted_settle(rq, &visit->files);
    TRY(find_alone(rq, &share));
    visit->tried = true;
    if (share.password == NULL)
        return NULL;
    return try_password(rq, &share, password, &visit->right);
}

/* ---------------------------------------------------------------- the drop box */

static fallible
show_box(
    struct request *rq, struct response *rs, const struct share *share, struct visit_sheet *sheet)
{
    const struct config *c = rq->app->config;
    struct view v;

    sheet->here = here(rq);
    sheet->purpose = share->purpose;
    sheet->limits = arena_printf(rq->arena,
        tr(rq->lang, "Several files at once are fine, %s together. Until %s."),
        text_size(rq->arena, (int64_t)c->drop_box_form_max, rq->lang->tag), share->until);
    struct out *o = page_begin(rq, rs, share->purpose, &v);
    v.here = sheet->here;
    if (sheet->problem != NULL)
        response_status(rs, 422);
    documents_visit_box(o, &v, sheet);
    return NULL;
}

struct error *
visit_box_page(struct request *rq, struct response *rs, const struct share *share)
{
    struct visit_sheet sheet = { .problem = NULL };
    struct dav_node folder;

    TRY(visit_look_box(rq, share, &folder));
    if (request_query(rq, "zip") != NULL || request_query(rq, "view") != NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    return show_box(rq, rs, share, &sheet);
}

/* All of them or none. The row of the link comes last: others who send files wait for it. */
static fallible
store(struct request *rq, const struct share *share, const struct dav_node *folder,
    const char **names)
{
    const struct posted_files *files = &((const struct visit *)rq->own)->files;
    const struct config *c = rq->app->config;
    struct rows rows;

    for (int i = 0; i < files->n; i++)
        TRY(or_no_room(rq, dav_drop(rq, folder, &share->root, files->posted[i].name,
                               &files->posted[i].content, &names[i])));
    TRY(q_share_arrive(rq->db, rq->arena, share->pass.id, files->n, files->bytes,
        (int32_t)c->drop_box_files, (int64_t)c->drop_box_max, &rows));
    return rows.n > 0 ? NULL : refuse_full(rq);
}

static fallible
drop(struct request *rq, struct response *rs, const struct share *share)
{
    const struct posted_files *files = &((const struct visit *)rq->own)->files;
    struct visit_sheet sheet = { .problem = NULL };
    struct dav_node folder;

    TRY(visit_look_box(rq, share, &folder));
    if (files->n == 0) {
        sheet.problem = tr(rq->lang, "No file was chosen.");
        return show_box(rq, rs, share, &sheet);
    }
    if (body_length(rq) >
        (int64_t)rq->app->config->drop_box_form_max) /* chunks are counted at their end */
        return REFUSE(rq->arena, TOO_LARGE);
    const char **names = NEW_ARRAY(rq->arena, const char *, (size_t)files->n);
    TRY(store(rq, share, &folder, names));
    sheet.arrived = names;
    sheet.n_arrived = files->n;
    return show_box(rq, rs, share, &sheet);
}

struct error *
visit_post(struct request *rq, struct response *rs)
{
    const struct visit *visit = rq->own;
    struct share share;

    TRY(visit_find(rq, &share));
    if (visit->tried && share.password != NULL) {
        if (!visit->right)
            return visit_ask(rq, rs, tr(rq->lang, "This is not the password of the link."));
        open_for(rq, rs, &share);
    }
    if (visit->tried) {
        response_redirect(rs, here(rq));
        return NULL;
    }
    if (!visit_is_open(rq, &share))
        return visit_ask(rq, rs, NULL);
    if (!share.drop_box)
        return FAIL(rq->arena, FORBIDDEN, "%s", tr(rq->lang, "By this link one can only read."));
    return drop(rq, rs, &share);
}
