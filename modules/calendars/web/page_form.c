/* An event as the fields of a form, and back. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "http/app.h"
#include "http/form.h"
#include "http/request.h"
#include "modules/calendars/web/pages.h"

/* Bytes of what is typed; the form itself allows less. */
#define LINE_BYTES KB(4)
#define TEXT_BYTES KB(256)
#define WORD_BYTES 40
#define COUNT_MOST 999
/* An event that lasts longer is a mistake. */
#define LENGTH_MOST (1000 * ICAL_DAY)

const struct page_repeat page_repeats[] = {
    { "no", N_("not") },
    { "day", N_("every day") },
    { "week", N_("every week") },
    { "two-weeks", N_("every 2 weeks") },
    { "month-day", N_("every month on this day") },
    { "month-weekday", N_("every month on this day of the week") },
    { "year", N_("every year") },
};
const int n_page_repeats = COUNT_OF(page_repeats);

/* By the rule that it has already, whatever that is. */
static const char own_rule[] = "own";

static const char *const day_words[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

static bool
is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static int
weekday_of(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7);
}

static int
date_of(int64_t day)
{
    int year, month, date;

    ical_civil(day, &year, &month, &date);
    return date;
}

/* The how manieth of its days of the week it is in its month; -1: the fifth, which is the last. */
static int
nth_of(int64_t day)
{
    int nth = (date_of(day) - 1) / 7 + 1;

    return nth == 5 ? -1 : nth;
}

/* ---------------------------------------------------------------- whose clocks */

struct page_clock
page_clock_of(struct request *rq, const struct page_event *e)
{
    struct page_clock here = { page_zone(rq), rq->app->config->time_zone, false };
    const struct ical_line *start = e == NULL ? NULL : ical_find(e->at.component, "DTSTART");
    const char *tzid = start == NULL ? NULL : ical_param(start, "TZID");
    const struct ical_zone *zone;
    struct ical_time t;

    if (start == NULL || ical_time_of(rq->arena, e->object.calendar, start, &t, &zone) != NULL ||
        t.date || t.utc)
        return here;
    here.floats = zone == NULL;
    if (zone != NULL && tzid != NULL)
        here = (struct page_clock){ zone, tzid, false };
    return here;
}

/* ---------------------------------------------------------------- the fields of an event */

static unsigned
days_of(const struct ical_rule *r)
{
    unsigned days = 0;

    for (int i = 0; i < r->n_weekdays; i++)
        days |= 1U << r->weekday[i].day;
    return days;
}

static bool
has_nth(const struct ical_rule *r)
{
    for (int i = 0; i < r->n_weekdays; i++)
        if (r->weekday[i].nth != 0)
            return true;
    return false;
}

/* The word for a rule of a series that begins on that day. */
static const char *
repeat_word(const struct ical_rule *r, int64_t day)
{
    bool no_days = r->n_weekdays == 0, no_dates = r->month_days == 0;

    if ((r->seconds | r->minutes | r->hours | r->months | r->month_days_back | r->weeks |
            r->weeks_back) != 0 ||
        r->by_year_day || r->n_positions > 0)
        return own_rule;
    if (r->freq == WEEKLY && r->interval <= 2 && no_dates && !has_nth(r))
        return r->interval == 1 ? "week" : "two-weeks";
    if (r->interval != 1)
        return own_rule;
    if (r->freq == DAILY && no_days && no_dates)
        return "day";
    if (r->freq == YEARLY && no_days && no_dates)
        return "year";
    if (r->freq == MONTHLY && no_days && (no_dates || r->month_days == UINT64_C(1) << date_of(day)))
        return "month-day";
    if (r->freq == MONTHLY && no_dates && r->n_weekdays == 1 &&
        r->weekday[0].day == weekday_of(day) && r->weekday[0].nth == nth_of(day))
        return "month-weekday";
    return own_rule;
}

static void
fill_rule(struct request *rq, const struct page_event *e, const struct page_clock *clock,
    struct event_form *f)
{
    const struct ical_component *master = event_master(&e->object);
    const char *text = master == NULL ? NULL : ical_value(master, "RRULE");
    struct ical_timing t;
    struct ical_rule r;

