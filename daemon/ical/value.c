#include "ical/value.h"

#include <stdio.h>
#include <string.h>

/* n digits; -1 when there are others. */
static int
digits(const char *s, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

/* Years that begin in March have their odd day last: 146,097 days in 400 of them. */
int64_t
ical_days(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1, era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400,
            of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
ical_civil(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static bool
is_day(int year, int month, int day)
{
    int y, m, d;

    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    ical_civil(ical_days(year, month, day), &y, &m, &d);
    return d == day;
}

bool
ical_read_time(const char *s, int n, struct ical_time *t)
{
    if (n != 8 && n != 15 && n != 16)
        return false;
    int year = digits(s, 4), month = digits(s + 4, 2), day = digits(s + 6, 2);
    if (!is_day(year, month, day))
        return false;
    *t = (struct ical_time){ ical_days(year, month, day) * ICAL_DAY, .date = n == 8 };
    if (t->date)
        return true;
    int hour = digits(s + 9, 2), minute = digits(s + 11, 2), second = digits(s + 13, 2);
    t->utc = n == 16;
    t->wall += hour * 3600 + minute * 60 + (second == 60 ? 59 : second); /* a leap second */
    return s[8] == 'T' && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
           second <= 60 && (!t->utc || s[15] == 'Z');
}

/* How many of a unit: one to nine digits and its letter. */
static bool
amount(const char **s, const char *end, char unit, int64_t each, int64_t *sum)
{
    const char *p = *s;
    int64_t v = 0;

    while (p < end && *p >= '0' && *p <= '9' && p - *s < 9)
        v = v * 10 + (*p++ - '0');
    if (p == *s || p == end || *p != unit)
        return false;
    *sum += v * each;
    *s = p + 1;
    return true;
}

/* Those of the units that are there, in their order. */
static bool
amounts(const char **s, const char *end, const char *units, const int *each, int64_t *sum)
{
    bool any = false;

    for (; *units != '\0'; units++, each++)
        any |= amount(s, end, *units, *each, sum);
    return any;
}

bool
ical_read_duration(const char *s, int n, struct ical_duration *d)
{
    static const int days[] = { 7, 1 }, seconds[] = { 3600, 60, 1 };
    const char *end = s + n;
    bool negative = n > 0 && *s == '-';

    *d = (struct ical_duration){ 0 };
    s += n > 0 && (*s == '-' || *s == '+');
    if (s == end || *s++ != 'P')
        return false;
    bool any = amounts(&s, end, "WD", days, &d->days);
    if (s < end && *s == 'T') {
        s++;
        any = amounts(&s, end, "HMS", seconds, &d->seconds);
    }
    if (negative)
        *d = (struct ical_duration){ -d->days, -d->seconds };
    return any && s == end;
}

bool
ical_read_offset(const char *s, int *seconds)
{
    size_t n = strlen(s);

    if ((n != 5 && n != 7) || (*s != '+' && *s != '-'))
        return false;
    int hours = digits(s + 1, 2), minutes = digits(s + 3, 2), rest = n == 7 ? digits(s + 5, 2) : 0;
    *seconds = (hours * 3600 + minutes * 60 + rest) * (*s == '-' ? -1 : 1);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 && rest >= 0 && rest < 60;
}

void
ical_write_time(struct ical_time t, char to[ICAL_TIME_ROOM])
{
    int64_t days = t.wall / ICAL_DAY - (t.wall % ICAL_DAY < 0);
    int second = (int)(t.wall - days * ICAL_DAY), year, month, day;

    ical_civil(days, &year, &month, &day);
    unsigned date = (unsigned)(year * 10000 + month * 100 + day) % 100000000;
    if (t.date)
        snprintf(to, ICAL_TIME_ROOM, "%08u", date);
    else
        snprintf(to, ICAL_TIME_ROOM, "%08uT%02u%02u%02u%s", date, (unsigned)second / 3600 % 24,
            (unsigned)second / 60 % 60, (unsigned)second % 60, t.utc ? "Z" : "");
}
