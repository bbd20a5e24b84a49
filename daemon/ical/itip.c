/* Messages of RFC 5546, made of stored objects. */
#include "ical/itip.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "base/version.h"
#include "ical/itip_in.h"
#include "ical/timing.h"
#include "ical/write.h"

#define PRODID "-//chapterd//chapterd " VERSION "//EN"

/* ---------------------------------------------------------------- people */

/* What two spellings of an address have in common: of mail addresses the case does not count (RFC
 * 5546, 1.4). */
bool
itip_same_address(const char *a, const char *b)
{
    return text_same_nocase(a, b);
}

const char *
itip_address(struct arena *arena, const struct ical_line *line)
{
    const char *email = ical_param(line, "EMAIL");
    const char *value = text_trim(arena, line->value);

    if (email == NULL || strncasecmp(value, "mailto:", 7) == 0)
        return value;
    return arena_printf(arena, "mailto:%s", email);
}

bool
itip_is_item(const struct ical_component *c)
{
    return strcmp(c->name, "VEVENT") == 0 || strcmp(c->name, "VTODO") == 0 ||
           strcmp(c->name, "VJOURNAL") == 0;
}

const struct ical_line *
itip_organizer(const struct ical_component *calendar)
{
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next) {
        const struct ical_line *line = itip_is_item(c) ? ical_find(c, "ORGANIZER") : NULL;
        if (line != NULL)
            return line;
    }
    return NULL;
}

const struct ical_line *
itip_line_of(struct arena *arena, const struct ical_component *c, const char *attendee)
{
    const struct ical_line *line = NULL;

    while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL)
        if (itip_same_address(itip_address(arena, line), attendee))
            return line;
    return NULL;
}

/* Does the server send to her (RFC 6638, 7.1)? */
static bool
is_ours(const struct ical_line *line)
{
    const char *agent = ical_param(line, "SCHEDULE-AGENT");

    return agent == NULL || text_same_nocase(agent, "SERVER");
}

struct list {
    struct itip_attendee *attendee;
    int n, room;
};

static bool
has(const struct list *list, const char *address)
{
    for (int i = 0; i < list->n; i++)
        if (itip_same_address(list->attendee[i].address, address))
            return true;
    return false;
}

/* Who invites as a group invites that group, too. */
static bool
is_group(const struct ical_line *line)
{
    const char *type = ical_param(line, "CUTYPE");

    return type != NULL && text_same_nocase(type, "GROUP");
}

/* Does she stand there because a group is invited that stands there, too? */
static bool
is_through_group(
    struct arena *arena, const struct ical_component *c, const struct ical_line *line)
{
    const char *group = itip_is_member(line) ? ical_param(line, "MEMBER") : NULL;

    return group != NULL && itip_line_of(arena, c, group) != NULL;
}

static void
list_those_of(
    struct arena *arena, const struct ical_component *c, const char *organizer, struct list *list)
{
    const struct ical_line *line = NULL;

    while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL) {
        const char *address = itip_address(arena, line);
        if (!is_ours(line) || has(list, address) || is_through_group(arena, c, line) ||
            (organizer != NULL && itip_same_address(address, organizer) && !is_group(line)))
            continue;
        if (list->n == list->room) {
            struct itip_attendee *more =
                NEW_ARRAY(arena, struct itip_attendee, (size_t)list->room * 2 + 8);
            if (list->n > 0)
                memcpy(more, list->attendee, (size_t)list->n * sizeof *more);
            list->attendee = more;
            list->room = list->room * 2 + 8;
        }
        list->attendee[list->n++] = (struct itip_attendee){ address, line };
    }
}

int
itip_attendees(
    struct arena *arena, const struct ical_component *calendar, const struct itip_attendee **all)
{
    const struct ical_line *line = itip_organizer(calendar);
    const char *organizer = line == NULL ? NULL : itip_address(arena, line);
    struct list list = { .n = 0 };

    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c))
            list_those_of(arena, c, organizer, &list);
    *all = list.attendee;
    return list.n;
}

/* ---------------------------------------------------------------- writing */

void
itip_write_as_sent(struct buf *out, const char *bytes, size_t from, size_t to)
{
    while (from < to) {
        const char *end = memchr(bytes + from, '\n', to - from);
        size_t next = end == NULL ? to : (size_t)(end - bytes) + 1;
        size_t n = next - from - (end == NULL ? 0 : 1);
        if (n > 0 && bytes[from + n - 1] == '\r')
            n--;
        buf_add(out, bytes + from, n);
        buf_text(out, "\r\n");
        from = next;
    }
}

