#include "auth/devices.h"

#include <string.h>

#include "auth/access.h"
#include "auth/app_password.h"
#include "auth/audit.h"
#include "auth/device.h"
#include "auth/pages.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "q/account.h"

#define DAYS_MAX 366

/* What the form brought. */
struct wish {
    struct device_wish device;
    int64_t days;
};

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
        .areas = device_areas(rq, (unsigned)row.areas),
        .created = day_of(rq, row.created),
        .used = row.used_is_null ? NULL : day_of(rq, row.used),
        .expires = row.expires_is_null ? NULL : day_of(rq, row.expires),
        .over = row.over,
    };
}

static fallible
show(struct request *rq, struct response *rs, const struct wish *wish, const char *problem)
{
    struct area_choice choice[DEVICE_AREAS];
    struct drive drive = device_drive(rq, rq->who->uid);
    struct rows rows;
    struct view v;

    TRY(q_app_passwords_of(rq->db, rq->arena, rq->who->person, &rows));
    struct device_row *device = NEW_ARRAY(rq->arena, struct device_row, (size_t)rows.n + 1);
    for (int i = 0; i < rows.n; i++)
        device[i] = device_row(rq, app_passwords_of_row(&rows, i));

    struct out *o = device_page(rq, rs, tr(rq->lang, "Devices"), &v);
    if (problem != NULL)
        v.notice = NULL;
    page_devices(o, &v,
        &(struct devices_sheet){ .device = device,
            .n = rows.n,
            .most = APP_PASSWORDS_MAX,
            .area = choice,
            .n_areas = device_choices(rq, rq->app->areas, wish->device.areas, choice),
            .once = device_once(rq->arena),
            .name = wish->device.name,
            .days = (int)wish->days,
            .problem = problem,
            .drive = &drive });
    return NULL;
}

fallible
devices_get(struct request *rq, struct response *rs)
{
    return show(rq, rs, &(struct wish){ .device = { .name = "", .areas = rq->app->areas } }, NULL);
}

static fallible
read_wish(struct request *rq, struct wish *wish)
{
    TRY(device_read_wish(rq, rq->app->areas, &wish->device));
    TRY(form_int(rq, "days", &wish->days));
    return wish->days < 0 || wish->days > DAYS_MAX ? REFUSE(rq->arena, BAD_REQUEST) : NULL;
}

static fallible
refuse(struct request *rq, struct response *rs, int status, const struct wish *wish,
    const char *problem)
{
    response_status(rs, status);
    return show(rq, rs, wish, problem);
}

/* The answer of the POST shows the password itself: no address ever hands it out. */
fallible
devices_post(struct request *rq, struct response *rs)
{
    struct drive drive = device_drive(rq, rq->who->uid);
    const char *problem;
    struct made made;
    struct wish wish;
    bool again;
    struct view v;

    TRY(read_wish(rq, &wish));
    problem = device_problem(rq, &wish.device);
    if (problem != NULL)
        return refuse(rq, rs, 422, &wish, problem);
    TRY(device_send_once(rq, &wish.device, &again));
    if (again)
        problem =
            tr(rq->lang, "This form has been sent before. A password is shown only once: if you "
                         "did not keep it, remove it from the list and make another one.");
    else
        TRY(device_make(rq, rq->who->person, &wish.device, wish.days, &made, &problem));
    if (problem != NULL)
        return refuse(rq, rs, 409, &wish, problem);
    drive.areas = wish.device.areas;
    struct out *o = device_page(rq, rs, tr(rq->lang, "Your new app password"), &v);
    response_cache(rs, "no-store");
    page_device_made(o, &v, wish.device.name, made.password, &drive);
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
    TRY(device_tell(rq, rq->who->person, AUDIT_APP_PASSWORD_REMOVED, id,
        app_password_remove_row(&rows, 0).name));
    response_redirect(rs, "/account/devices?done=device-removed");
    return NULL;
}
