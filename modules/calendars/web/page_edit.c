/* New events on pages, changes of events, and their end: all of it goes through WebDAV's door. */
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "base/uri.h"
#include "blob/blob.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "modules/calendars/web/guests.h"
#include "modules/calendars/web/pages.h"
#include "webdav/conditions.h"
#include "webdav/door.h"

#define ETAG_BYTES 200

static const char somebody_changed[] =
    N_("Somebody else has changed this event meanwhile. What you typed is still here: look at the "
       "event as it is now, and save again if yours is to hold.");

fallible
event_own_scope(struct request *rq)
{
    rq->scope.person = rq->who->person;
    return NULL;
}

fallible
event_post_scope(struct request *rq)
{
    if (page_is_own(rq))
        TRY(event_own_scope(rq));
    rq->scope.lock = TREE_SHARED;
    rq->scope.person = rq->who->person;
    return NULL;
}

struct path
page_object_path(struct request *rq, const char *calendar, const char *name)
{
    const char **part = NEW_ARRAY(rq->arena, const char *, 5);

    part[0] = "dav";
    part[1] = "calendars";
    part[2] = rq->who->uid;
    part[3] = page_is_own(rq) ? calendar : arena_printf(rq->arena, "%s.%s", rq->param[0], calendar);
    part[4] = name;
    return (struct path){ part, 5, false };
}

fallible
page_write_object(struct request *rq, const char *calendar, const char *name, const char *etag,
    const char *bytes, size_t n)
{
    struct blob_content *blob = NEW(rq->arena, struct blob_content);
    const struct dav_content content = { .blob = blob, .inline_bytes = bytes };
    const struct path path = page_object_path(rq, calendar, name);
    struct dav_written written;

    *blob = (struct blob_content){ .size = (int64_t)n };
    sha256(bytes, n, blob->sha256);
    if (n > rq->app->config->calendar_object_max)
        return REFUSE(rq->arena, CALENDAR_TOO_LARGE);
    return dav_change(rq, &path, etag, &content, &written);
}

static fallible
done(struct request *rq, struct response *rs, int64_t wall, const char *what)
{
    response_redirect(rs, arena_printf(rq->arena, "%s?date=%s&done=%s", page_base(rq),
                              page_iso_day(rq->arena, page_day(wall)), what));
    return NULL;
}

/* ---------------------------------------------------------------- the form */

static fallible
show(struct request *rq, struct response *rs, const char *title, struct edit_sheet *sheet)
{
    const struct event_form *f = sheet->form;
    struct view v;

    for (int i = 0; i < 7; i++)
        sheet->weekday[i] = page_weekday(rq->lang, 4 + i); /* 1970-01-05 was a Monday */
    struct out *o = page_begin(rq, rs, title, &v);
    TRY(calendar_crumbs(rq, true, &v));
    if (sheet->problem != NULL)
        response_status(rs, 409);
    if (f->wrong_title != NULL || f->wrong_from != NULL || f->wrong_to != NULL ||
        f->wrong_repeat != NULL || f->wrong_end != NULL || f->wrong_guests != NULL)
        response_status(rs, 422);
    calendars_edit(o, &v, sheet);
    return NULL;
}

static fallible
show_new(struct request *rq, struct response *rs, const struct page_calendars *all,
    const struct event_form *form)
{
    struct edit_sheet sheet = {
        .form = form, .action = page_base(rq), .back = page_base(rq), .etag = "", .calendars = all
    };

    return show(rq, rs, tr(rq->lang, "New event"), &sheet);
}

