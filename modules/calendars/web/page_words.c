/* Days, times and recurrence in the words of people. */
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "html/lang.h"
#include "modules/calendars/web/pages.h"

static const char *const weekdays[] = { N_("Monday"), N_("Tuesday"), N_("Wednesday"),
    N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday") };
static const char *const months[] = { N_("January"), N_("February"), N_("March"), N_("April"),
    N_("May"), N_("June"), N_("July"), N_("August"), N_("September"), N_("October"), N_("November"),
    N_("December") };

/* ---------------------------------------------------------------- days */

/* 0: Monday; 1970-01-01 was a Thursday. */
static int
weekday_of(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7);
}

struct civil {
    int year, month, day;
};

static struct civil
civil_of(int64_t day)
{
    struct civil c;

    ical_civil(day, &c.year, &c.month, &c.day);
    return c;
}

const char *
page_weekday(const struct lang *lang, int64_t day)
{
    return tr(lang, weekdays[weekday_of(day)]);
}

const char *
page_month(const struct lang *lang, int64_t day)
{
    return tr(lang, months[civil_of(day).month - 1]);
}

const char *
page_short_day(struct arena *arena, const struct lang *lang, int64_t day)
{
    return arena_printf(arena, tr(lang, "%d %s"), civil_of(day).day, page_month(lang, day));
}

const char *
page_long_day(struct arena *arena, const struct lang *lang, int64_t day)
{
    return arena_printf(arena, "%s, %s %d", page_weekday(lang, day),
        page_short_day(arena, lang, day), civil_of(day).year);
}

const char *
page_clock(struct arena *arena, int64_t wall)
{
    int minutes = (int)((wall - page_day(wall) * ICAL_DAY) / 60);

    return arena_printf(arena, "%02d:%02d", minutes / 60, minutes % 60);
}

const char *
page_iso_day(struct arena *arena, int64_t day)
{
    struct civil c = civil_of(day);

    return arena_printf(arena, "%04d-%02d-%02d", c.year, c.month, c.day);
}

static int
number_of(const char *s, int digits)
{
    int n = 0;

    for (int i = 0; i < digits; i++)
        n = 10 * n + s[i] - '0';
    return n;
}

