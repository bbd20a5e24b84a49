#include "auth/device.h"

#include <string.h>

#include "auth/access.h"
#include "auth/app_password.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "q/account.h"

#define NAME_CHARS 60
#define NAME_BYTES (4 * NAME_CHARS)
#define ONCE_BYTES 16
#define ONCE_CHARS 64

static const struct {
    enum area area;
    const char *name, *title;
} areas[DEVICE_AREAS] = {
    { AREA_DOCUMENTS, "documents", N_("Documents") },
    { AREA_CALENDARS, "calendars", N_("Calendars") },
    { AREA_CONTACTS, "contacts", N_("Contacts") },
    { AREA_WIKI, "wiki", N_("Wiki") },
};

const char *
device_areas(struct request *rq, unsigned set)
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

int
device_choices(
    struct request *rq UNUSED, unsigned offered, unsigned ticked, struct area_choice *choice)
{
    int n = 0;

    for (size_t i = 0; i < COUNT_OF(areas); i++)
        if ((offered & areas[i].area) != 0)
            choice[n++] = (struct area_choice){ areas[i].name, areas[i].title,
                (ticked & areas[i].area) != 0 || offered == areas[i].area };
    return n;
}

struct drive
device_drive(struct request *rq, const char *uid)
{
    const char *origin = request_origin(rq);
    const char *rest = strchr(origin, ':');
    bool secure = text_starts(origin, "https:");

    return (struct drive){
        .areas = rq->app->areas,
        .host = rest + strlen("://"),
        .dav = arena_printf(rq->arena, "%s/dav/", origin),
        .url = arena_printf(rq->arena, "%s/dav/files/", origin),
        .gnome = arena_printf(rq->arena, "%s%s/dav/files/", secure ? "davs" : "dav", rest),
        .kde = arena_printf(rq->arena, "%s%s/dav/files/", secure ? "webdavs" : "webdav", rest),
        .uid = uid,
    };
}

struct out *
device_page(struct request *rq, struct response *rs, const char *title, struct view *v)
{
    struct out *o = page_begin(rq, rs, title, v);
    struct crumb *crumb = NEW_ARRAY(rq->arena, struct crumb, 3);

    crumb[0] = (struct crumb){ tr(rq->lang, "Start page"), "/" };
    crumb[1] = (struct crumb){ tr(rq->lang, "Your account"), "/account" };
    crumb[2] = (struct crumb){ tr(rq->lang, "Devices"), "/account/devices" };
    v->crumbs = crumb;
    v->n_crumbs = strcmp(title, crumb[2].title) == 0 ? 2 : 3;
    v->here = "/account/devices";
    return o;
}

/* ---- what a form brings ---- */

static size_t
count_chars(const char *s)
{
    size_t n = 0;

    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

fallible
device_read_wish(struct request *rq, unsigned offered, struct device_wish *wish)
{
    const char *name, *ticked;

    *wish = (struct device_wish){ .name = "" };
    TRY(form_text(rq, "name", NAME_BYTES, &name));
    TRY(form_text(rq, "once", ONCE_CHARS, &wish->once));
    wish->name = text_nfc(rq->arena, text_trim(rq->arena, name));
    for (size_t i = 0; i < COUNT_OF(areas); i++) {
        TRY(form_maybe(rq, areas[i].name, 8, &ticked));
        if (ticked != NULL)
            wish->areas |= areas[i].area;
    }
    return (wish->areas & ~offered) != 0 ? REFUSE(rq->arena, BAD_REQUEST) : NULL;
}

const char *
device_problem(struct request *rq, const struct device_wish *wish)
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

const char *
device_once(struct arena *arena)
{
    return token_random(arena, ONCE_BYTES);
}

/* A browser that loads the answer anew sends the form again. */
fallible
device_send_once(struct request *rq, const struct device_wish *wish, bool *again)
{
    struct rows rows;

    TRY(q_form_once_use(
        rq->db, rq->arena, rq->who->person, app_password_hash(rq->arena, wish->once), &rows));
    *again = rows.n == 0;
    return NULL;
}

/* ---- making one ---- */

fallible
device_tell(struct request *rq, int64_t person, enum audit_what what, int64_t id, const char *name)
{
    return audit(rq->db, rq->arena,
        &(struct audit_entry){ .what = what,
            .by = person,
            .owner = person,
            .kind = "app-password",
            .object = id,
            .title = name });
}

fallible
device_make(struct request *rq, int64_t person, const struct device_wish *wish, int64_t days,
    struct made *made, const char **problem)
{
    const char *secret = app_password_secret(rq->arena);
    struct rows rows;

    *problem = NULL;
    TRY(q_account_lock(rq->db, rq->arena, person, &rows));
    TRY(q_app_password_add(rq->db, rq->arena, person, wish->name,
        app_password_hash(rq->arena, secret), (int16_t)wish->areas, (int32_t)days,
        APP_PASSWORDS_MAX, &rows));
    if (rows.n == 0) {
        *problem = tr(rq->lang, "You have as many app passwords as one can have. Please remove one "
                                "that you do not need any more.");
        return NULL;
    }
    made->id = app_password_add_row(&rows, 0).id;
    made->password = app_password_write(rq->arena, made->id, secret);
    return device_tell(rq, person, AUDIT_APP_PASSWORD_MADE, made->id, wish->name);
}
