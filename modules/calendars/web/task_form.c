/* A task as the fields of a form, and back. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/request.h"
#include "ical/rule.h"
#include "modules/calendars/web/tasks.h"

/* Bytes of what is typed; the form itself allows less. */
#define LINE_BYTES KB(4)
#define TEXT_BYTES KB(256)
#define WORD_BYTES 40

const struct task_choice task_repeats[] = {
    { "no", N_("not") },
    { "day", N_("every day") },
    { "week", N_("every week") },
    { "two-weeks", N_("every 2 weeks") },
    { "month", N_("every month") },
    { "year", N_("every year") },
};
const int n_task_repeats = COUNT_OF(task_repeats);

static const char *const rules[COUNT_OF(task_repeats)] = { NULL, "FREQ=DAILY", "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=YEARLY" };

const struct task_choice task_priorities[] = {
    { "none", N_("none") },
    { "high", N_("high") },
    { "middle", N_("middle") },
    { "low", N_("low") },
};
const int n_task_priorities = COUNT_OF(task_priorities);

static const int priorities[COUNT_OF(task_priorities)] = { 0, 1, 5, 9 };

const struct task_choice task_states[TODO_STATES] = {
    [TODO_OPEN] = { "open", NULL },
    [TODO_BEGUN] = { "begun", NULL },
    [TODO_APPROVED] = { "approved", NULL },
    [TODO_DONE] = { "done", NULL },
    [TODO_DROPPED] = { "dropped", NULL },
};

/* RFC 5545, 3.8.1.9: 1 to 4 is high, 5 middle, 6 to 9 low. */
static int
priority_class(int priority)
{
    return priority == 0 ? 0 : priority < 5 ? 1 : priority == 5 ? 2 : 3;
}

static int
find_word(const struct task_choice *choice, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (strcmp(choice[i].word, word) == 0)
            return i;
    return -1;
}

/* ---------------------------------------------------------------- a task as it is */

static const char *
rule_of(const struct page_task_found *t)
{
    return t->todo.master == NULL || t->todo.own ? NULL : ical_value(t->todo.master, "RRULE");
}

static const char *
repeat_of(const struct page_task_found *t)
{
    const char *rule = rule_of(t);

    if (!t->todo.recurs || t->todo.own)
        return "no";
    for (size_t i = 1; rule != NULL && i < COUNT_OF(rules); i++)
        if (strcmp(rule, rules[i]) == 0)
            return task_repeats[i].word;
    return "own";
}

static const char *
text_of(struct request *rq, const struct ical_component *c, const char *name)
{
    const char *text = page_text(rq->arena, c, name);

    return text == NULL ? "" : text;
}

static const char *
joined(struct arena *arena, const char *const *category, int n)
{
    struct buf b = buf_new(arena, KB(64));

    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s%s", i > 0 ? ", " : "", category[i]);
    return buf_string(&b);
}

void
task_form_fill(struct request *rq, const struct page_task_found *t, struct task_form *f)
{
    const struct ical_component *c = t->todo.component;
    int64_t wall = page_due_wall(rq, &t->todo);
    const char *const *category;
    int n = todo_categories(rq->arena, c, &category);

    *f = (struct task_form){ .title = text_of(rq, c, "SUMMARY"),
        .text = text_of(rq, c, "DESCRIPTION"),
        .contact = text_of(rq, c, "CONTACT"),
        .categories = joined(rq->arena, category, n),
        .day = t->todo.dated ? page_iso_day(rq->arena, page_day(wall)) : "",
        .time = t->todo.dated && !t->todo.whole ? page_clock(rq->arena, wall) : "",
        .repeat = repeat_of(t),
        .priority = task_priorities[priority_class(t->todo.priority)].word,
        .state = task_states[t->todo.state].word };
}

void
task_form_new(struct request *rq, struct task_form *f)
{
    const char *day = request_query(rq, "date");
    int64_t number;

    *f = (struct task_form){ .title = "",
        .text = "",
        .contact = "",
        .categories = "",
        .day = page_read_day(day, &number) ? page_iso_day(rq->arena, number) : "",
        .time = "",
        .repeat = "no",
        .priority = "none",
        .state = "open",
        .calendar = request_query(rq, "calendar") };
}

/* ---------------------------------------------------------------- what was sent */