fallible
event_new_page(struct request *rq, struct response *rs, const struct page_calendars *all)
{
    int64_t day = page_today(rq);
    struct event_form form;

    if (!all->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    page_read_day(request_query(rq, "date"), &day);
    page_form_new(rq, day, &form);
    TRY(guests_offer(rq, &form));
    form.calendar = request_query(rq, "calendar");
    return show_new(rq, rs, all, &form);
}

fallible
calendar_post(struct request *rq, struct response *rs)
{
    struct page_clock clock = page_clock_of(rq, NULL);
    const struct page_calendar *calendar;
    struct page_calendars all;
    struct event_values values;
    struct event_form form;
    size_t n;

    TRY(page_calendars(rq, &all));
    TRY(page_form_read(rq, &form));
    calendar = page_calendar_named(&all, form.calendar);
    if (calendar == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    if (!calendar->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    bool good = page_form_values(rq, &form, NULL, &clock, &values);
    if (form.guests == NULL)
        form.guests = "";
    TRY(guests_read(rq, &form, NULL, &values.guests));
    if (!good || form.wrong_guests != NULL)
        return show_new(rq, rs, &all, &form);
    const char *uid = token_uuid(rq->arena);
    const char *bytes = event_make(rq->arena, &values, uid, time_now() / 1000000, &n);
    TRY(page_write_object(
        rq, calendar->name, arena_printf(rq->arena, "%s.ics", uid), NULL, bytes, n));
    return done(rq, rs, values.from, "event-saved");
}

/* ---------------------------------------------------------------- changes */

/* An event that is to be changed, and the form of it as it is. */
struct editing {
    const char *at;
    struct page_calendars all;
    struct page_event event;
    struct page_clock clock;
    struct event_form was;
    struct event_was object;
};

/* What was sent begins to be compared with what there is. */
static fallible
begin(struct request *rq, const struct page_event *e, struct editing *ed)
{
    struct event_form copy;

    if (!e->calendar->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    ed->clock = page_clock_of(rq, e);
    page_form_fill(rq, e, &ed->clock, &ed->was);
    if (guests_may_invite(rq, e))
        ed->was.guests = guests_field(rq, e->at.component);
    TRY(guests_offer(rq, &ed->was));
    ed->object = (struct event_was){ .bytes = e->bytes, .object = &e->object, .at = &e->at };
    copy = ed->was;
    copy.title = "-"; /* one without a title can be changed, too */
    page_form_values(rq, &copy, &ed->was, &ed->clock, &ed->object.values);
    if (copy.wrong_from == NULL && copy.wrong_to == NULL)
        return NULL;
    ed->object.values.from = e->at.floats ? e->at.start : page_wall(ed->clock.zone, e->at.start);
    ed->object.values.to = e->at.floats ? e->at.end : page_wall(ed->clock.zone, e->at.end);
    return NULL;
}

static bool
is_alone(const struct editing *ed)
{
    return ical_find(ed->event.at.component, "RECURRENCE-ID") != NULL;
}

static fallible
show_edit(struct request *rq, struct response *rs, const struct editing *ed,
    const struct event_form *form, const char *problem)
{
    const char *tzid = ed->clock.tzid, *rule = NULL;
    const struct ical_component *master = event_master(&ed->event.object);
    struct ical_rule own;

    if (strcmp(ed->was.repeat, "own") == 0 && master != NULL)
        rule = ical_rule_read(rq->arena, ical_value(master, "RRULE"), &own) != NULL
                   ? tr(rq->lang, "By a rule of its own")
                   : page_rule(rq->arena, rq->lang, ed->clock.zone, &own, ed->object.values.from);
    struct edit_sheet sheet = { .form = form,
        .action = page_event_here(rq, ed->at),
        .back = page_event_here(rq, ed->at),
        .problem = problem,
        .etag = ed->event.etag,
        .own_rule = rule,
        .zone = strcmp(tzid, rq->app->config->time_zone) == 0 || ed->clock.floats ? NULL : tzid,
        .recurs = ed->event.recurs,
        .alone = is_alone(ed) };

    return show(rq, rs, tr(rq->lang, "Change the event"), &sheet);
}

fallible
event_edit_page(struct request *rq, struct response *rs, const struct page_event *e, const char *at)
{
    struct editing ed = { .at = at, .event = *e };

    TRY(begin(rq, &ed.event, &ed));
    return show_edit(rq, rs, &ed, &ed.was, NULL);
}

static fallible
store(struct request *rq, const struct editing *ed, const char *etag,
    const struct event_result *result, struct response *rs)
{
    const char *calendar = ed->event.calendar->name;
    const struct path path = page_object_path(rq, calendar, ed->event.name);

    if (result->gone && strcmp(etag, ed->event.etag) != 0)
        return REFUSE(rq->arena, PRECONDITION_FAILED);
    if (result->gone)
        return dav_act(rq, DELETE, &path, NULL, rs);
    TRY(page_write_object(rq, calendar, ed->event.name, etag, result->bytes, result->n));
    if (result->more == NULL)
        return NULL;
    return page_write_object(rq, calendar, arena_printf(rq->arena, "%s.ics", result->uid), NULL,
        result->more, result->n_more);
}

static fallible
remove_event(struct request *rq, struct response *rs, struct editing *ed, const char *etag)
{
    struct event_result result;
    struct event_form sent;
    const char *why;

    TRY(page_form_read(rq, &sent));
    why = event_delete(rq->arena, rq->lang, &ed->object, sent.scope, time_now() / 1000000, &result);
    if (why != NULL)
        return show_edit(rq, rs, ed, &ed->was, tr(rq->lang, why));
    struct error *e = store(rq, ed, etag, &result, rs);
    if (e != NULL && e->cond == &PRECONDITION_FAILED)
        return show_edit(rq, rs, ed, &ed->was, tr(rq->lang, somebody_changed));
    TRY(e);
    return done(rq, rs, ed->object.values.from, "deleted");
}

/* A single one of a series recurs with the others, or not at all. */
static bool
check_scope(struct request *rq, struct event_form *form, const struct editing *ed)
{
    if (!ed->event.recurs || is_alone(ed) || form->scope != SCOPE_ONE ||
        strcmp(form->repeat, ed->was.repeat) == 0)
        return true;
    form->wrong_repeat = tr(rq->lang,
        "Only one of them cannot repeat in another way. Choose “This one and all later” or “All "
        "of them”.");
    return false;
}

static fallible
save_event(struct request *rq, struct response *rs, struct editing *ed, const char *etag)
{
    struct event_values values;
    struct event_result result;
    struct event_form form;

    TRY(page_form_read(rq, &form));
    if (is_alone(ed)) { /* its form has no recurrence */
        form.scope = SCOPE_ONE;
        form.repeat = "no";
    }
    bool one = ed->event.recurs && form.scope == SCOPE_ONE;
    bool good =
        page_form_values(rq, &form, &ed->was, &ed->clock, &values) && check_scope(rq, &form, ed);
    if (ed->was.guests == NULL || form.guests == NULL)
        form.guests = ed->was.guests;
    else
        TRY(guests_read(rq, &form, ed->event.at.component, &values.guests));
    if (!good || form.wrong_guests != NULL)
        return show_edit(rq, rs, ed, &form, NULL);
    bool other = !one && page_form_other_rule(&form, &ed->was);
    if (!other && ed->event.recurs)
        values.rule = "";
    const char *why = event_change(rq->arena, rq->lang, &ed->object, form.scope, &values, other,
        time_now() / 1000000, &result);
    if (why != NULL)
        return show_edit(rq, rs, ed, &form, tr(rq->lang, why));
    struct error *e = store(rq, ed, etag, &result, rs);
    if (e != NULL && e->cond == &PRECONDITION_FAILED)
        return show_edit(rq, rs, ed, &form, tr(rq->lang, somebody_changed));
    TRY(e);
    return done(rq, rs, values.from, "event-saved");
}

/* Answers, as forms send them. */
static const struct {
    const char *word, *partstat;
} answers[] = { { "yes", "ACCEPTED" }, { "perhaps", "TENTATIVE" }, { "no", "DECLINED" } };

/* In her own calendar alone: there the server tells whoever invites. */
static fallible
answer(struct request *rq, struct response *rs, struct editing *ed, const char *etag)
{
    struct event_result result;
    struct event_form sent;
    const char *word, *partstat = NULL;

    TRY(form_text(rq, "answer", 10, &word));
    TRY(page_form_read(rq, &sent));
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        if (strcmp(word, answers[i].word) == 0)
            partstat = answers[i].partstat;
    if (partstat == NULL || !page_is_own(rq) || guests_hers(rq, ed->event.at.component) == NULL)
        return REFUSE(rq->arena, BAD_REQUEST);
    const char *why = event_answer(rq->arena, rq->lang, &ed->object, sent.scope, guests_is_hers, rq,
        partstat, time_now() / 1000000, &result);
    if (why != NULL)
        return event_show(rq, rs, &ed->event, ed->at, tr(rq->lang, why));
    struct error *e = store(rq, ed, etag, &result, rs);
    if (e != NULL && e->cond == &PRECONDITION_FAILED)
        return event_show(rq, rs, &ed->event, ed->at,
            tr(rq->lang, "The event has changed meanwhile. Look at it as it is now, and answer "
                         "again."));
    TRY(e);
    const char *here = page_event_here(rq, ed->at);
    response_redirect(
        rs, arena_printf(rq->arena, "%s%sdone=answered", here, ed->at == NULL ? "?" : "&"));
    return NULL;
}

fallible
event_post(struct request *rq, struct response *rs)
{
    struct editing ed = { .at = request_query(rq, "at") };
    const char *etag, *act;

    TRY(page_calendars(rq, &ed.all));
    TRY(page_event_find(rq, &ed.all, ed.at, &ed.event));
    TRY(begin(rq, &ed.event, &ed));
    TRY(form_text(rq, "etag", ETAG_BYTES, &etag));
    TRY(form_maybe(rq, "act", 10, &act));
    if (act != NULL && (strcmp(act, "attach") == 0 || strcmp(act, "detach") == 0))
        return attach_post(rq, rs, &ed.event, etag, act[0] == 'a');
    if (act != NULL && strcmp(act, "answer") == 0)
        return answer(rq, rs, &ed, etag);
    return act != NULL && strcmp(act, "delete") == 0 ? remove_event(rq, rs, &ed, etag)
                                                     : save_event(rq, rs, &ed, etag);
}
