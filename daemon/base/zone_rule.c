#include "base/zone_rule.h"

#include <time.h>

/* One of the two days of a year: the week-th weekday of a month, at a time of local clocks. */
struct rule_day {
    int month, week, weekday; /* 1 to 12; 1 to 5, 5 the last; 0 Sunday */
    int seconds;
};

/* "CET" or "<+03>" */
static bool
skip_name(const char **s)
{
    const char *from = *s;

    if (**s == '<') {
        while (**s != '>' && **s != '\0' && **s != '\n')
            (*s)++;
        if (**s != '>')
            return false;
        (*s)++;
        return true;
    }
    while ((**s >= 'A' && **s <= 'Z') || (**s >= 'a' && **s <= 'z'))
        (*s)++;
    return *s - from >= 3;
}

static bool
number(const char **s, int most, int *value)
{
    const char *from = *s;

    for (*value = 0; **s >= '0' && **s <= '9' && *value <= most; (*s)++)
        *value = *value * 10 + (**s - '0');
    return *s > from && *value <= most;
}

/* "[+-]hours[:minutes[:seconds]]" */
static bool
clock_time(const char **s, int *seconds)
{
    int sign = **s == '-' ? -1 : 1, part, unit = 3600;

    if (**s == '-' || **s == '+')
        (*s)++;
    if (!number(s, 167, &part))
        return false;
    *seconds = part * unit;
    for (unit = 60; unit > 0 && **s == ':'; unit /= 60) {
        (*s)++;
        if (!number(s, 59, &part))
            return false;
        *seconds += part * unit;
    }
    *seconds *= sign;
    return true;
}

static bool
literal(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

/* ",Mmonth.week.weekday[/time]"; the other forms of POSIX are in no zone of tzdata. */
static bool
rule_day(const char **s, struct rule_day *day)
{
    day->seconds = 7200;
    if (!literal(s, ',') || !literal(s, 'M') || !number(s, 12, &day->month) || !literal(s, '.') ||
        !number(s, 5, &day->week) || !literal(s, '.') || !number(s, 6, &day->weekday) ||
        day->month == 0 || day->week == 0)
        return false;
    return **s != '/' || (literal(s, '/') && clock_time(s, &day->seconds));
}

static int64_t
start_of_month(int year, int month)
{
    struct tm t = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1 };

    return timegm(&t);
}

/* When that is in a year, in UTC, for clocks that until then are `offset` east of it. */
static int64_t
moment(const struct rule_day *day, int year, int offset)
{
    const int64_t one_day = 86400;
    int64_t first = start_of_month(year, day->month);
    int64_t end = start_of_month(year, day->month + 1);
    int weekday = (int)((first / one_day % 7 + 11) % 7); /* 1970-01-01 was a Thursday */
    int64_t t = first + ((day->weekday - weekday + 7) % 7 + (day->week - 1) * 7) * one_day;

    if (t >= end)
        t -= 7 * one_day;
    return t + day->seconds - offset;
}

bool
zone_rule(const char *rule, int64_t when, int *offset)
{
    struct rule_day begin, end;
    int standard, summer;
    struct tm t;

    if (!skip_name(&rule) || !clock_time(&rule, &standard))
        return false;
    standard = -standard; /* POSIX counts to the west */
    *offset = standard;
    if (!skip_name(&rule))
        return true;
    if (*rule == ',')
        summer = standard + 3600;
    else if (clock_time(&rule, &summer))
        summer = -summer;
    else
        return false;
    if (!rule_day(&rule, &begin) || !rule_day(&rule, &end))
        return false;

    time_t local = when + standard;
    if (gmtime_r(&local, &t) == NULL)
        return false;
    int64_t from = moment(&begin, t.tm_year + 1900, standard);
    int64_t to = moment(&end, t.tm_year + 1900, summer);
    bool in_summer = from < to ? when >= from && when < to : when >= from || when < to;
    *offset = in_summer ? summer : standard;
    return true;
}
