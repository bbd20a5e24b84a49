/* Reading messages of RFC 5546, and what answers change. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "html/lang.h"
#include "ical/itip_in.h"
#include "ical/timing.h"
#include "ical/write.h"

const char *const itip_method_names[ITIP_METHODS] = {
    [ITIP_PUBLISH] = "PUBLISH",
    [ITIP_REQUEST] = "REQUEST",
    [ITIP_REPLY] = "REPLY",
    [ITIP_ADD] = "ADD",
    [ITIP_CANCEL] = "CANCEL",
    [ITIP_REFRESH] = "REFRESH",
    [ITIP_COUNTER] = "COUNTER",
    [ITIP_DECLINECOUNTER] = "DECLINECOUNTER",
};

/* ---------------------------------------------------------------- what has changed */

bool
itip_is_newer(const struct ical_component *than, const struct ical_component *c)
{
    const char *before = ical_value(than, "DTSTAMP"), *after = ical_value(c, "DTSTAMP");
    int64_t a = itip_sequence(than), b = itip_sequence(c);

    /* both are UTC and written in one form, so their letters are in the order of time */
    return a != b ? b > a : before == NULL || (after != NULL && strcmp(after, before) > 0);
}

/* Do both have the same lines of that name, in the same order? */
static bool
same_lines(const struct ical_component *a, const struct ical_component *b, const char *name)
{
    const struct ical_line *x = NULL, *y = NULL;

    do {
        x = ical_find_next(a, name, x);
        y = ical_find_next(b, name, y);
        if ((x == NULL) != (y == NULL))
            return false;
        if (x == NULL)
            return true;
        const char *p = ical_param(x, "TZID"), *q = ical_param(y, "TZID");
        if (strcmp(x->value, y->value) != 0 || (p == NULL) != (q == NULL) ||
            (p != NULL && strcmp(p, q) != 0))
            return false;
    } while (true);
}

bool
itip_must_ask_again(const struct ical_component *before, const struct ical_component *after)
{
    static const char *const names[] = { "DTSTART", "DTEND", "DURATION", "DUE", "RRULE", "RDATE",
        "STATUS" };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!same_lines(before, after, names[i]))
            return true;
    return false;
}

bool
itip_same_time(struct arena *arena, const struct ical_component *calendar_a,
    const struct ical_line *a, const struct ical_component *calendar_b, const struct ical_line *b)
{
    const struct ical_zone *zone_a, *zone_b;
    struct ical_time time_a, time_b;

    return ical_time_of(arena, calendar_a, a, &time_a, &zone_a) == NULL &&
           ical_time_of(arena, calendar_b, b, &time_b, &zone_b) == NULL &&
           time_a.date == time_b.date && ical_when(time_a, zone_a) == ical_when(time_b, zone_b);
}

/* ---------------------------------------------------------------- reading */

struct reader {
    struct arena *arena;
    const struct lang *lang;
    struct itip_message *message;
    const char *kind, *organizer, *attendee;
};

static struct error *
refused(const struct reader *rd, const char *why)
{
    return FAIL(rd->arena, ICAL_MALFORMED, "%s", tr(rd->lang, why));
}

static int
count(const struct ical_component *c, const char *name)
{
    const struct ical_line *line = NULL;
    int n = 0;

    while ((line = ical_find_next(c, name, line)) != NULL)
        n++;
    return n;
}

/* The same as in the components before, or the first. */
static bool
agrees(const char **before, const char *now, bool (*same)(const char *, const char *))
{
    if (*before == NULL)
        *before = now;
    return same(*before, now);
}

static bool
same_text(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static fallible
check_people(struct reader *rd, const struct ical_component *c)
{
    enum itip_method method = rd->message->method;

    if (count(c, "ORGANIZER") != 1)
        return method == ITIP_PUBLISH ? NULL
                                      : refused(rd, N_("An invitation has exactly one organizer."));
    if (!agrees(
            &rd->organizer, itip_address(rd->arena, ical_find(c, "ORGANIZER")), itip_same_address))
        return refused(rd, N_("An invitation has exactly one organizer."));
    if (method != ITIP_REPLY)
        return NULL;
    if (count(c, "ATTENDEE") != 1 ||
        !agrees(
            &rd->attendee, itip_address(rd->arena, ical_find(c, "ATTENDEE")), itip_same_address))
        return refused(rd, N_("An answer to an invitation is that of exactly one person."));
    return NULL;
}

static fallible
check_item(struct reader *rd, const struct ical_component *c)
{
    const char *uid = ical_value(c, "UID");

    if (uid == NULL || *uid == '\0' || count(c, "UID") != 1 ||
        !agrees(&rd->message->uid, uid, same_text))
        return refused(rd, N_("An invitation is about one event."));
    if (!agrees(&rd->kind, c->name, same_text))
        return refused(rd, N_("An invitation is about one event."));
    if (count(c, "DTSTAMP") != 1 || count(c, "RECURRENCE-ID") > 1 || count(c, "SEQUENCE") > 1)
        return refused(rd, N_("The invitation does not say when it was made."));
    return check_people(rd, c);
}

static bool
read_method(const struct ical_component *calendar, enum itip_method *method)
{
    const char *value = ical_value(calendar, "METHOD");

    for (int i = 0; value != NULL && i < ITIP_METHODS; i++)
        if (text_same_nocase(value, itip_method_names[i])) {
            *method = (enum itip_method)i;
            return count(calendar, "METHOD") == 1;
        }
    return false;
}

struct error *
itip_read(struct arena *arena, const struct lang *lang, const char *bytes, size_t n,
    struct itip_message *message)
{
    struct reader rd = { .arena = arena, .lang = lang, .message = message };
    struct ical_component *calendar;

    *message = (struct itip_message){ .uid = NULL };
    TRY(ical_read(arena, lang, &ical_calendar, &ical_limits, bytes, n, &calendar));
    if (calendar->next != NULL)
        return refused(&rd, N_("An invitation is about one event."));
    if (!read_method(calendar, &message->method))
        return refused(&rd, N_("This is no invitation and no answer to one."));
    message->object = (struct itip_object){ bytes, calendar };
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c))
            TRY(check_item(&rd, c));
    return message->uid == NULL ? refused(&rd, N_("An invitation is about one event.")) : NULL;
}

