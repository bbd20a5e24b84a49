#include "base/time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/zone.h"

#define SECOND INT64_C(1000000)

/* Not from the C library, whose names follow the locale. */
static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
    "Friday", "Saturday" };
static const char *const months[] = { "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December" };
static const char *const german_months[] = { "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember" };

static int64_t
read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

int64_t
time_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t
time_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t
whole_seconds(int64_t us)
{
    return us / SECOND - (us % SECOND < 0);
}

static struct tm
utc(int64_t seconds)
{
    time_t t = seconds;
    struct tm tm;

    /* 64 bits of microseconds cannot name a year that does not fit. */
    if (gmtime_r(&t, &tm) == NULL)
        assert(!"a year out of range");
    return tm;
}

static void
two_digits(char *at, int n)
{
    at[0] = (char)('0' + n / 10 % 10);
    at[1] = (char)('0' + n % 10);
}

/* A listing asks for ten thousand of these: printf takes four times as long. */
const char *
time_http(struct arena *arena, int64_t us)
{
    static const char form[] = "Sun, 00 Jan 0000 00:00:00 GMT";
    struct tm t = utc(whole_seconds(us));
    int year = t.tm_year + 1900;

    if (year < 0 || year > 9999)
        return arena_printf(arena, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days[t.tm_wday],
            t.tm_mday, months[t.tm_mon], year, t.tm_hour, t.tm_min, t.tm_sec);
    char *s = arena_copy(arena, form, sizeof form - 1);
    memcpy(s, days[t.tm_wday], 3);
    two_digits(s + 5, t.tm_mday);
    memcpy(s + 8, months[t.tm_mon], 3);
    two_digits(s + 12, year / 100);
    two_digits(s + 14, year);
    two_digits(s + 17, t.tm_hour);
    two_digits(s + 20, t.tm_min);
    two_digits(s + 23, t.tm_sec);
    return s;
}

bool
time_is_day(const char *s)
{
    static const int longest[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year, month, day;

    if (strlen(s) != 10 || strspn(s, "0123456789-") != 10 || s[4] != '-' || s[7] != '-' ||
        strspn(s, "0123456789") != 4 || strspn(s + 5, "0123456789") != 2)
        return false;
    year = (int)strtol(s, NULL, 10);
    month = (int)strtol(s + 5, NULL, 10);
    day = (int)strtol(s + 8, NULL, 10);
    if (year < 1900 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= longest[month - 1] + (leap && month == 2);
}

const char *
time_rfc3339(struct arena *arena, int64_t us)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    struct tm t = utc(whole_seconds(us));
    int year = t.tm_year + 1900;

    if (year < 0 || year > 9999)
        return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, t.tm_mon + 1, t.tm_mday,
            t.tm_hour, t.tm_min, t.tm_sec);
    char *s = arena_copy(arena, form, sizeof form - 1);
    two_digits(s, year / 100);
    two_digits(s + 2, year);
    two_digits(s + 5, t.tm_mon + 1);
    two_digits(s + 8, t.tm_mday);
    two_digits(s + 11, t.tm_hour);
    two_digits(s + 14, t.tm_min);
    two_digits(s + 17, t.tm_sec);
    return s;
}

const char *
time_people(struct arena *arena, int64_t us, const char *zone, const char *language)
{
    int64_t seconds = whole_seconds(us);
    struct tm t = utc(seconds + zone_offset(zone, seconds));
    bool german = strncmp(language, "de", 2) == 0;

    return arena_printf(arena, "%d%s %s %d, %02d:%02d", t.tm_mday, german ? "." : "",
        (german ? german_months : months)[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min);
}

/* Takes exactly `width` digits off *s. */
static bool
digits(const char **s, int width, int *value)
{
    *value = 0;
    for (int i = 0; i < width; i++, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        *value = *value * 10 + (**s - '0');
    }
    return true;
}

static bool
literal(const char **s, const char *text)
{
    size_t n = strlen(text);

    if (strncmp(*s, text, n) != 0)
        return false;
    *s += n;
    return true;
}

/* Takes one of the names off *s, whole or its first three letters. */
static bool
name_of(const char **s, const char *const *names, int n, bool whole, int *which)
{
    for (*which = 0; *which < n; (*which)++) {
        size_t length = whole ? strlen(names[*which]) : 3;
        if (strncmp(*s, names[*which], length) == 0) {
            *s += length;
            return true;
        }
    }
    return false;
}

static bool
clock_time(const char **s, struct tm *t)
{
    return digits(s, 2, &t->tm_hour) && literal(s, ":") && digits(s, 2, &t->tm_min) &&
           literal(s, ":") && digits(s, 2, &t->tm_sec) && t->tm_hour < 24 && t->tm_min < 60 &&
           t->tm_sec <= 60;
}

/* "20 Nov 2026 20:00:00 GMT", as in Internet mail. */
static bool
fixed_date(const char *s, struct tm *t)
{
    int day, year;

    if (!name_of(&s, days, 7, false, &day) || !literal(&s, ", ") || !digits(&s, 2, &t->tm_mday) ||
        !literal(&s, " ") || !name_of(&s, months, 12, false, &t->tm_mon) || !literal(&s, " ") ||
        !digits(&s, 4, &year) || !literal(&s, " ") || !clock_time(&s, t))
        return false;
    t->tm_year = year - 1900;
    return strcmp(s, " GMT") == 0;
}

/* "Friday, 20-Nov-26 20:00:00 GMT" */
static bool
rfc850_date(const char *s, struct tm *t)
{
    int day, year, now = utc(whole_seconds(time_now())).tm_year;

    if (!name_of(&s, days, 7, true, &day) || !literal(&s, ", ") || !digits(&s, 2, &t->tm_mday) ||
        !literal(&s, "-") || !name_of(&s, months, 12, false, &t->tm_mon) || !literal(&s, "-") ||
        !digits(&s, 2, &year) || !literal(&s, " ") || !clock_time(&s, t))
        return false;
    t->tm_year = now / 100 * 100 + year;
    if (t->tm_year > now + 50) /* more than fifty years ahead means the past */
        t->tm_year -= 100;
    return strcmp(s, " GMT") == 0;
}

/* "Fri Nov 20 20:00:00 2026", the day padded by a blank */
static bool
asctime_date(const char *s, struct tm *t)
{
    int day, year;

    if (!name_of(&s, days, 7, false, &day) || !literal(&s, " ") ||
        !name_of(&s, months, 12, false, &t->tm_mon) || !literal(&s, " ") ||
        !(literal(&s, " ") ? digits(&s, 1, &t->tm_mday) : digits(&s, 2, &t->tm_mday)) ||
        !literal(&s, " ") || !clock_time(&s, t) || !literal(&s, " ") || !digits(&s, 4, &year))
        return false;
    t->tm_year = year - 1900;
    return *s == '\0';
}

bool
time_from_http(const char *s, int64_t *us)
{
    struct tm t = { 0 };

    if (!fixed_date(s, &t)) {
        t = (struct tm){ 0 };
        if (!rfc850_date(s, &t)) {
            t = (struct tm){ 0 };
            if (!asctime_date(s, &t))
                return false;
        }
    }
    struct tm date = { .tm_year = t.tm_year, .tm_mon = t.tm_mon, .tm_mday = t.tm_mday };
    timegm(&date); /* normalises: a 31 November comes back as another day */
    if (date.tm_mday != t.tm_mday)
        return false;
    *us = timegm(&t) * SECOND;
    return true;
}
