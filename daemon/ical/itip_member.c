/* Groups that are invited by one address: what each member is told, and what she answers. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/text.h"
#include "ical/itip_in.h"
#include "ical/write.h"

/* So many attendees leave room for those whom a program adds (struct ical_limits). */
#define ANSWERS_ROOM 20

bool
itip_is_member(const struct ical_line *line)
{
    return strcmp(line->name, "ATTENDEE") == 0 && ical_param(line, "MEMBER") != NULL;
}

/* A line in parts, each short enough not to be folded, whoever's address takes the place later. */
static void
write_member(struct buf *out, const struct ical_line *group, const char *address, bool asked,
    const char *member)
{
    const char *role = ical_param(group, "ROLE");

    buf_text(out, "ATTENDEE;CUTYPE=INDIVIDUAL");
    if (asked)
        buf_text(out, ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE");
    if (role != NULL && text_same_nocase(role, "OPT-PARTICIPANT"))
        buf_text(out, "\r\n ;ROLE=OPT-PARTICIPANT");
    buf_printf(out, "\r\n ;MEMBER=\"%s\"\r\n :%s\r\n", address, member);
}

static void
write_item(struct buf *out, struct arena *arena, const struct itip_message *m,
    const struct ical_component *c, const char *group, const char *member)
{
    buf_printf(out, "BEGIN:%s\r\n", c->name);
    for (int i = 0; i < c->n_lines; i++) {
        const struct ical_line *line = &c->line[i];
        if (itip_is_member(line))
            continue;
        itip_write_as_sent(out, m->object.bytes, line->from, line->to);
        if (strcmp(line->name, "ATTENDEE") == 0 &&
            itip_same_address(itip_address(arena, line), group))
            write_member(out, line, group, m->method == ITIP_REQUEST, member);
    }
    for (const struct ical_component *part = c->child; part != NULL; part = part->next)
        itip_write_as_sent(out, m->object.bytes, part->from, part->to);
    buf_printf(out, "END:%s\r\n", c->name);
}

void
itip_for_member(struct buf *out, struct arena *arena, const struct itip_message *m,
    const char *group, const char *member)
{
    const struct ical_component *calendar = m->object.calendar;

    buf_text(out, "BEGIN:VCALENDAR\r\n");
    for (int i = 0; i < calendar->n_lines; i++)
        itip_write_as_sent(out, m->object.bytes, calendar->line[i].from, calendar->line[i].to);
    for (const struct ical_component *c = calendar->child; c != NULL; c = c->next)
        if (itip_is_item(c))
            write_item(out, arena, m, c, group, member);
        else
            itip_write_as_sent(out, m->object.bytes, c->from, c->to);
    buf_text(out, "END:VCALENDAR\r\n");
}

/* ---------------------------------------------------------------- answers */

static int
count_attendees(const struct ical_component *c)
{
    int n = 0;

    for (int i = 0; i < c->n_lines; i++)
        n += strcmp(c->line[i].name, "ATTENDEE") == 0;
    return n;
}

static void
write_answer(
    struct buf *out, const struct ical_line *answer, const char *address, const char *group)
{
    static const char *const individual[] = { "INDIVIDUAL" }, *const delivered[] = { "2.0" };
    const char *partstat = itip_partstat_of(answer), *cn = ical_param(answer, "CN");
    const struct ical_param param[] = { { "CUTYPE", individual, 1 }, { "MEMBER", &group, 1 },
        { "PARTSTAT", &partstat, 1 }, { "SCHEDULE-STATUS", delivered, 1 }, { "CN", &cn, 1 } };
    const struct ical_line line = { .name = "ATTENDEE",
        .param = param,
        .n_params = (int)COUNT_OF(param) - (cn == NULL),
        .value = address };

    ical_write_line(out, &line);
}

int
itip_add_member(struct buf *out, struct arena *arena, const struct itip_object *o,
    const struct itip_message *reply, const char *group)
{
    size_t at = o->calendar->from;
    int changed = 0;

    for (const struct ical_component *c = o->calendar->child; c != NULL; c = c->next) {
        const struct ical_component *answer =
            itip_is_item(c) ? itip_answer_to(arena, o, c, reply) : NULL;
        const struct ical_line *hers = answer == NULL ? NULL : ical_find(answer, "ATTENDEE"),
                               *line = hers == NULL ? NULL : itip_line_of(arena, c, group);
        if (line == NULL || itip_line_of(arena, c, itip_address(arena, hers)) != NULL ||
            itip_sequence(answer) < itip_sequence(c) ||
            count_attendees(c) >= ical_limits.attendees - ANSWERS_ROOM)
            continue;
        buf_add(out, o->bytes + at, line->to - at);
        write_answer(out, hers, itip_address(arena, hers), group);
        at = line->to;
        changed++;
    }
    if (changed > 0)
        buf_add(out, o->bytes + at, o->calendar->to - at);
    return changed;
}

const char *
itip_answer(const struct itip_message *reply)
{
    for (const struct ical_component *c = reply->object.calendar->child; c != NULL; c = c->next) {
        const struct ical_line *hers = itip_is_item(c) ? ical_find(c, "ATTENDEE") : NULL;
        if (hers != NULL && ical_find(c, "RECURRENCE-ID") == NULL)
            return itip_partstat_of(hers);
    }
    return NULL;
}
