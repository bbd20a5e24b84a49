#include "auth/devices.h"

#include <string.h>

#include "auth/access.h"
#include "auth/app_password.h"
#include "auth/audit.h"
#include "auth/page.h"
#include "auth/pages.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "q/account.h"

#define NAME_CHARS 60
#define NAME_BYTES (4 * NAME_CHARS)
#define DAYS_MAX   366
#define ONCE_BYTES 16
#define ONCE_CHARS 64

static const struct {
    enum area area;
    const char *name, *title;
} areas[] = {
    { AREA_DOCUMENTS, "documents", N_("Documents") },
    { AREA_CALENDARS, "calendars", N_("Calendars") },
    { AREA_CONTACTS, "contacts", N_("Contacts") },
    { AREA_WIKI, "wiki", N_("Wiki") },
};

/* What the form brought. */
struct wish {
    const char *name, *once;
    unsigned areas;
    int64_t days;
};

static const char *
area_titles(struct request *rq, unsigned set)
{
    struct buf b = buf_new(rq->arena, KB(1));

    for (size_t i = 0; i < COUNT_OF(areas); i++) {
        if ((set & areas[i].area) == 0)
            continue;
        if (b.n > 0)
            buf_text(&b, ", ");
        buf_text(&b, tr(rq->lang, areas[i].title));
    }
    return buf_string(&b);
}

/* "20 November 2026": the hour is nobody's business. */
static const char *
day_of(struct request *rq, int64_t us)
{
    const char *time = time_people(rq->arena, us, rq->app->config->time_zone, rq->lang->tag);

    return arena_copy(rq->arena, time, strcspn(time, ","));
}

static struct device_row
device_row(struct request *rq, struct app_passwords_of_row row)
{
    return (struct device_row){
        .id = arena_printf(rq->arena, "%lld", (long long)row.id),
        .name = row.name,
        .areas = area_titles(rq, (unsigned)row.areas),
        .created = day_of(rq, row.created),
        .used = row.used_is_null ? NULL : day_of(rq, row.used),
        .expires = row.expires_is_null ? NULL : day_of(rq, row.expires),
        .over = row.over,
    };
}

static struct drive
drive_of(struct request *rq)
{
    const char *origin = request_origin(rq);
    const char *rest = strchr(origin, ':');
    bool secure = text_starts(origin, "https:");

    return (struct drive){
        .url = arena_printf(rq->arena, "%s/dav/files/", origin),
        .gnome = arena_printf(rq->arena, "%s%s/dav/files/", secure ? "davs" : "dav", rest),
        .kde = arena_printf(rq->arena, "%s%s/dav/files/", secure ? "webdavs" : "webdav", rest),
        .uid = rq->who->uid,
    };
}

/* With one area there is nothing to choose: it is ticked from the start. */
static int
area_choices(struct request *rq, unsigned ticked, struct area_choice *choice)
{
    int n = 0;

    for (size_t i = 0; i < COUNT_OF(areas); i++)
        if ((rq->app->areas & areas[i].area) != 0)
            choice[n++] = (struct area_choice){ areas[i].name, areas[i].title,
                (ticked & areas[i].area) != 0 || rq->app->areas == areas[i].area };
    return n;
}

static struct out *
begin(struct request *rq, struct response *rs, const char *title, struct view *v)
{
    struct out *o = page_begin(rq, rs, title, v);
    struct crumb *crumb = NEW_ARRAY(rq->arena, struct crumb, 2);

    crumb[0] = (struct crumb){ tr(rq->lang, "Start page"), "/" };
    crumb[1] = (struct crumb){ tr(rq->lang, "Your account"), "/account" };
    v->crumbs = crumb;
    v->n_crumbs = 2;
    v->here = "/account/devices";
    return o;
}

static fallible
show(struct request *rq, struct response *rs, const struct wish *wish, const char *problem)
{
    struct area_choice choice[COUNT_OF(areas)];
    struct drive drive = drive_of(rq);
    struct rows rows;
    struct view v;

    TRY(q_app_passwords_of(rq->db, rq->arena, rq->who->person, &rows));
    struct device_row *device = NEW_ARRAY(rq->arena, struct device_row, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++)
        device[i] = device_row(rq, app_passwords_of_row(&rows, i));

    struct out *o = begin(rq, rs, tr(rq->lang, "Devices"), &v);
    if (problem != NULL)
        v.notice = NULL;
    page_devices(o, &v,
        &(struct devices_sheet){ .device = device,
            .n = rows.n,
            .most = APP_PASSWORDS_MAX,
            .area = choice,
            .n_areas = area_choices(rq, wish->areas, choice),
            .once = token_random(rq->arena, ONCE_BYTES),
            .name = wish->name,
            .days = (int)wish->days,
            .problem = problem,
            .drive = &drive });
    return NULL;
}

fallible
devices_get(struct request *rq, struct response *rs)
{
    return show(rq, rs, &(struct wish){ .name = "", .areas = rq->app->areas }, NULL);
}

