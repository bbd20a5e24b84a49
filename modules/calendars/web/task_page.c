/* A task in the browser, new tasks, changes, and their end: all goes through WebDAV's door. */
#include <string.h>

#include "auth/access.h"
#include "auth/page.h"
#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "base/token.h"
#include "base/uri.h"
#include "html/lang.h"
#include "http/form.h"
#include "http/request.h"
#include "http/response.h"
#include "ical/rule.h"
#include "modules/calendars/web/tasks.h"
#include "q/calendar_page.h"
#include "webdav/conditions.h"
#include "webdav/door.h"

#define ETAG_BYTES 200
#define WORD_BYTES 20
#define BACK_BYTES KB(2)
/* Words that a field offers. */
#define CHOICES_MAX 40

static const char somebody_changed[] =
    N_("Somebody else has changed this task meanwhile. Nothing was saved: look at it as it is now, "
       "and do it again if it is still right.");

static const char *
here_of(struct request *rq)
{
    return arena_printf(rq->arena, "/c/%s/tasks/%s/%s", rq->param[0],
        uri_encode(rq->arena, rq->param[1]), uri_encode(rq->arena, rq->param[2]));
}

static const char *
list_of(struct request *rq)
{
    return arena_printf(rq->arena, "/c/%s/tasks", rq->param[0]);
}

/* ---------------------------------------------------------------- looking at one */

static const char *
rule_words(struct request *rq, const struct page_task_found *t)
{
    const char *value = t->todo.master == NULL ? NULL : ical_value(t->todo.master, "RRULE");
    struct ical_timing timing;
    struct ical_rule rule;

    if (value == NULL || ical_rule_read(rq->arena, value, &rule) != NULL ||
        ical_timing_read(rq->arena, t->object.calendar, t->todo.master, &timing) != NULL)
        return NULL;
    return page_rule(rq->arena, rq->lang, page_zone(rq), &rule, timing.start.wall);
}

static const char *
finished(struct request *rq, const struct page_task_found *t)
{
    const struct ical_line *line = ical_find(t->todo.component, "COMPLETED");
    const struct ical_zone *zone;
    struct ical_time time;

    if (line == NULL || t->todo.state != TODO_DONE ||
        ical_time_of(rq->arena, t->object.calendar, line, &time, &zone) != NULL)
        return NULL;
    int64_t wall = page_wall(page_zone(rq), ical_when(time, zone));
    return page_when(rq->arena, rq->lang, wall, wall, false);
}

static fallible
show(struct request *rq, struct response *rs, const struct page_task_found *t, const char *problem)
{
    const struct ical_component *c = t->todo.component;
    const char *title = page_text(rq->arena, c, "SUMMARY");
    struct task_fact_sheet s = { .calendar = t->calendar,
        .when = page_due(rq, &t->todo),
        .rule = rule_words(rq, t),
        .text = page_text(rq->arena, c, "DESCRIPTION"),
        .place = page_text(rq->arena, c, "LOCATION"),
        .address = ical_value(c, "URL"),
        .contact = page_text(rq->arena, c, "CONTACT"),
        .state = page_state(t->todo.state, t->calendar->editorial),
        .done = finished(rq, t),
        .late = page_due_late(rq, &t->todo),
        .over = t->todo.state == TODO_DONE || t->todo.state == TODO_DROPPED,
        .now = t->todo.state,
        .here = here_of(rq),
        .etag = t->etag,
        .back = list_of(rq),
        .problem = problem };
    struct task_form form;
    struct view v;

    s.n_categories = todo_categories(rq->arena, c, &s.category);
    task_form_fill(rq, t, &form);
    for (int i = 1; i < n_task_priorities; i++)
        if (strcmp(form.priority, task_priorities[i].word) == 0)
            s.priority = task_priorities[i].title;
    if (t->calendar->may_write)
        s.edit = arena_printf(rq->arena, "%s?edit", s.here);
    struct out *o =
        page_begin(rq, rs, title != NULL ? title : tr(rq->lang, "Task without a title"), &v);
    TRY(task_crumbs(rq, &v));
    if (problem != NULL)
        response_status(rs, 409);
    tasks_one(o, &v, &s);
    return NULL;
}

/* ---------------------------------------------------------------- the form */

static void
add_once(const char **list, int *n, const char *text)
{
    for (int i = 0; i < *n; i++)
        if (strcmp(list[i], text) == 0)
            return;
    if (*n < CHOICES_MAX)
        list[(*n)++] = text;
}