/* ---------------------------------------------------------------- an answer */

const struct ical_component *
itip_answer_to(struct arena *arena, const struct itip_object *o, const struct ical_component *ours,
    const struct itip_message *reply)
{
    const struct ical_line *which = ical_find(ours, "RECURRENCE-ID");

    for (const struct ical_component *c = reply->object.calendar->child; c != NULL; c = c->next) {
        const struct ical_line *said = itip_is_item(c) ? ical_find(c, "RECURRENCE-ID") : NULL;
        if (!itip_is_item(c) || (which == NULL) != (said == NULL))
            continue;
        if (which == NULL ||
            itip_same_time(arena, o->calendar, which, reply->object.calendar, said))
            return c;
    }
    return NULL;
}

const char *
itip_partstat_of(const struct ical_line *line)
{
    static const char *const known[] = { "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED",
        "COMPLETED", "IN-PROCESS" };
    const char *said = ical_param(line, "PARTSTAT");

    for (size_t i = 0; said != NULL && i < COUNT_OF(known); i++)
        if (text_same_nocase(said, known[i]))
            return known[i];
    return "NEEDS-ACTION";
}

/* Her line with what she answers. */
static void
write_answered(
    struct buf *out, struct arena *arena, const struct ical_line *line, const char *partstat)
{
    static const char *const replaced[] = { "PARTSTAT", "RSVP", "SCHEDULE-STATUS",
        "SCHEDULE-FORCE-SEND" };
    static const char *const delivered[] = { "2.0" };
    const char **answer = NEW_ARRAY(arena, const char *, 1);
    struct ical_param *param = NEW_ARRAY(arena, struct ical_param, (size_t)line->n_params + 2);
    struct ical_line other = *line;

    other.param = param;
    other.n_params = 0;
    for (int i = 0; i < line->n_params; i++) {
        bool keep = true;
        for (size_t k = 0; k < COUNT_OF(replaced); k++)
            keep = keep && strcmp(line->param[i].name, replaced[k]) != 0;
        if (keep)
            param[other.n_params++] = line->param[i];
    }
    *answer = partstat;
    param[other.n_params++] = (struct ical_param){ "PARTSTAT", answer, 1 };
    param[other.n_params++] = (struct ical_param){ "SCHEDULE-STATUS", delivered, 1 };
    ical_write_line(out, &other);
}

/* The line of a component that an answer changes, and how; NULL: none. */
static const struct ical_line *
changed_line(struct arena *arena, const struct itip_object *o, const struct ical_component *c,
    const struct itip_message *reply, const char **partstat)
{
    const struct ical_component *answer = itip_answer_to(arena, o, c, reply);

    if (answer == NULL || itip_sequence(answer) < itip_sequence(c))
        return NULL;
    const struct ical_line *hers = ical_find(answer, "ATTENDEE");
    if (hers == NULL)
        return NULL; /* it is no reply */
    *partstat = itip_partstat_of(hers);
    return itip_line_of(arena, c, itip_address(arena, hers));
}

/* Instances that the reply names and the object has no component for. */
static int
count_unknown(struct arena *arena, const struct itip_object *o, const struct itip_message *reply)
{
    int unknown = 0;

    for (const struct ical_component *a = reply->object.calendar->child; a != NULL; a = a->next) {
        bool found = !itip_is_item(a);
        for (const struct ical_component *c = o->calendar->child; !found && c != NULL; c = c->next)
            found = itip_is_item(c) && itip_answer_to(arena, o, c, reply) == a;
        unknown += !found;
    }
    return unknown;
}

int
itip_take_reply(struct buf *out, struct arena *arena, const struct itip_object *o,
    const struct itip_message *reply, int *unknown)
{
    size_t at = o->calendar->from;
    int changed = 0;

    *unknown = count_unknown(arena, o, reply);
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const char *partstat = NULL;
        const struct ical_line *line =
            itip_is_item(c) ? changed_line(arena, o, c, reply, &partstat) : NULL;
        if (line == NULL)
            continue;
        buf_add(out, o->bytes + at, line->from - at);
        write_answered(out, arena, line, partstat);
        at = line->to;
        changed++;
    }
    if (changed > 0)
        buf_add(out, o->bytes + at, o->calendar->to - at);
    return changed;
}