fallible
task_form_read(struct request *rq, struct task_form *f)
{
    *f = (struct task_form){ .title = NULL };
    TRY(page_read_line(rq, "title", LINE_BYTES, &f->title));
    TRY(page_read_line(rq, "text", TEXT_BYTES, &f->text));
    TRY(page_read_line(rq, "categories", LINE_BYTES, &f->categories));
    TRY(page_read_line(rq, "contact", LINE_BYTES, &f->contact));
    TRY(page_read_line(rq, "day", WORD_BYTES, &f->day));
    TRY(page_read_line(rq, "time", WORD_BYTES, &f->time));
    TRY(page_read_line(rq, "repeat", WORD_BYTES, &f->repeat));
    TRY(page_read_line(rq, "priority", WORD_BYTES, &f->priority));
    TRY(page_read_line(rq, "state", WORD_BYTES, &f->state));
    TRY(page_read_line(rq, "calendar", LINE_BYTES, &f->calendar));
    f->text = page_plain_lines(rq->arena, f->text);
    return NULL;
}

/* Seconds are not typed: a time as the form shows it is the one that there is. */
static void
read_due(struct request *rq, struct task_form *f, const struct page_task_found *was,
    struct todo_values *v)
{
    int64_t day, seconds = 0;
    struct task_form old;

    if (*f->day == '\0') {
        if (*f->time != '\0')
            f->wrong_due = tr(rq->lang, "Please give the day, too.");
        return;
    }
    if (!page_read_day(f->day, &day))
        f->wrong_due = tr(rq->lang, "Please give a day, like 2026-11-21.");
    else if (*f->time != '\0' && !page_read_clock(f->time, &seconds))
        f->wrong_due = tr(rq->lang, "Please give a time, like 18:30.");
    if (f->wrong_due != NULL)
        return;
    v->dated = true;
    v->whole = *f->time == '\0';
    v->due = day * ICAL_DAY + seconds;
    if (was == NULL || !was->todo.dated)
        return;
    task_form_fill(rq, was, &old);
    if (strcmp(old.day, f->day) == 0 && strcmp(old.time, f->time) == 0)
        v->due = page_due_wall(rq, &was->todo);
}

static void
read_repeat(struct request *rq, struct task_form *f, const struct page_task_found *was,
    struct todo_values *v)
{
    int i = find_word(task_repeats, COUNT_OF(task_repeats), f->repeat);

    if (was != NULL && (was->todo.own || strcmp(f->repeat, "own") == 0))
        v->rule = rule_of(was);
    else
        v->rule = i < 0 ? NULL : rules[i];
    if (v->rule != NULL && !v->dated && f->wrong_due == NULL &&
        (was == NULL || !was->todo.recurs || was->todo.dated))
        f->wrong_repeat = tr(rq->lang, "What repeats needs a day on which it is due first.");
}

bool
task_form_values(struct request *rq, struct task_form *f, const struct page_task_found *was,
    struct todo_values *v)
{
    int priority = find_word(task_priorities, COUNT_OF(task_priorities), f->priority),
        state = find_word(task_states, TODO_STATES, f->state);

    *v = (struct todo_values){ .title = f->title,
        .text = f->text,
        .contact = f->contact,
        .zone = page_zone(rq),
        .tzid = rq->app->config->time_zone,
        .state = state < 0 ? TODO_OPEN : (enum todo_state)state };
    v->n_categories = text_split(rq->arena, f->categories, ",", &v->category);
    const char **category = NEW_ARRAY(rq->arena, const char *, (size_t)v->n_categories + 1);
    int n = 0;
    for (int i = 0; i < v->n_categories; i++) {
        category[n] = text_trim(rq->arena, v->category[i]);
        n += *category[n] != '\0';
    }
    v->category = category;
    v->n_categories = n;
    v->priority = priority < 0 ? 0 : priorities[priority];
    if (was != NULL && priority_class(was->todo.priority) == priority_class(v->priority))
        v->priority = was->todo.priority;
    if (was != NULL && state < 0)
        v->state = was->todo.state;
    if (*f->title == '\0')
        f->wrong_title = tr(rq->lang, "Please give the task a title.");
    read_due(rq, f, was, v);
    read_repeat(rq, f, was, v);
    return f->wrong_title == NULL && f->wrong_due == NULL && f->wrong_repeat == NULL;
}