void
itip_write_person(struct buf *out, struct arena *arena, const struct ical_line *line, bool rsvp)
{
    struct ical_param *param = NEW_ARRAY(arena, struct ical_param, (size_t)line->n_params + 1);
    struct ical_line other = *line;

    other.param = param;
    other.n_params = 0;
    for (int i = 0; i < line->n_params; i++)
        if (!text_starts(line->param[i].name, "SCHEDULE-") &&
            (rsvp || strcmp(line->param[i].name, "RSVP") != 0))
            param[other.n_params++] = line->param[i];
    ical_write_line(out, &other);
}

static bool
is_schedule(const struct ical_line *line)
{
    for (int i = 0; i < line->n_params; i++)
        if (text_starts(line->param[i].name, "SCHEDULE-"))
            return true;
    return false;
}

void
itip_begin(struct buf *out, const struct itip_object *o, const char *method)
{
    buf_text(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:" PRODID "\r\n");
    if (method != NULL)
        ical_write(out, "METHOD", method);
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next)
        if (strcmp(c->name, "VTIMEZONE") == 0)
            itip_write_as_sent(out, o->bytes, c->from, c->to);
}

void
itip_end(struct buf *out)
{
    buf_text(out, "END:VCALENDAR\r\n");
}

/* RECURRENCE-ID as another property: the same time, without what only that can say. */
static void
write_time_as(struct buf *out, struct arena *arena, const char *name, const struct ical_line *line)
{
    struct ical_param *param = NEW_ARRAY(arena, struct ical_param, (size_t)line->n_params + 1);
    struct ical_line other = *line;

    other.name = name;
    other.param = param;
    other.n_params = 0;
    for (int i = 0; i < line->n_params; i++)
        if (strcmp(line->param[i].name, "RANGE") != 0)
            param[other.n_params++] = line->param[i];
    ical_write_line(out, &other);
}

/* ---------------------------------------------------------------- REQUEST */

/* A component but its alarms; people without what is the server's business. Who of a group has
 * answered is told to nobody else: it would tell who is a member. */
static void
write_item(struct buf *out, struct arena *arena, const struct itip_object *o,
    const struct ical_component *c, const char *attendee)
{
    buf_printf(out, "BEGIN:%s\r\n", c->name);
    for (int i = 0; i < c->n_lines; i++) {
        const struct ical_line *line = &c->line[i];
        bool person = strcmp(line->name, "ATTENDEE") == 0 || strcmp(line->name, "ORGANIZER") == 0;
        if (itip_is_member(line) && !itip_same_address(itip_address(arena, line), attendee))
            continue;
        if (person && is_schedule(line))
            itip_write_person(out, arena, line, true);
        else
            itip_write_as_sent(out, o->bytes, line->from, line->to);
    }
}

/* What is inside of it: no alarms, which are their owner's. */
static void
write_parts(struct buf *out, const struct itip_object *o, const struct ical_component *c)
{
    for (const struct ical_component *part = c->child; part != NULL; part = part->next)
        if (strcmp(part->name, "VALARM") != 0)
            itip_write_as_sent(out, o->bytes, part->from, part->to);
    buf_printf(out, "END:%s\r\n", c->name);
}

/* Instances to which she is not invited, while she is to the series. */
static void
write_exceptions(
    struct buf *out, struct arena *arena, const struct itip_object *o, const char *attendee)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const struct ical_line *recurrence = itip_is_item(c) ? ical_find(c, "RECURRENCE-ID") : NULL;
        if (recurrence != NULL && itip_line_of(arena, c, attendee) == NULL)
            write_time_as(out, arena, "EXDATE", recurrence);
    }
}

bool
itip_request(
    struct buf *out, struct arena *arena, const struct itip_object *o, const char *attendee)
{
    bool any = false;

    itip_begin(out, o, "REQUEST");
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        if (!itip_is_item(c) || itip_line_of(arena, c, attendee) == NULL)
            continue;
        write_item(out, arena, o, c, attendee);
        if (ical_find(c, "RECURRENCE-ID") == NULL)
            write_exceptions(out, arena, o, attendee);
        write_parts(out, o, c);
        any = true;
    }
    itip_end(out);
    return any;
}

/* ---------------------------------------------------------------- CANCEL, REPLY, DECLINECOUNTER */

int64_t
itip_sequence(const struct ical_component *c)
{
    const char *value = ical_value(c, "SEQUENCE");
    int64_t n;

    return value != NULL && text_to_int(value, INT32_MAX, &n) ? n : 0;
}