/* Channels and offices that have been named before, and the groups of the chapter. */
static fallible
set_choices(struct request *rq, struct task_edit_sheet *s)
{
    const char **channel = NEW_ARRAY(rq->arena, const char *, CHOICES_MAX),
               **office = NEW_ARRAY(rq->arena, const char *, CHOICES_MAX);
    struct page_calendars all;
    struct page_tasks tasks;
    struct rows rows;

    TRY(page_calendars(rq, &all));
    TRY(page_tasks(rq, &all, NULL, &tasks));
    for (int i = 0; i < tasks.n; i++) {
        for (int k = 0; k < tasks.p[i].n_categories; k++)
            add_once(channel, &s->n_channels, tasks.p[i].category[k]);
        if (tasks.p[i].contact != NULL)
            add_once(office, &s->n_offices, tasks.p[i].contact);
    }
    s->channel = channel;
    s->office = office;
    if (access_role(rq->who, rq->chapter) < ROLE_MEMBER)
        return NULL;
    TRY(q_calendar_page_groups(rq->db, rq->arena, rq->chapter, CHOICES_MAX, &rows));
    for (int i = 0; i < rows.n; i++)
        add_once(office, &s->n_offices, calendar_page_groups_row(&rows, i).name);
    return NULL;
}

static fallible
show_form(struct request *rq, struct response *rs, const char *title, struct task_edit_sheet *s)
{
    const struct task_form *f = s->form;
    struct view v;

    TRY(set_choices(rq, s));
    struct out *o = page_begin(rq, rs, title, &v);
    TRY(task_crumbs(rq, &v));
    if (s->problem != NULL)
        response_status(rs, 409);
    if (f->wrong_title != NULL || f->wrong_due != NULL || f->wrong_repeat != NULL)
        response_status(rs, 422);
    tasks_edit(o, &v, s);
    return NULL;
}

static fallible
show_new(struct request *rq, struct response *rs, const struct page_calendars *all,
    const struct task_form *form)
{
    const struct page_calendar *chosen = page_calendar_named(all, form->calendar);
    struct task_edit_sheet sheet = { .form = form,
        .action = list_of(rq),
        .back = list_of(rq),
        .etag = "",
        .calendars = all,
        .post = chosen != NULL && chosen->editorial };

    return show_form(
        rq, rs, sheet.post ? tr(rq->lang, "New post") : tr(rq->lang, "New task"), &sheet);
}