bool
page_read_day(const char *s, int64_t *day)
{
    if (s == NULL || !time_is_day(s) || strcmp(s, "1900-01-01") < 0 || strcmp(s, "3000-01-01") >= 0)
        return false;
    *day = ical_days(number_of(s, 4), number_of(s + 5, 2), number_of(s + 8, 2));
    return true;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
page_read_clock(const char *s, int64_t *seconds)
{
    size_t n = strlen(s);
    bool fits = n >= 5 && is_digit(s[0]) && is_digit(s[1]) && s[2] == ':' && is_digit(s[3]) &&
                is_digit(s[4]) && (n == 5 || (n == 8 && strcmp(s + 5, ":00") == 0));
    int hours, minutes;

    if (!fits)
        return false;
    hours = number_of(s, 2);
    minutes = number_of(s + 3, 2);
    *seconds = hours * INT64_C(3600) + minutes * INT64_C(60);
    return hours < 24 && minutes < 60;
}

/* ---------------------------------------------------------------- when something is */

const char *
page_when(struct arena *arena, const struct lang *lang, int64_t from, int64_t to, bool whole)
{
    int64_t first = page_day(from), last = page_day(whole && to > from ? to - 1 : to);
    const char *begins = page_long_day(arena, lang, first), *ends;

    if (whole)
        return first == last ? begins
                             : arena_printf(arena, tr(lang, "%s to %s"), begins,
                                   page_long_day(arena, lang, last));
    begins = arena_printf(arena, "%s, %s", begins, page_clock(arena, from));
    if (to <= from)
        return begins;
    ends = page_clock(arena, to);
    if (first != last)
        ends = arena_printf(arena, "%s, %s", page_long_day(arena, lang, last), ends);
    return arena_printf(arena, tr(lang, "%s to %s"), begins, ends);
}

const char *
page_when_on(struct arena *arena, const struct lang *lang, const struct page_entry *e, int64_t day)
{
    bool begins = page_day(e->from) == day, ends = e->to <= (day + 1) * ICAL_DAY;

    if (e->whole || (!begins && !ends))
        return tr(lang, "all day");
    if (!begins)
        return arena_printf(arena, tr(lang, "until %s"), page_clock(arena, e->to));
    return page_clock(arena, e->from);
}

/* ---------------------------------------------------------------- how it recurs */

static const char *
nth_word(const struct lang *lang, int nth)
{
    static const char *const words[] = { N_("first"), N_("second"), N_("third"), N_("fourth"),
        N_("fifth") };

    return nth == -1 ? tr(lang, "last") : nth >= 1 && nth <= 5 ? tr(lang, words[nth - 1]) : NULL;
}

/* "Monday, Tuesday and Friday"; NULL when there is more to it than names of days. */
static const char *
days_of(struct arena *arena, const struct lang *lang, const struct ical_rule *r, int64_t start)
{
    const char *text = NULL;

    if (r->n_weekdays == 0)
        return page_weekday(lang, page_day(start));
    for (int i = 0; i < r->n_weekdays; i++) {
        const char *name = tr(lang, weekdays[r->weekday[i].day]);
        if (r->weekday[i].nth != 0)
            return NULL;
        if (text == NULL)
            text = name;
        else
            text = arena_printf(
                arena, i == r->n_weekdays - 1 ? tr(lang, "%s and %s") : "%s, %s", text, name);
    }
    return text;
}

static bool
is_plain(const struct ical_rule *r)
{
    return (r->seconds | r->minutes | r->hours | r->months | r->month_days_back | r->weeks |
               r->weeks_back) == 0 &&
           !r->by_year_day;
}

static const char *
monthly(struct arena *arena, const struct lang *lang, const struct ical_rule *r, int64_t start)
{
    const char *nth, *on = NULL;
    int day = civil_of(page_day(start)).day;

    if (r->n_weekdays == 1 && r->month_days == 0 && r->n_positions <= 1) {
        int which = r->n_positions == 1 ? r->position[0] : r->weekday[0].nth;
        if ((nth = nth_word(lang, which)) == NULL ||
            (r->n_positions == 1 && r->weekday[0].nth != 0))
            return NULL;
        on = arena_printf(arena, tr(lang, "the %s %s"), nth, tr(lang, weekdays[r->weekday[0].day]));
    } else if (r->n_weekdays == 0 && r->n_positions == 0 &&
               (r->month_days == 0 || r->month_days == UINT64_C(1) << day)) {
        on = arena_printf(arena, tr(lang, "day %d"), day);
    } else {
        return NULL;
    }
    return r->interval == 1
               ? arena_printf(arena, tr(lang, "Every month on %s"), on)
               : arena_printf(arena, tr(lang, "Every %d months on %s"), r->interval, on);
}

static const char *
how_often(struct arena *arena, const struct lang *lang, const struct ical_rule *r, int64_t start)
{
    const char *days;

    if (!is_plain(r))
        return NULL;
    if (r->freq == MONTHLY)
        return monthly(arena, lang, r, start);
    if (r->n_positions > 0 || r->month_days != 0)
        return NULL;
    if (r->freq == WEEKLY) {
        if ((days = days_of(arena, lang, r, start)) == NULL)
            return NULL;
        return r->interval == 1
                   ? arena_printf(arena, tr(lang, "Every week on %s"), days)
                   : arena_printf(arena, tr(lang, "Every %d weeks on %s"), r->interval, days);
    }
    if (r->n_weekdays > 0)
        return NULL;
    if (r->freq == DAILY)
        return r->interval == 1 ? tr(lang, "Every day")
                                : arena_printf(arena, tr(lang, "Every %d days"), r->interval);
    if (r->freq == YEARLY) {
        days = page_short_day(arena, lang, page_day(start));
        return r->interval == 1
                   ? arena_printf(arena, tr(lang, "Every year on %s"), days)
                   : arena_printf(arena, tr(lang, "Every %d years on %s"), r->interval, days);
    }
    return NULL;
}

const char *
page_rule(struct arena *arena, const struct lang *lang, const struct ical_zone *here,
    const struct ical_rule *r, int64_t start)
{
    const char *often = how_often(arena, lang, r, start);

    if (often == NULL)
        often = tr(lang, "By a rule of its own");
    if (r->count > 0)
        return arena_printf(
            arena, trn(lang, "%s, once", "%s, %d times", r->count), often, r->count);
    if (!r->dated)
        return often;
    int64_t until = r->until.utc ? page_wall(here, r->until.wall) : r->until.wall;
    return arena_printf(arena, tr(lang, "%s, until %s"), often,
        arena_printf(arena, "%s %d", page_short_day(arena, lang, page_day(until)),
            civil_of(page_day(until)).year));
}