    if (text == NULL)
        return;
    f->repeat = own_rule;
    if (ical_rule_read(rq->arena, text, &r) != NULL ||
        ical_timing_read(rq->arena, e->object.calendar, master, &t) != NULL)
        return;
    int64_t start = t.start.utc ? page_wall(clock->zone, t.start.wall) : t.start.wall;
    f->repeat = repeat_word(&r, page_day(start));
    if (r.freq == WEEKLY)
        f->days = days_of(&r) != 0 ? days_of(&r) : 1U << weekday_of(page_day(start));
    if (r.count > 0) {
        f->end = "count";
        f->count = arena_printf(rq->arena, "%d", r.count);
    } else if (r.dated) {
        f->end = "until";
        f->until = page_iso_day(
            rq->arena, page_day(r.until.utc ? page_wall(clock->zone, r.until.wall) : r.until.wall));
    }
}

static void
fill_times(struct request *rq, int64_t from, int64_t to, struct event_form *f)
{
    int64_t last = f->whole && to > from ? to - ICAL_DAY : to;

    f->from_day = page_iso_day(rq->arena, page_day(from));
    f->to_day = page_iso_day(rq->arena, page_day(last));
    f->from_time = f->whole ? "" : page_clock(rq->arena, from);
    f->to_time = f->whole || to <= from ? "" : page_clock(rq->arena, to);
}

static const char *
text_or_empty(struct request *rq, const struct ical_component *c, const char *name)
{
    const char *text = page_text(rq->arena, c, name);

    return text == NULL ? "" : text;
}

void
page_form_fill(struct request *rq, const struct page_event *e, const struct page_clock *clock,
    struct event_form *f)
{
    const struct ical_component *c = e->at.component;
    const struct ical_instance *i = &e->at;

    *f = (struct event_form){ .title = text_or_empty(rq, c, "SUMMARY"),
        .place = text_or_empty(rq, c, "LOCATION"),
        .text = text_or_empty(rq, c, "DESCRIPTION"),
        .whole = page_is_whole(rq->arena, &e->object, c),
        .repeat = "no",
        .end = "never",
        .until = "",
        .count = "",
        .scope = SCOPE_ONE };
    fill_times(rq, i->floats ? i->start : page_wall(clock->zone, i->start),
        i->floats ? i->end : page_wall(clock->zone, i->end), f);
    fill_rule(rq, e, clock, f);
}

void
page_form_new(struct request *rq, int64_t day, struct event_form *f)
{
    *f = (struct event_form){ .title = "",
        .place = "",
        .text = "",
        .guests = "",
        .repeat = "no",
        .end = "never",
        .until = "",
        .count = "",
        .scope = SCOPE_ALL };
    fill_times(rq, day * ICAL_DAY + INT64_C(19) * 3600, day * ICAL_DAY + INT64_C(21) * 3600, f);
}

/* ---------------------------------------------------------------- what was sent */

fallible
page_read_line(struct request *rq, const char *name, size_t most, const char **text)
{
    TRY(form_maybe(rq, name, most, text));
    *text = *text == NULL ? "" : text_trim(rq->arena, *text);
    return NULL;
}

const char *
page_plain_lines(struct arena *arena, const char *text)
{
    char *plain = arena_copy(arena, text, strlen(text)), *to = plain;

    for (const char *p = plain; *p != '\0'; p++)
        if (*p != '\r')
            *to++ = *p;
    *to = '\0';
    return plain;
}

