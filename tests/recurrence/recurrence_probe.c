/*
 * Reads cases from its input, each a line "FROM TO MOST BYTES" and so many bytes of an object, and
 * answers each with the instances of all its components, "START END RECURRENCE-ID floats|fixed
 * NUMBER" a line, NUMBER being that of the component, and with a line ". UNTIL" or "! why not".
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "html/lang.h"
#include "ical/instances.h"

struct question {
    long long from, to;
    int most;
    const char *bytes;
    size_t n;
};

static int
number_of(const struct ical_component *const *list, const struct ical_component *one)
{
    int i = 0;

    while (list[i] != one)
        i++;
    return i;
}

static const char *
answer(struct arena *arena, const struct question *q)
{
    struct ical_component *calendar;
    struct error *e =
        ical_read(arena, lang_find("en"), &ical_calendar, &ical_limits, q->bytes, q->n, &calendar);
    const struct ical_component *list[5000];
    struct ical_instances all;
    struct ical_set *set;
    int n = 0;

    if (e != NULL)
        return e->detail;
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") != 0)
            list[n++] = c;
    const char *why = ical_set_read(arena, calendar, list, n, &set);
    if (why == NULL)
        why = ical_set_instances(set, q->from, q->to, q->most, &all);
    if (why != NULL)
        return why;
    for (int i = 0; i < all.n; i++) {
        const struct ical_instance *one = &all.p[i];
        char id[ICAL_TIME_ROOM];
        ical_write_time(one->recurrence, id);
        printf("%lld %lld %s %s %d\n", (long long)one->start, (long long)one->end, id,
            one->floats ? "floats" : "fixed", number_of(list, one->component));
    }
    printf(". %lld\n", (long long)all.until);
    return NULL;
}

int
main(void)
{
    struct question q;

    while (scanf("%lld %lld %d %zu", &q.from, &q.to, &q.most, &q.n) == 4 && getchar() == '\n') {
        struct arena *arena = arena_new();
        char *bytes = arena_alloc(arena, q.n + 1);
        if (fread(bytes, 1, q.n, stdin) != q.n)
            return 1;
        q.bytes = bytes;
        const char *why = answer(arena, &q);
        if (why != NULL)
            printf("! %s\n", why);
        fflush(stdout);
        arena_free(arena);
    }
    return 0;
}