fallible
task_new_page(struct request *rq, struct response *rs, const struct page_calendars *all)
{
    struct task_form form;

    if (!all->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    task_form_new(rq, &form);
    return show_new(rq, rs, all, &form);
}

static fallible
show_edit(struct request *rq, struct response *rs, const struct page_task_found *t,
    const struct task_form *form, const char *problem)
{
    struct task_edit_sheet sheet = { .form = form,
        .action = here_of(rq),
        .back = here_of(rq),
        .etag = t->etag,
        .problem = problem,
        .own_rule = strcmp(form->repeat, "own") != 0 ? NULL
                    : rule_words(rq, t) != NULL      ? rule_words(rq, t)
                                                     : tr(rq->lang, "By a rule of its own"),
        .recurs = t->todo.recurs,
        .own = t->todo.own,
        .post = t->calendar->editorial };

    return show_form(rq, rs,
        sheet.post ? tr(rq->lang, "Change the post") : tr(rq->lang, "Change the task"), &sheet);
}

fallible
task_page(struct request *rq, struct response *rs)
{
    struct page_calendars all;
    struct page_task_found t;
    struct task_form form;

    TRY(page_calendars(rq, &all));
    TRY(page_task_find(rq, &all, &t));
    if (request_query(rq, "edit") == NULL)
        return show(rq, rs, &t, NULL);
    if (!t.calendar->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    task_form_fill(rq, &t, &form);
    return show_edit(rq, rs, &t, &form, NULL);
}

/* ---------------------------------------------------------------- what is done */

/* Back to the list that she came from, or to all tasks. */
static fallible
done(struct request *rq, struct response *rs, const char *what)
{
    const char *back, *list = arena_printf(rq->arena, "%s?", list_of(rq));
    bool good;

    TRY(form_maybe(rq, "back", BACK_BYTES, &back));
    good = back != NULL && text_starts(back, list);
    for (const char *p = back; good && *p != '\0'; p++)
        good = *p > ' ' && *p < 127 && *p != '\\';
    response_redirect(
        rs, arena_printf(rq->arena, "%s%sdone=%s", good ? back : list, good ? "&" : "", what));
    return NULL;
}

fallible
tasks_post(struct request *rq, struct response *rs)
{
    const struct page_calendar *calendar;
    struct page_calendars all;
    struct todo_values values;
    struct task_form form;
    const char *act;
    size_t n;

    TRY(form_maybe(rq, "act", WORD_BYTES, &act));
    if (act != NULL && strcmp(act, "editorial") == 0)
        return editorial_make(rq, rs);
    TRY(page_calendars(rq, &all));
    TRY(task_form_read(rq, &form));
    calendar = page_calendar_named(&all, form.calendar);
    if (calendar == NULL)
        return REFUSE(rq->arena, NOT_FOUND);
    if (!calendar->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    if (!task_form_values(rq, &form, NULL, &values))
        return show_new(rq, rs, &all, &form);
    const char *uid = token_uuid(rq->arena);
    const char *bytes = todo_make(rq->arena, &values, uid, time_now() / 1000000, &n);
    TRY(page_write_object(
        rq, calendar->name, arena_printf(rq->arena, "%s.ics", uid), NULL, bytes, n));
    return done(rq, rs, "event-saved");
}

/* How the task is, for what changes it. */
static struct todo_was
was_of(struct request *rq, const struct page_task_found *t)
{
    struct todo_was was = { .bytes = t->bytes, .object = &t->object, .todo = &t->todo };
    struct task_form form;

    task_form_fill(rq, t, &form);
    task_form_values(rq, &form, t, &was.values);
    return was;
}

static fallible
save(struct request *rq, struct response *rs, const struct page_task_found *t, const char *etag)
{
    struct todo_was was = was_of(rq, t);
    struct todo_values values;
    struct task_form form;
    size_t n;

    TRY(task_form_read(rq, &form));
    if (!task_form_values(rq, &form, t, &values))
        return show_edit(rq, rs, t, &form, NULL);
    if (t->todo.recurs)
        values.state = t->todo.state;
    const char *bytes = todo_change(rq->arena, &was, &values, time_now() / 1000000, &n);
    struct error *e = page_write_object(rq, t->calendar->name, t->name, etag, bytes, n);
    if (e != NULL && e->cond == &PRECONDITION_FAILED)
        return show_edit(rq, rs, t, &form, tr(rq->lang, somebody_changed));
    TRY(e);
    return done(rq, rs, "event-saved");
}

static fallible
store(struct request *rq, struct response *rs, const struct page_task_found *t, const char *etag,
    const struct todo_result *result, const char *what)
{
    const char *calendar = t->calendar->name;
    struct error *e = page_write_object(rq, calendar, t->name, etag, result->bytes, result->n);

    if (e != NULL && e->cond == &PRECONDITION_FAILED)
        return show(rq, rs, t, tr(rq->lang, somebody_changed));
    TRY(e);
    if (result->more != NULL)
        TRY(page_write_object(rq, calendar, arena_printf(rq->arena, "%s.ics", result->uid), NULL,
            result->more, result->n_more));
    return done(rq, rs, what);
}

static fallible
set_state(
    struct request *rq, struct response *rs, const struct page_task_found *t, const char *etag)
{
    const struct todo_was was = was_of(rq, t);
    struct todo_result result;
    const char *word;

    TRY(form_text(rq, "state", WORD_BYTES, &word));
    for (int i = 0; i < TODO_STATES; i++)
        if (strcmp(word, task_states[i].word) == 0) {
            todo_set_state(rq->arena, &was, (enum todo_state)i, time_now() / 1000000, &result);
            return store(rq, rs, t, etag, &result, i == TODO_DONE ? "task-done" : "event-saved");
        }
    return REFUSE(rq->arena, BAD_REQUEST);
}

static fallible
skip(struct request *rq, struct response *rs, const struct page_task_found *t, const char *etag)
{
    const struct todo_was was = was_of(rq, t);
    struct todo_result result;

    if (!todo_skip(rq->arena, &was, time_now() / 1000000, &result))
        return show(rq, rs, t,
            tr(rq->lang, "There is no later one. If the task is over, delete it as a whole."));
    return store(rq, rs, t, etag, &result, "event-saved");
}

static fallible
remove_task(
    struct request *rq, struct response *rs, const struct page_task_found *t, const char *etag)
{
    const struct path path = page_object_path(rq, t->calendar->name, t->name);

    if (strcmp(etag, t->etag) != 0)
        return show(rq, rs, t, tr(rq->lang, somebody_changed));
    TRY(dav_act(rq, DELETE, &path, NULL, rs));
    return done(rq, rs, "deleted");
}

fallible
task_post(struct request *rq, struct response *rs)
{
    struct page_calendars all;
    struct page_task_found t;
    const char *etag, *act;

    TRY(page_calendars(rq, &all));
    TRY(page_task_find(rq, &all, &t));
    if (!t.calendar->may_write)
        return REFUSE(rq->arena, FORBIDDEN);
    TRY(form_text(rq, "etag", ETAG_BYTES, &etag));
    TRY(form_maybe(rq, "act", WORD_BYTES, &act));
    if (act != NULL && strcmp(act, "state") == 0)
        return set_state(rq, rs, &t, etag);
    if (act != NULL && strcmp(act, "skip") == 0)
        return skip(rq, rs, &t, etag);
    if (act != NULL && strcmp(act, "delete") == 0)
        return remove_task(rq, rs, &t, etag);
    return save(rq, rs, &t, etag);
}