fallible
page_form_read(struct request *rq, struct event_form *f)
{
    const char *whole, *scope, *day;

    *f = (struct event_form){ .scope = SCOPE_ALL };
    TRY(page_read_line(rq, "title", LINE_BYTES, &f->title));
    TRY(page_read_line(rq, "place", LINE_BYTES, &f->place));
    TRY(page_read_line(rq, "text", TEXT_BYTES, &f->text));
    TRY(form_maybe(rq, "guests", TEXT_BYTES, &f->guests));
    TRY(page_read_line(rq, "from-day", WORD_BYTES, &f->from_day));
    TRY(page_read_line(rq, "from-time", WORD_BYTES, &f->from_time));
    TRY(page_read_line(rq, "to-day", WORD_BYTES, &f->to_day));
    TRY(page_read_line(rq, "to-time", WORD_BYTES, &f->to_time));
    TRY(page_read_line(rq, "repeat", WORD_BYTES, &f->repeat));
    TRY(page_read_line(rq, "end", WORD_BYTES, &f->end));
    TRY(page_read_line(rq, "until", WORD_BYTES, &f->until));
    TRY(page_read_line(rq, "count", WORD_BYTES, &f->count));
    TRY(page_read_line(rq, "calendar", LINE_BYTES, &f->calendar));
    TRY(page_read_line(rq, "scope", WORD_BYTES, &scope));
    TRY(form_maybe(rq, "all-members", 1, &whole));
    f->all_members = whole != NULL;
    TRY(form_maybe(rq, "all-board", 1, &whole));
    f->all_board = whole != NULL;
    TRY(form_maybe(rq, "whole", 1, &whole));
    f->whole = whole != NULL;
    f->text = page_plain_lines(rq->arena, f->text);
    f->scope = is(scope, "one") ? SCOPE_ONE : is(scope, "later") ? SCOPE_LATER : SCOPE_ALL;
    for (int i = 0; i < 7; i++) {
        TRY(form_nth(rq, "weekday", i, WORD_BYTES, &day));
        for (int k = 0; day != NULL && k < 7; k++)
            f->days |= is(day, day_words[k]) ? 1U << k : 0;
        if (day == NULL)
            break;
    }
    return NULL;
}

/* ---------------------------------------------------------------- what it means */

static const char wrong_day[] = N_("Please give a day, like 2026-11-21.");
static const char wrong_time[] = N_("Please give a time, like 18:30.");

static void
read_times(struct request *rq, struct event_form *f, struct event_values *v)
{
    int64_t from = 0, to = 0, from_time = 0, to_time = 0;

    if (!page_read_day(f->from_day, &from))
        f->wrong_from = tr(rq->lang, wrong_day);
    else if (!f->whole && !page_read_clock(f->from_time, &from_time))
        f->wrong_from = tr(rq->lang, wrong_time);
    to = from;
    to_time = from_time;
    if (*f->to_day != '\0' && !page_read_day(f->to_day, &to))
        f->wrong_to = tr(rq->lang, wrong_day);
    else if (!f->whole && *f->to_time != '\0' && !page_read_clock(f->to_time, &to_time))
        f->wrong_to = tr(rq->lang, wrong_time);
    if (f->wrong_from != NULL || f->wrong_to != NULL)
        return;
    v->from = from * ICAL_DAY + (f->whole ? 0 : from_time);
    v->to = f->whole ? (to + 1) * ICAL_DAY : to * ICAL_DAY + to_time;
    if (v->to < v->from || (f->whole && v->to == v->from))
        f->wrong_to = tr(rq->lang, "It ends before it begins.");
    else if (v->to - v->from > LENGTH_MOST)
        f->wrong_to = tr(rq->lang, "That is longer than an event can be.");
}

/* "MO,WE"; the day on which it begins is one of them, and the only one moves with it. */
static const char *
weekly_days(struct arena *arena, const struct event_form *f, const struct event_form *was,
    const struct event_values *v)
{
    unsigned start = 1U << weekday_of(page_day(v->from)), days = f->days | start;
    struct buf b = buf_new(arena, 64);

    if (was != NULL && f->days == was->days && (f->days & (f->days - 1)) == 0)
        days = start;
    for (int i = 0; i < 7; i++)
        if (days & (1U << i))
            buf_printf(&b, "%s%s", b.n > 0 ? "," : "", day_words[i]);
    return buf_string(&b);
}

