#include "ical/rule.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/text.h"

#define COUNT_MAX    INT64_C(1000000)
#define INTERVAL_MAX INT64_C(100000)

static const char broken[] = N_("The recurrence rule cannot be read."),
                  too_long[] = N_("A list in the recurrence rule is too long.");

/* A list of numbers as bits of `on`, those from the end of `back`; NULL: there may be none. */
struct numbers {
    const char *name;
    int least, most;
    size_t on, back;
};

#define FIELD(f) offsetof(struct ical_rule, f)
static const struct numbers lists[] = {
    { "BYSECOND", 0, 60, FIELD(seconds), 0 },
    { "BYMINUTE", 0, 59, FIELD(minutes), 0 },
    { "BYHOUR", 0, 23, FIELD(hours), 0 },
    { "BYMONTHDAY", 1, 31, FIELD(month_days), FIELD(month_days_back) },
    { "BYYEARDAY", 1, 366, FIELD(year_days), FIELD(year_days_back) },
    { "BYWEEKNO", 1, 53, FIELD(weeks), FIELD(weeks_back) },
    { "BYMONTH", 1, 12, FIELD(months), 0 },
};

static const char *const frequencies[] = { "SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY",
    "MONTHLY", "YEARLY" };
static const char *const days[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

/* Which of the words it is; -1: none. */
static int
word(const char *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_same_nocase(s, words[i]))
            return (int)i;
    return -1;
}

/* A number that may have a sign. */
static bool
signed_number(const char *s, int least, int most, int *v)
{
    int64_t n;
    bool minus = *s == '-';

    if (!text_to_int(s + (minus || *s == '+'), most, &n) || n < least)
        return false;
    *v = minus ? -(int)n : (int)n;
    return true;
}

static int
values_of(struct arena *arena, const char *text, const char *const **value)
{
    return text_split(arena, text, ",", value);
}

static const char *
read_numbers(
    struct arena *arena, const char *text, const struct numbers *list, struct ical_rule *rule)
{
    const char *const *value;
    int n = values_of(arena, text, &value);

    if (n > ICAL_RULE_VALUES)
        return too_long;
    for (int i = 0, v; i < n; i++) {
        if (!signed_number(value[i], list->least, list->most, &v) || (v < 0 && list->back == 0))
            return broken;
        if (v == 60)
            v = list->most == 60 ? 59 : v; /* a leap second */
        uint64_t *bits = (uint64_t *)((char *)rule + (v < 0 ? list->back : list->on));
        bits[abs(v) / 64] |= UINT64_C(1) << abs(v) % 64;
    }
    rule->by_year_day |= list->on == FIELD(year_days);
    return n == 0 ? broken : NULL;
}

static const char *
read_weekdays(struct arena *arena, const char *text, struct ical_rule *rule)
{
    const char *const *value;
    int n = values_of(arena, text, &value);

    if (n > ICAL_RULE_VALUES)
        return too_long;
    for (int i = 0; i < n; i++) {
        struct ical_weekday *w = &rule->weekday[i];
        size_t length = strlen(value[i]);
        if (length < 2 || (w->day = word(value[i] + length - 2, days, COUNT_OF(days))) < 0 ||
            (length > 2 && !signed_number(arena_copy(arena, value[i], length - 2), 1, 53, &w->nth)))
            return broken;
    }
    rule->n_weekdays = n;
    return n == 0 ? broken : NULL;
}

static const char *
read_positions(struct arena *arena, const char *text, struct ical_rule *rule)
{
    const char *const *value;
    int n = values_of(arena, text, &value);

    if (n > ICAL_RULE_VALUES)
        return too_long;
    for (int i = 0; i < n; i++)
        if (!signed_number(value[i], 1, 366, &rule->position[i]))
            return broken;
    rule->n_positions = n;
    return n == 0 ? broken : NULL;
}

static const char *
read_number(const char *text, int64_t most, const char *why, int *v)
{
    int64_t n;

    if (!text_to_int(text, most, &n) || n < 1)
        return why;
    *v = (int)n;
    return NULL;
}

static const char *
read_part(struct arena *arena, const char *name, const char *value, struct ical_rule *rule)
{
    if (text_same_nocase(name, "FREQ")) {
        int freq = word(value, frequencies, COUNT_OF(frequencies));
        rule->freq = freq < 0 ? YEARLY : (enum ical_freq)freq;
        return freq < 0 ? N_("The recurrence rule does not say how often.") : NULL;
    }
    if (text_same_nocase(name, "INTERVAL"))
        return read_number(value, INTERVAL_MAX,
            N_("The interval of the recurrence is out of range."), &rule->interval);
    if (text_same_nocase(name, "COUNT"))
        return read_number(
            value, COUNT_MAX, N_("The number of recurrences is out of range."), &rule->count);
    if (text_same_nocase(name, "UNTIL")) {
        rule->dated = true;
        return ical_read_time(value, (int)strlen(value), &rule->until) ? NULL : broken;
    }
    if (text_same_nocase(name, "WKST")) {
        rule->first_day = word(value, days, COUNT_OF(days));
        return rule->first_day < 0 ? broken : NULL;
    }
    if (text_same_nocase(name, "BYDAY"))
        return read_weekdays(arena, value, rule);
    if (text_same_nocase(name, "BYSETPOS"))
        return read_positions(arena, value, rule);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (text_same_nocase(name, lists[i].name))
            return read_numbers(arena, value, &lists[i], rule);
    return text_same_nocase(name, "RSCALE") || text_same_nocase(name, "SKIP")
               ? N_("Recurrence rules by other calendars (RSCALE) are not taken.")
               : N_("The recurrence rule has a part that is unknown.");
}

/* What RFC 5545 says MUST NOT be beside each other. */
static const char *
check_parts(const struct ical_rule *rule)
{
    bool by_week = (rule->weeks | rule->weeks_back) != 0, nth = false,
         by_month_day = (rule->month_days | rule->month_days_back) != 0;

    if (rule->freq == SECONDLY)
        return N_("Events that recur every second are not taken.");
    for (int i = 0; i < rule->n_weekdays; i++)
        nth |= rule->weekday[i].nth != 0;
    bool lists_days = rule->n_weekdays > 0 || by_month_day || rule->by_year_day || by_week ||
                      rule->months != 0 || (rule->seconds | rule->minutes | rule->hours) != 0;
    if ((by_week && rule->freq != YEARLY) || (by_month_day && rule->freq == WEEKLY) ||
        (rule->by_year_day && rule->freq >= DAILY && rule->freq <= MONTHLY) ||
        (nth && (rule->freq < MONTHLY || by_week)) || (rule->n_positions > 0 && !lists_days))
        return N_("The recurrence rule has parts that cannot be together.");
    return NULL;
}

const char *
ical_rule_read(struct arena *arena, const char *text, struct ical_rule *rule)
{
    const char *const *part, *why = NULL;
    int n = text_split(arena, text, ";", &part);
    bool often = false;

    *rule = (struct ical_rule){ .interval = 1 };
    if (n > 16)
        return broken;
    for (int i = 0; i < n && why == NULL; i++) {
        const char *const *half;
        if (text_split(arena, part[i], "=", &half) != 2)
            return broken;
        for (int j = 0; j < i; j++)
            if (strncasecmp(part[j], part[i], strlen(half[0]) + 1) == 0)
                return N_("The recurrence rule has a part twice.");
        often |= text_same_nocase(half[0], "FREQ");
        why = read_part(arena, half[0], half[1], rule);
    }
    return why != NULL ? why
           : !often    ? N_("The recurrence rule does not say how often.")
                       : check_parts(rule);
}
