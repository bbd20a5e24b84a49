#include "ical/steps.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"

/* What BY... leaves of a period: its instances are each of these days at each of these times. */
struct ical_steps {
    struct ical_rule rule; /* with what it takes from the start */
    struct ical_time start;
    int64_t from, to;
    int64_t period; /* its number, from that of the start on */
    int counted, periods;
    bool ended;

    int64_t day[366];
    int n_days;
    unsigned char hour[24], minute[60], second[60];
    int n_hours, n_minutes, n_seconds;
    int chosen[ICAL_RULE_VALUES]; /* by BYSETPOS: which instances of the period */
    int n, next;                  /* how many there are; how many of them were given */
};

#define PERIODS_MAX 4000000 /* a search that is longer is given up: less than a second */

static const int64_t unit[] = { [MINUTELY] = 60, [HOURLY] = 3600 };

static bool
has(uint64_t bits, int n)
{
    return bits >> n & 1;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* 0: Monday. 1970 began on a Thursday. */
static int
weekday_of(int64_t day)
{
    return (int)((day % 7 + 10) % 7);
}

/* ---------------------------------------------------------------- does a day fit? */

struct date {
    int64_t day;
    int year, month, month_day;
    int64_t new_year, next_year, first,
        next_first; /* days: of its year and month, and the next ones */
};

static struct date
date_of(int64_t day)
{
    struct date d = { .day = day };

    ical_civil(day, &d.year, &d.month, &d.month_day);
    d.new_year = ical_days(d.year, 1, 1);
    d.next_year = ical_days(d.year + 1, 1, 1);
    d.first = day - d.month_day + 1;
    d.next_first = d.month == 12 ? d.next_year : ical_days(d.year, d.month + 1, 1);
    return d;
}

/* The first day of the first week of a year: the one with four days or more in it. */
static int64_t
first_week(int64_t new_year, int first_day)
{
    int into = (weekday_of(new_year) - first_day + 7) % 7;

    return new_year - into + (into > 3 ? 7 : 0);
}

/* Is it in one of the weeks? Those are of the year that has most of their days. */
static bool
fits_week(const struct ical_rule *rule, const struct date *d)
{
    int64_t start = first_week(d->new_year, rule->first_day),
            next = first_week(d->next_year, rule->first_day);

    if (d->day < start) {
        next = start;
        start = first_week(ical_days(d->year - 1, 1, 1), rule->first_day);
    } else if (d->day >= next) {
        start = next;
        next = first_week(ical_days(d->year + 2, 1, 1), rule->first_day);
    }
    return has(rule->weeks, (int)((d->day - start) / 7) + 1) ||
           has(rule->weeks_back, (int)((next - 1 - d->day) / 7) + 1);
}

static bool
fits_weekday(const struct ical_rule *rule, const struct date *d)
{
    bool of_year = rule->freq == YEARLY && rule->months == 0;
    int64_t first = of_year ? d->new_year : d->first, next = of_year ? d->next_year : d->next_first;
    int weekday = weekday_of(d->day), nth = (int)(d->day - first) / 7 + 1,
        back = (int)(next - 1 - d->day) / 7 + 1;

    for (int i = 0; i < rule->n_weekdays; i++) {
        const struct ical_weekday *w = &rule->weekday[i];
        if (w->day == weekday && (w->nth == 0 || w->nth == nth || w->nth == -back))
            return true;
    }
    return false;
}

static bool
fits_year_day(const struct ical_rule *rule, const struct date *d)
{
    int n = (int)(d->day - d->new_year) + 1, back = (int)(d->next_year - d->day);

    return has(rule->year_days[n / 64], n % 64) || has(rule->year_days_back[back / 64], back % 64);
}

static bool
fits(const struct ical_rule *rule, int64_t day)
{
    const struct date d = date_of(day);

    return (rule->months == 0 || has(rule->months, d.month)) &&
           ((rule->month_days | rule->month_days_back) == 0 || has(rule->month_days, d.month_day) ||
               has(rule->month_days_back, (int)(d.next_first - day))) &&
           (!rule->by_year_day || fits_year_day(rule, &d)) &&
           ((rule->weeks | rule->weeks_back) == 0 || fits_week(rule, &d)) &&
           (rule->n_weekdays == 0 || fits_weekday(rule, &d));
}

/* ---------------------------------------------------------------- periods */

/* What is left out is taken from the start (RFC 5545, 3.3.10). */
static void
complete(struct ical_steps *s)
{
    struct ical_rule *rule = &s->rule;
    int64_t day = floor_div(s->start.wall, ICAL_DAY);
    int second = (int)(s->start.wall - day * ICAL_DAY), year, month, month_day;
    bool by_week = (rule->weeks | rule->weeks_back) != 0,
         by_day = (rule->month_days | rule->month_days_back) != 0 || rule->by_year_day ||
                  rule->n_weekdays > 0;

    ical_civil(day, &year, &month, &month_day);
    if (!by_day && (rule->freq == WEEKLY || by_week)) {
        rule->weekday[0] = (struct ical_weekday){ 0, weekday_of(day) };
        rule->n_weekdays = 1;
    } else if (!by_day && rule->freq >= MONTHLY) {
        rule->month_days = UINT64_C(1) << month_day;
        if (rule->freq == YEARLY && rule->months == 0)
            rule->months = UINT64_C(1) << month;
    }
    if (s->start.date) /* a whole day has no time: what is said of one is ignored */
        rule->hours = rule->minutes = rule->seconds = 1;
    if (rule->hours == 0 && rule->freq >= DAILY)
        rule->hours = UINT64_C(1) << second / 3600;
    if (rule->minutes == 0 && rule->freq >= HOURLY)
        rule->minutes = UINT64_C(1) << second / 60 % 60;
    if (rule->seconds == 0 && rule->freq >= MINUTELY)
        rule->seconds = UINT64_C(1) << second % 60;
}

/* The days of the period, as [first, next): of less than a day that day. */
static void
days_of(const struct ical_steps *s, int64_t period, int64_t *first, int64_t *next)
{
    int64_t day = floor_div(s->start.wall, ICAL_DAY), step = period * s->rule.interval;
    int year, month, month_day;

    ical_civil(day, &year, &month, &month_day);
    switch (s->rule.freq) {
    case YEARLY:
        *first = ical_days(year + (int)step, 1, 1);
        *next = ical_days(year + (int)step + 1, 1, 1);
        return;
    case MONTHLY:
        step += month - 1;
        *first = ical_days(year + (int)(step / 12), (int)(step % 12) + 1, 1);
        step++;
        *next = ical_days(year + (int)(step / 12), (int)(step % 12) + 1, 1);
        return;
    case WEEKLY:
        *first = day - (weekday_of(day) - s->rule.first_day + 7) % 7 + 7 * step;
        *next = *first + 7;
        return;
    case DAILY:
        *first = day + step;
        break;
    default:
        *first = floor_div(s->start.wall + step * unit[s->rule.freq], ICAL_DAY);
    }
    *next = *first + 1;
}

/* The last period that begins at that second or before; 0: there is none but the first. */
static int64_t
period_at(const struct ical_steps *s, int64_t wall)
{
    int64_t day = floor_div(wall, ICAL_DAY), first = floor_div(s->start.wall, ICAL_DAY), n;
    int year, month, month_day, start_year, start_month;

    if (wall <= s->start.wall)
        return 0;
    ical_civil(first, &start_year, &start_month, &month_day);
    ical_civil(day, &year, &month, &month_day);
    switch (s->rule.freq) {
    case YEARLY:
        n = year - start_year;
        break;
    case MONTHLY:
        n = (year - start_year) * 12 + month - start_month;
        break;
    case WEEKLY:
        n = (day - first) / 7;
        break;
    case DAILY:
        n = day - first;
        break;
    default:
        n = (wall - s->start.wall) / unit[s->rule.freq];
    }
    return n / s->rule.interval;
}

static int
list_bits(uint64_t bits, int most, unsigned char *list)
{
    int n = 0;

    for (int i = 0; i <= most; i++)
        if (has(bits, i))
            list[n++] = (unsigned char)i;
    return n;
}

/* Of a period shorter than a day: does its own time fit? */
static void
list_times(struct ical_steps *s)
{
    const struct ical_rule *rule = &s->rule;

    if (rule->freq >= DAILY)
        return;
    int64_t wall = s->start.wall + s->period * rule->interval * unit[rule->freq];
    int second = (int)(wall - floor_div(wall, ICAL_DAY) * ICAL_DAY);
    uint64_t hour = UINT64_C(1) << second / 3600, minute = UINT64_C(1) << second / 60 % 60;
    s->n_hours = list_bits(rule->hours == 0 ? hour : rule->hours & hour, 23, s->hour);
    if (rule->freq == MINUTELY)
        s->n_minutes =
            list_bits(rule->minutes == 0 ? minute : rule->minutes & minute, 59, s->minute);
}

/* By BYSETPOS: sorted, each once. */
static void
choose(struct ical_steps *s)
{
    int of = s->n, n = 0;

    for (int i = 0; i < s->rule.n_positions; i++) {
        int p = s->rule.position[i], which = p > 0 ? p - 1 : of + p, at = n;
        if (which < 0 || which >= of)
            continue;
        while (at > 0 && s->chosen[at - 1] > which)
            at--;
        if (at > 0 && s->chosen[at - 1] == which)
            continue;
        memmove(&s->chosen[at + 1], &s->chosen[at], (size_t)(n - at) * sizeof s->chosen[0]);
        s->chosen[at] = which;
        n++;
    }
    s->n = n;
}

static int64_t
instance(const struct ical_steps *s, int number)
{
    int which = s->rule.n_positions > 0 ? s->chosen[number] : number;
    int second = which % s->n_seconds, minute = which / s->n_seconds % s->n_minutes,
        hour = which / s->n_seconds / s->n_minutes % s->n_hours,
        day = which / s->n_seconds / s->n_minutes / s->n_hours;

    return s->day[day] * ICAL_DAY + s->hour[hour] * 3600 + s->minute[minute] * 60 +
           s->second[second];
}

/* How many instances of the period are before that second. */
static int
before(const struct ical_steps *s, int64_t wall)
{
    int low = 0, high = s->n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (instance(s, middle) < wall)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* False when there is no period any more. */
static bool
open_period(struct ical_steps *s)
{
    int64_t first, next;

    days_of(s, s->period, &first, &next);
    if (first * ICAL_DAY > s->to || ++s->periods > PERIODS_MAX)
        return false;
    s->n_days = 0;
    for (int64_t day = first; day < next; day++)
        if (fits(&s->rule, day))
            s->day[s->n_days++] = day;
    list_times(s);
    s->n = s->n_days * s->n_hours * s->n_minutes * s->n_seconds;
    if (s->rule.n_positions > 0)
        choose(s);
    s->next = before(s, s->from);
    s->counted += s->next - before(s, s->start.wall);
    return true;
}

/* Behind one that has nothing on a day, or at an hour, that does not fit comes one on another. */
static void
next_period(struct ical_steps *s)
{
    int64_t skip = s->n_days == 0 ? ICAL_DAY : s->n_hours == 0 ? 3600 : 0;

    if (skip == 0 || s->rule.freq >= DAILY) {
        s->period++;
        return;
    }
    int64_t step = s->rule.interval * unit[s->rule.freq],
            then = (floor_div(s->start.wall + s->period * step, skip) + 1) * skip;
    s->period = (then - s->start.wall + step - 1) / step;
}

/* ---------------------------------------------------------------- steps */

struct ical_steps *
ical_steps_new(struct arena *arena, const struct ical_rule *rule, struct ical_time start,
    int64_t from, int64_t to)
{
    struct ical_steps *s = NEW(arena, struct ical_steps);

    s->rule = *rule;
    s->start = start;
    s->from = from > start.wall ? from : start.wall;
    s->to = to;
    complete(s);
    s->n_hours = list_bits(s->rule.hours, 23, s->hour);
    s->n_minutes = list_bits(s->rule.minutes, 59, s->minute);
    s->n_seconds = list_bits(s->rule.seconds, 59, s->second);
    s->period = rule->count > 0 ? 0 : period_at(s, s->from);
    s->ended = !open_period(s);
    return s;
}

bool
ical_steps_next(struct ical_steps *s, int64_t *wall)
{
    while (!s->ended && s->next == s->n) {
        next_period(s);
        s->ended = !open_period(s);
    }
    if (s->ended || (s->rule.count > 0 && s->counted++ >= s->rule.count))
        return false;
    *wall = instance(s, s->next++);
    return *wall <= s->to;
}

bool
ical_steps_gave_up(const struct ical_steps *s)
{
    return s->periods > PERIODS_MAX;
}