static const char *
rule_how(struct arena *arena, const struct event_form *f, const struct event_form *was,
    const struct event_values *v)
{
    int64_t day = page_day(v->from);

    if (is(f->repeat, "day"))
        return "FREQ=DAILY";
    if (is(f->repeat, "week"))
        return arena_printf(arena, "FREQ=WEEKLY;BYDAY=%s", weekly_days(arena, f, was, v));
    if (is(f->repeat, "two-weeks"))
        return arena_printf(
            arena, "FREQ=WEEKLY;INTERVAL=2;BYDAY=%s", weekly_days(arena, f, was, v));
    if (is(f->repeat, "month-day"))
        return arena_printf(arena, "FREQ=MONTHLY;BYMONTHDAY=%d", date_of(day));
    if (is(f->repeat, "month-weekday"))
        return arena_printf(
            arena, "FREQ=MONTHLY;BYDAY=%d%s", nth_of(day), day_words[weekday_of(day)]);
    return is(f->repeat, "year") ? "FREQ=YEARLY" : NULL;
}

static const char *
until_text(struct request *rq, struct event_form *f, const struct page_clock *clock,
    const struct event_values *v)
{
    char *text = arena_alloc(rq->arena, ICAL_TIME_ROOM);
    int64_t day;

    if (!page_read_day(f->until, &day)) {
        f->wrong_end = tr(rq->lang, wrong_day);
        return NULL;
    }
    if (day < page_day(v->from)) {
        f->wrong_end = tr(rq->lang, "The last day is before the first.");
        return NULL;
    }
    struct ical_time t = { .wall = day * ICAL_DAY, .date = v->whole };
    if (!v->whole) {
        t.wall += ICAL_DAY - 1;
        t.utc = !clock->floats;
        if (t.utc)
            t.wall = ical_zone_when(clock->zone, t.wall);
    }
    ical_write_time(t, text);
    return text;
}

static void
read_rule(struct request *rq, struct event_form *f, const struct event_form *was,
    const struct page_clock *clock, struct event_values *v)
{
    const char *how = rule_how(rq->arena, f, was, v), *until;
    int64_t count;

    if (is(f->repeat, "no") ||
        (is(f->repeat, own_rule) && was != NULL && is(was->repeat, own_rule)))
        return;
    if (how == NULL) {
        f->wrong_repeat = tr(rq->lang, "Please choose how it repeats.");
        return;
    }
    v->rule = how;
    if (is(f->end, "until")) {
        if ((until = until_text(rq, f, clock, v)) != NULL)
            v->rule = arena_printf(rq->arena, "%s;UNTIL=%s", how, until);
    } else if (is(f->end, "count")) {
        if (!text_to_int(f->count, COUNT_MOST, &count) || count < 1)
            f->wrong_end = tr(rq->lang, "Please give a number from 1 to 999.");
        else
            v->rule = arena_printf(rq->arena, "%s;COUNT=%d", how, (int)count);
    }
}

static bool
same_end(const struct event_form *f, const struct event_form *was)
{
    return is(f->end, was->end) && (!is(f->end, "until") || is(f->until, was->until)) &&
           (!is(f->end, "count") || is(f->count, was->count));
}

static bool
is_weekly(const struct event_form *f)
{
    return is(f->repeat, "week") || is(f->repeat, "two-weeks");
}

static bool
goes_by_day(const struct event_form *f)
{
    return is_weekly(f) || text_starts(f->repeat, "month-");
}

bool
page_form_other_rule(const struct event_form *f, const struct event_form *was)
{
    if (!is(f->repeat, was->repeat))
        return true;
    if (is(f->repeat, "no") || is(f->repeat, own_rule))
        return false;
    return !same_end(f, was) || (is_weekly(f) && f->days != was->days) ||
           (goes_by_day(f) && !is(f->from_day, was->from_day));
}

bool
page_form_values(struct request *rq, struct event_form *f, const struct event_form *was,
    const struct page_clock *clock, struct event_values *v)
{
    *v = (struct event_values){ .title = f->title,
        .place = f->place,
        .text = f->text,
        .whole = f->whole,
        .zone = clock->zone,
        .tzid = clock->tzid,
        .same_end = was != NULL && same_end(f, was) };
    if (*f->title == '\0')
        f->wrong_title = tr(rq->lang, "Please give the event a title.");
    read_times(rq, f, v);
    if (f->wrong_from == NULL && f->wrong_to == NULL)
        read_rule(rq, f, was, clock, v);
    return f->wrong_title == NULL && f->wrong_from == NULL && f->wrong_to == NULL &&
           f->wrong_repeat == NULL && f->wrong_end == NULL;
}