/* The properties that tell people what it is about. */
static bool
is_telling(const char *name)
{
    static const char *const names[] = { "UID", "DTSTART", "DTEND", "DURATION", "DUE", "SUMMARY",
        "LOCATION" };

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

void
itip_write_short(struct buf *out, struct arena *arena, const struct itip_object *o,
    const struct ical_component *c, const struct ical_line *recurrence, const char *now)
{
    const struct ical_line *organizer = ical_find(c, "ORGANIZER");

    if (organizer == NULL)
        organizer = itip_organizer(o->calendar);
    buf_printf(out, "BEGIN:%s\r\n", c->name);
    ical_write(out, "DTSTAMP", now);
    for (int i = 0; i < c->n_lines; i++)
        if (is_telling(c->line[i].name))
            itip_write_as_sent(out, o->bytes, c->line[i].from, c->line[i].to);
    if (recurrence != NULL)
        ical_write_line(out, recurrence);
    if (organizer != NULL)
        itip_write_person(out, arena, organizer, true);
}

static void
write_number(struct buf *out, struct arena *arena, const char *name, int64_t n)
{
    ical_write(out, name, arena_printf(arena, "%" PRId64, n));
}

static void
write_cancelled(struct buf *out, struct arena *arena, const struct itip_object *o,
    const struct ical_component *c, const struct itip_cancelled *what, const char *now)
{
    const struct ical_line *line = NULL;

    itip_write_short(out, arena, o, c,
        what->recurrence != NULL ? what->recurrence : ical_find(c, "RECURRENCE-ID"), now);
    while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL)
        if ((what->for_all && !itip_is_member(line)) ||
            itip_same_address(itip_address(arena, line), what->attendee))
            itip_write_person(out, arena, line, false);
    write_number(out, arena, "SEQUENCE", itip_sequence(c) + 1);
    if (what->for_all)
        ical_write(out, "STATUS", "CANCELLED");
    buf_printf(out, "END:%s\r\n", c->name);
}

/* The component of that instance, or NULL. */
static const struct ical_component *
instance_of(struct arena *arena, const struct itip_object *o, const struct ical_line *recurrence)
{
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const struct ical_line *line = itip_is_item(c) ? ical_find(c, "RECURRENCE-ID") : NULL;
        if (line != NULL && itip_same_time(arena, o->calendar, line, o->calendar, recurrence))
            return c;
    }
    return NULL;
}

/* The one from which what is said of an instance is taken: its own, or the series. */
static const struct ical_component *
source_of(struct arena *arena, const struct itip_object *o, const struct ical_line *recurrence)
{
    const struct ical_component *instance = instance_of(arena, o, recurrence);

    for (const struct ical_component *c = o->calendar->child; instance == NULL && c != NULL;
         c = c->next)
        if (itip_is_item(c) && ical_find(c, "RECURRENCE-ID") == NULL)
            return c;
    return instance;
}

bool
itip_cancel(struct buf *out, struct arena *arena, const struct itip_object *o,
    const struct itip_cancelled *what, const char *now)
{
    const struct ical_component *only =
        what->recurrence == NULL ? NULL : source_of(arena, o, what->recurrence);
    bool any = false;

    itip_begin(out, o, "CANCEL");
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        if (!itip_is_item(c) || (what->recurrence != NULL && c != only) ||
            itip_line_of(arena, c, what->attendee) == NULL)
            continue;
        write_cancelled(out, arena, o, c, what, now);
        any = true;
    }
    itip_end(out);
    return any;
}

bool
itip_reply(struct buf *out, struct arena *arena, const struct itip_object *o, const char *attendee,
    const char *now)
{
    bool any = false;

    if (itip_organizer(o->calendar) == NULL)
        return false;
    itip_begin(out, o, "REPLY");
    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const struct ical_line *line = itip_is_item(c) ? itip_line_of(arena, c, attendee) : NULL;
        if (line == NULL)
            continue;
        itip_write_short(out, arena, o, c, ical_find(c, "RECURRENCE-ID"), now);
        itip_write_person(out, arena, line, false);
        write_number(out, arena, "SEQUENCE", itip_sequence(c));
        ical_write(out, "REQUEST-STATUS", "2.0;Success");
        buf_printf(out, "END:%s\r\n", c->name);
        any = true;
    }
    itip_end(out);
    return any;
}

void
itip_decline_counter(
    struct buf *out, struct arena *arena, const struct itip_object *counter, const char *now)
{
    itip_begin(out, counter, "DECLINECOUNTER");
    for (const struct ical_component *c = counter->calendar->child; c != NULL; c = c->next) {
        const struct ical_line *line = NULL;
        if (!itip_is_item(c))
            continue;
        itip_write_short(out, arena, counter, c, ical_find(c, "RECURRENCE-ID"), now);
        while ((line = ical_find_next(c, "ATTENDEE", line)) != NULL)
            itip_write_person(out, arena, line, false);
        write_number(out, arena, "SEQUENCE", itip_sequence(c));
        buf_printf(out, "END:%s\r\n", c->name);
    }
    itip_end(out);
}
