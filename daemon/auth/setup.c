#include "auth/setup.h"

#include <string.h>

#include "auth/access.h"
#include "auth/app_password.h"
#include "auth/device.h"
#include "auth/page.h"
#include "auth/pages.h"
#include "auth/profile.h"
#include "auth/throttle.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/token.h"
#include "base/uri.h"
#include "db/db.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "q/setup.h"

#define TOKEN_BYTES  16
#define SYSTEM_CHARS 16

/* What a phone can be given in one go; of that, what a profile of Apple's can hold. */
enum {
    ON_A_PHONE = AREA_DOCUMENTS | AREA_CALENDARS | AREA_CONTACTS,
    IN_A_PROFILE = AREA_CALENDARS | AREA_CONTACTS
};

/* ---- the form, and the link ---- */

struct order {
    struct device_wish device;
    bool apple;
};

static unsigned
offered(const struct request *rq)
{
    return rq->app->areas & ON_A_PHONE;
}

static fallible
show_form(struct request *rq, struct response *rs, const struct order *order, int status,
    const char *problem)
{
    struct area_choice choice[DEVICE_AREAS];
    struct view v;
    struct out *o = device_page(rq, rs, tr(rq->lang, "Set up a phone"), &v);

    response_status(rs, status);
    page_setup(o, &v,
        &(struct setup_form){ .once = device_once(rq->arena),
            .name = order->device.name,
            .area = choice,
            .n_areas = device_choices(rq, offered(rq), order->device.areas, choice),
            .apple = order->apple,
            .problem = problem });
    return NULL;
}

fallible
setup_get(struct request *rq, struct response *rs)
{
    const struct order order = { .device = { .name = "", .areas = offered(rq) & IN_A_PROFILE } };

    return show_form(rq, rs, &order, 200, NULL);
}

static fallible
read_order(struct request *rq, struct order *order)
{
    const char *system;

    TRY(device_read_wish(rq, offered(rq), &order->device));
    TRY(form_text(rq, "system", SYSTEM_CHARS, &system));
    order->apple = strcmp(system, "apple") == 0;
    return order->apple || strcmp(system, "android") == 0 ? NULL : REFUSE(rq->arena, BAD_REQUEST);
}

static const char *
problem_of(struct request *rq, const struct order *order)
{
    const char *problem = device_problem(rq, &order->device);

    if (problem == NULL && order->apple && (order->device.areas & IN_A_PROFILE) == 0)
        return tr(rq->lang,
            "An iPhone or Mac can be set up for calendars and contacts like this. For "
            "documents, make an app password on the page before.");
    return problem;
}

static struct bytes
hash_of(struct arena *arena, const char *token)
{
    unsigned char *hash = arena_alloc(arena, SHA256_SIZE);

    sha256(token, strlen(token), hash);
    return (struct bytes){ hash, SHA256_SIZE };
}

static fallible
show_code(struct request *rq, struct response *rs, const struct order *order, unsigned areas,
    const char *token)
{
    struct setup_code code = { .address = arena_printf(
                                   rq->arena, "%s/setup/%s", request_origin(rq), token),
        .areas = device_areas(rq, areas),
        .apple = order->apple,
        .no_documents = areas != order->device.areas };
    struct view v;

    TRY(qr_make(rq->arena, code.address, &code.qr));
    struct out *o = device_page(rq, rs, tr(rq->lang, "Scan this code"), &v);
    response_cache(rs, "no-store");
    page_setup_code(o, &v, &code);
    return NULL;
}

fallible
setup_post(struct request *rq, struct response *rs)
{
    const char *token = token_random(rq->arena, TOKEN_BYTES), *problem;
    struct order order;
    struct rows rows;
    bool again;

    TRY(read_order(rq, &order));
    problem = problem_of(rq, &order);
    if (problem != NULL)
        return show_form(rq, rs, &order, 422, problem);
    TRY(device_send_once(rq, &order.device, &again));
    if (again)
        return show_form(rq, rs, &order, 409,
            tr(rq->lang,
                "This form has been sent before, and the code is shown only once. Here you "
                "can make another one."));
    unsigned areas = order.device.areas & (order.apple ? IN_A_PROFILE : ON_A_PHONE);
    TRY(q_setup_add(rq->db, rq->arena, hash_of(rq->arena, token), rq->who->person,
        order.device.name, (int16_t)areas, order.apple, &rows));
    return show_code(rq, rs, &order, areas, token);
}

/* ---- where it leads ---- */

/* What a link is for. */
struct offer {
    struct bytes hash;
    int64_t person;
    const char *uid;
    struct device_wish device;
    bool apple;
};

static fallible
no_such_link(struct request *rq)
{
    return FAIL(rq->arena, NOT_FOUND, "%s",
        tr(rq->lang,
            "This code has been used before, or is older than ten minutes. Make a new one on "
            "the page Devices of your account."));
}