static size_t
count_chars(const char *s)
{
    size_t n = 0;

    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static fallible
read_wish(struct request *rq, struct wish *wish)
{
    const char *name, *ticked;

    *wish = (struct wish){ .name = "" };
    TRY(form_text(rq, "name", NAME_BYTES, &name));
    TRY(form_text(rq, "once", ONCE_CHARS, &wish->once));
    TRY(form_int(rq, "days", &wish->days));
    if (wish->days < 0 || wish->days > DAYS_MAX)
        return REFUSE(rq->arena, BAD_REQUEST);
    wish->name = text_nfc(rq->arena, text_trim(rq->arena, name));
    for (size_t i = 0; i < COUNT_OF(areas); i++) {
        TRY(form_maybe(rq, areas[i].name, 8, &ticked));
        if (ticked != NULL)
            wish->areas |= areas[i].area;
    }
    if ((wish->areas & ~rq->app->areas) != 0)
        return REFUSE(rq->arena, BAD_REQUEST);
    return NULL;
}

static const char *
problem_of(struct request *rq, const struct wish *wish)
{
    if (wish->name[0] == '\0')
        return tr(rq->lang, "Please give the device a name, so that you know it again later.");
    if (count_chars(wish->name) > NAME_CHARS)
        return tr(rq->lang, "The name is too long: at most 60 characters, please.");
    if (!text_is_name(wish->name, strlen(wish->name)))
        return tr(rq->lang, "The name has characters that cannot be shown. Please use others.");
    if (wish->areas == 0)
        return tr(rq->lang, "Please choose what the device may use.");
    return NULL;
}

static fallible
refuse(struct request *rq, struct response *rs, int status, const struct wish *wish,
    const char *problem)
{
    response_status(rs, status);
    return show(rq, rs, wish, problem);
}

static fallible
tell(struct request *rq, enum audit_what what, int64_t id, const char *name)
{
    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = what,
            .by = rq->who->person,
            .owner = rq->who->person,
            .kind = "app-password",
            .object = id,
            .title = name });
}

/*
 * *password stays NULL, with a problem, when there are too many already or the
 * form was sent before: a browser that loads the answer anew sends it again.
 */
static fallible
make(struct request *rq, const struct wish *wish, const char **password, const char **problem)
{
    const char *secret = app_password_secret(rq->arena);
    struct rows rows;

    *password = NULL;
    TRY(q_account_lock(rq->db, rq->arena, rq->who->person, &rows));
    TRY(q_form_once_use(
        rq->db, rq->arena, rq->who->person, app_password_hash(rq->arena, wish->once), &rows));
    if (rows.n == 0) {
        *problem =
            tr(rq->lang, "This form has been sent before. A password is shown only once: if you "
                         "did not keep it, remove it from the list and make another one.");
        return NULL;
    }
    TRY(q_app_password_add(rq->db, rq->arena, rq->who->person, wish->name,
        app_password_hash(rq->arena, secret), (int16_t)wish->areas, (int32_t)wish->days,
        APP_PASSWORDS_MAX, &rows));
    if (rows.n == 0) {
        *problem = tr(rq->lang, "You have as many app passwords as one can have. Please remove one "
                                "that you do not need any more.");
        return NULL;
    }

    int64_t id = app_password_add_row(&rows, 0).id;
    *password = app_password_write(rq->arena, id, secret);
    return tell(rq, AUDIT_APP_PASSWORD_MADE, id, wish->name);
}

/* The answer of the POST shows the password itself: no address ever hands it out. */
fallible
devices_post(struct request *rq, struct response *rs)
{
    const char *password, *problem = NULL;
    struct drive drive = drive_of(rq);
    struct wish wish;
    struct view v;

    TRY(read_wish(rq, &wish));
    problem = problem_of(rq, &wish);
    if (problem != NULL)
        return refuse(rq, rs, 422, &wish, problem);
    TRY(make(rq, &wish, &password, &problem));
    if (password == NULL)
        return refuse(rq, rs, 409, &wish, problem);
    struct out *o = begin(rq, rs, tr(rq->lang, "Your new app password"), &v);
    response_cache(rs, "no-store");
    page_device_made(o, &v, wish.name, password, &drive);
    return NULL;
}

fallible
devices_post_remove(struct request *rq, struct response *rs)
{
    struct rows rows;
    int64_t id;

    TRY(account_param_id(rq, &id));
    TRY(q_app_password_remove(rq->db, rq->arena, rq->who->person, id, &rows));
    if (rows.n == 0)
        return FAIL(
            rq->arena, NOT_FOUND, "%s", tr(rq->lang, "There is no such app password any more."));
    TRY(tell(rq, AUDIT_APP_PASSWORD_REMOVED, id, app_password_remove_row(&rows, 0).name));
    response_redirect(rs, "/account/devices?done=device-removed");
    return NULL;
}