fallible
setup_scope(struct request *rq)
{
    static const struct db_scope no_scope = { .chapters = "" };
    struct offer *offer = NEW(rq->arena, struct offer);
    struct rows rows;

    offer->hash = hash_of(rq->arena, rq->param[0]);
    TRY(db_begin(rq->db, rq->arena, READ_ONLY, &no_scope));
    TRY(db_end(rq->db, rq->arena, q_setup_of(rq->db, rq->arena, offer->hash, &rows)));
    if (rows.n == 0) {
        TRY(throttle_guess(rq));
        return no_such_link(rq);
    }
    struct setup_of_row row = setup_of_row(&rows, 0);
    offer->person = row.person;
    offer->uid = row.uid;
    offer->device =
        (struct device_wish){ .name = row.name, .areas = (unsigned)row.areas & rq->app->areas };
    offer->apple = row.apple;
    rq->own = offer;
    rq->scope.person = row.person;
    return NULL;
}

static struct setup_offer
sheet_of(struct request *rq, const struct offer *offer)
{
    return (struct setup_offer){ .here = uri_href(rq->arena, &rq->path, false),
        .areas = device_areas(rq, offer->device.areas),
        .apple = offer->apple };
}

static struct out *
begin(struct request *rq, struct response *rs, const char *title, struct view *v)
{
    struct out *o = page_begin(rq, rs, title, v);

    v->here = "/";
    response_cache(rs, "no-store");
    return o;
}

fallible
setup_offer_get(struct request *rq, struct response *rs)
{
    struct setup_offer sheet = sheet_of(rq, rq->own);
    struct view v;

    page_setup_offer(begin(rq, rs, tr(rq->lang, "Set up this device"), &v), &v, &sheet);
    return NULL;
}

/* Opens DAVx5 with everything filled in. An "@" would end what stands before the host. */
static const char *
app_link(struct request *rq, const struct offer *offer, const char *password)
{
    const char *origin = request_origin(rq), *uid = uri_encode(rq->arena, offer->uid), *at;
    const char *scheme = text_starts(origin, "https:") ? "davx5" : "caldav";

    while ((at = strchr(uid, '@')) != NULL)
        uid = arena_printf(rq->arena, "%.*s%%40%s", (int)(at - uid), uid, at + 1);
    return arena_printf(rq->arena, "%s://%s:%s@%s/dav/", scheme, uid, password,
        strstr(origin, "://") + strlen("://"));
}

static fallible
show_made(
    struct request *rq, struct response *rs, const struct offer *offer, const struct made *made)
{
    struct setup_offer sheet = sheet_of(rq, offer);
    struct view v;

    sheet.name = offer->device.name;
    sheet.password = made->password;
    sheet.drive = device_drive(rq, offer->uid);
    sheet.drive.areas = offer->device.areas;
    if ((offer->device.areas & IN_A_PROFILE) != 0)
        sheet.link = app_link(rq, offer, made->password);
    page_setup_made(begin(rq, rs, tr(rq->lang, "Your new app password"), &v), &v, &sheet);
    return NULL;
}

static fallible
hand_profile(
    struct request *rq, struct response *rs, const struct offer *offer, const struct made *made)
{
    const struct profile profile = { .origin = request_origin(rq),
        .title = rq->app->config->title,
        .device = offer->device.name,
        .uid = offer->uid,
        .password = made->password,
        .id = made->id,
        .calendars = (offer->device.areas & AREA_CALENDARS) != 0,
        .contacts = (offer->device.areas & AREA_CONTACTS) != 0,
        .description =
            arena_printf(rq->arena, tr(rq->lang, "Sets up on this device what you have at %s: %s."),
                rq->app->config->title, device_areas(rq, offer->device.areas)),
        .consent = tr(rq->lang, "The device gets a password of its own, which is good for this "
                                "alone. You can take it back "
                                "at any time on the page Devices of your account, and remove this "
                                "profile in the settings "
                                "of the device.") };

    response_cache(rs, "no-store");
    response_header(rs, "Content-Disposition", "attachment; filename=\"setup.mobileconfig\"");
    profile_write(response_text(rs, "application/x-apple-aspen-config"), rq->arena, &profile);
    return NULL;
}

fallible
setup_offer_post(struct request *rq, struct response *rs)
{
    const struct offer *offer = rq->own;
    const char *problem;
    struct made made;
    struct rows rows;

    TRY(q_setup_use(rq->db, rq->arena, offer->hash, &rows));
    if (rows.n == 0)
        return no_such_link(rq); /* somebody was faster */
    TRY(device_make(rq, offer->person, &offer->device, 0, &made, &problem));
    if (problem != NULL) /* nothing is kept of this request: the link goes on working */
        return FAIL(rq->arena, CONFLICT, "%s", problem);
    return offer->apple ? hand_profile(rq, rs, offer, &made) : show_made(rq, rs, offer, &made);
}
